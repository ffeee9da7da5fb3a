"""What happened: every phase, attempt, approval and incident, from the documents' own beginning to now."""

from datetime import UTC, date, datetime, time

from pydantic import AwareDatetime

from blocks.errors import InputError
from flows.transitions.known import seen_lineups
from flows.transitions.reading import all_gates
from flows.transitions.story import Gate
from flows.transitions.world import Content, World
from tasks.judging.values import Value
from tasks.records.ledger import Entry
from tasks.records.ledger_serving import served_at


class Event(Value):
    """One line of the history."""

    at: AwareDatetime
    what: str
    """`attempt`, `gate`, `approval`, `refused`, `incident`, `drill`, `drift`, `baseline`, `approver`."""
    subject: str
    outcome: str
    detail: str = ""
    from_documents: bool = False
    """Taken from the documents this project answers, not recorded by phasegate; of such a day only the date is known."""


def _day(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


DOCUMENTED = (
    Event(
        at=_day(date(2025, 1, 26)), what="attempt", subject="Llama 3.3 70B FP8 Fast, stages 1-13", outcome="ROLLED_BACK",
        detail="Stage 4 (avatar creation) answered with 500 errors; the model was too new on its host. All stages went back.",
        from_documents=True,
    ),
    Event(
        at=_day(date(2025, 1, 27)), what="baseline", subject="Phase 0, all stages on Llama 3.1 70B Instruct",
        outcome="STABLE", detail="After the rollback of the failed attempt.", from_documents=True,
    ),
)  # fmt: skip
"""The history of the generator as its tracker had it when this project began."""


def history(world: World) -> list[Event]:
    """Everything in order, the documents' entries first."""
    titles = {gate.id: gate for gate in all_gates(world)}
    told = [event for entry in world.read() if (event := _event(entry, titles)) is not None]
    return [*DOCUMENTED, *told]


def _event(entry: Entry, gates: dict[str, Gate]) -> Event | None:
    body, gate = entry.body, gates.get(entry.gate_id or "")
    name = f"{gate.opening.phase} ({gate.id[:8]})" if gate else ""
    match entry.kind:
        case "planned":
            return _told(entry, "gate", name, "PLANNED", f"started by {body['opening']['starter']}")
        case "moved":
            unproven = " Approved although unproven." if body.get("overridden") else ""
            return _told(entry, "gate", name, body["to"], body["reason"] + unproven)
        case "answered":
            confirmed = f" Confirmed: {'; '.join(body['confirmed'])}." if body["confirmed"] else ""
            return _told(entry, "approval", name, body["decision"], f"{body['approver']}: {body['reason']}{confirmed}")
        case "refused":
            return _told(entry, "refused", name, "not accepted", f"{body['approver']}: {body['reason']}")
        case "incident_opened":
            return _told(entry, "incident", "all gates", "opened", f"{entry.actor}: {body['reason']}")
        case "incident_closed":
            return _told(entry, "incident", "all gates", "closed", f"{entry.actor}: {body['findings']}")
        case "drilled":
            return _told(entry, "drill", body["pipeline"], _passed(body["passed"]), body.get("detail", ""))
        case "baseline":
            return _told(entry, "baseline", body["pipeline"], _passed(body["passed"]), body.get("detail", ""))
        case "drift":
            return _told(entry, "drift", "", body["policy"], f"{body['finding']} {body['reason']}")
        case "approver_added":
            made = "renewed" if body.get("renewed") else "added"
            return _told(entry, "approver", body["approver"], made, f"by {entry.actor}")
        case "approver_removed":
            why = f": {body['reason']}" if body["reason"] else ""
            return _told(entry, "approver", body["approver"], "removed", f"by {entry.actor}{why}")
        case _:
            return None


def _told(entry: Entry, what: str, subject: str, outcome: str, detail: str) -> Event:
    return Event(at=entry.at, what=what, subject=subject, outcome=outcome, detail=detail)


def _passed(passed: bool) -> str:
    return "passed" if passed else "FAILED"


def as_of(world: World, pipeline: str, lineup: str, at: datetime) -> dict[str, str]:
    """Role -> model block that served it at a time, with a canary's share. Empty before the ledger saw the lineup.

    Raises InputError if the ledger never saw it, ConfigurationError if there is no such pipeline.
    """
    from blocks.lineups import lineup_kind

    kind, content = lineup_kind(pipeline), served_at(world.database, pipeline, lineup, at)
    if content is None:
        _require_seen(world, pipeline, lineup)
        return {}
    return {role: f"{content[role]}{_share(content, role)}" for role in kind.roles if role in content}


def _require_seen(world: World, pipeline: str, lineup: str) -> None:
    """A mistyped name is no history that has not begun."""
    seen = sorted(name for of, name in seen_lineups(world) if of == pipeline)
    if lineup not in seen:
        raise InputError(
            f"The ledger knows no {pipeline} lineup {lineup!r}.",
            means="it follows the lineups that serve users and that gates compare, from the bootstrap on.",
            do=f"use one of: {', '.join(seen)}." if seen else "`phasegate bootstrap` enters those there are.",
        )


def _share(content: Content, role: str) -> str:
    sent = dict(pair.split("=", 1) for pair in str(content.get("canary_roles", "")).split())
    percent = content.get("canary_percent", 0)
    return f"; {percent} % of runs: {sent[role]}" if percent and role in sent else ""
