"""The state of all phases as the tracker shows it, read from the ledger and the blocks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from blocks.lineups import lineup_kinds
from flows.transitions.appointing import appointed
from flows.transitions.checklist import checklist, recorded, unbegun
from flows.transitions.drift import scan
from flows.transitions.gate_view import judged
from flows.transitions.history import history
from flows.transitions.known import SEEN_KINDS
from flows.transitions.plans import phases, roles_of
from flows.transitions.plans.phase import Phase
from flows.transitions.preconditions import lacking
from flows.transitions.reading import UNREAD, Unreadable, all_gates, unreadable
from flows.transitions.story import Gate
from flows.transitions.telling import name_of, next_step
from flows.transitions.world import Content, World
from tasks.judging.wording import spoken_list, spoken_time
from tasks.records.ledger import Entry
from tasks.reports.gate_views import CheckView
from tasks.reports.tracker_views import (
    AttemptView,
    HistoryView,
    IncidentView,
    PhaseView,
    PipelineView,
    ServingView,
    TrackerView,
)

NOT_BEGUN = "Not begun"
Checklists = Mapping[str, tuple[CheckView, ...]]
"""Of gates, by their ids."""


async def tracker_view(world: World) -> TrackerView:
    """Everything as it stands now."""
    gates, unread = all_gates(world), unreadable(world)
    return TrackerView(
        as_of=world.clock(),
        pipelines=tuple([await _pipeline(world, key, gates, unread) for key in pipelines()]),
        incidents=incidents(world.read("incident_opened", "incident_closed")),
        history=tuple(_history(world)),
        unread=tuple(f"{gate.sentence} {gate.way_back}" for gate in unread),
        edited=tuple(finding.sentence for finding in await scan(world)),
        readiness=tuple(row for key in pipelines() for row in readiness(world, key)),
    )


async def _pipeline(world: World, key: str, gates: Sequence[Gate], unread: Sequence[Unreadable]) -> PipelineView:
    mine = [phase for phase in phases().values() if phase.pipeline == key]
    return replace(standing(world, key, gates, unread), serving=await _serving(world, key, mine))


def standing(
    world: World,
    key: str,
    gates: Sequence[Gate],
    unread: Sequence[Unreadable],
    known: Checklists = MappingProxyType({}),
) -> PipelineView:
    """Where a pipeline stands by the ledger alone, without what its blocks hold.

    Checklists that are `known` need not be made again: that takes reading and judging all calls of a gate.
    """
    mine = [phase for phase in phases().values() if phase.pipeline == key]
    lost = {gate.phase: gate for gate in unread}
    views = tuple(_unread(_phase(world, phase, gates, known), lost.get(phase.key)) for phase in mine)
    done = [view for view in views if view.state == name_of("STABLE")]
    open_ones = [gate for gate in gates if gate.open and gate.opening.pipeline == key]
    under_way = [f"{gate.opening.phase} is {name_of(gate.state).lower()}" for gate in open_ones]
    under_way += [f"{view.key} {view.state.lower()}" for view in views if view.state == UNREAD]
    summary = spoken_list(under_way) if under_way else f"{len(done)} of {_moving(mine)} phases stable, none under way"
    following = (
        next_step(world, open_ones[-1])
        if open_ones
        else unread[-1].way_back
        if unread
        else _following(world, mine, views)
    )
    return PipelineView(key, f"{summary}.", following, views, ())


def pipelines() -> tuple[str, ...]:
    """Those the plan has phases for, in its order."""
    return tuple(dict.fromkeys(phase.pipeline for phase in phases().values()))


def _moving(mine: Sequence[Phase]) -> int:
    return sum(not phase.is_baseline for phase in mine)


def _following(world: World, mine: Sequence[Phase], views: Sequence[PhaseView]) -> str:
    """The first phase that may start: those before it are stable, and it is neither stable nor protected. Before it what
    is missing for it."""
    states = {view.key: view.state for view in views}
    for phase in mine:
        before = all(states[key] == name_of("STABLE") or _recorded(key) for key in phase.after)
        wanted = not phase.is_baseline and not phase.protected and states[phase.key] != name_of("STABLE")
        if before and wanted:
            steps = (*_first(world, phase), f"phasegate plan {phase.key}", f"phasegate start {phase.key}")
            return f"{', then '.join(steps)}."
    return "Every phase is stable."


def _first(world: World, phase: Phase) -> tuple[str, ...]:
    """What the ledger has not seen yet without which no gate of the phase starts, as commands in their order."""
    people = [] if len(appointed(world)) >= phase.policy.approvers else ["phasegate approver add NAME"]
    return (*people, *lacking(world, phase.pipeline, "production", phase.policy, world.clock()))


def _recorded(key: str) -> bool:
    """Whether a phase changes nothing: whether its baseline is fresh is checked when a gate starts."""
    return phases()[key].is_baseline


def _phase(world: World, phase: Phase, gates: Sequence[Gate], known: Checklists) -> PhaseView:
    mine = [gate for gate in gates if gate.opening.phase == phase.key]
    newest = mine[-1] if mine else None
    state, since = (name_of(newest.state), newest.since) if newest else _unbegun(world, phase)
    return PhaseView(
        key=phase.key, title=phase.title, state=state, since=since, stages=_labels(phase), target=phase.target,
        after=phase.after, protected=phase.protected, remark=phase.remark,
        next_step=next_step(world, newest) if newest else _first_step(phase),
        checklist=known.get(newest.id) or _checklist(world, newest) if newest else _unbegun_checks(world, phase),
        attempts=tuple(
            AttemptView(gate.id, gate.opened_at, name_of(gate.state), gate.since, gate.reason) for gate in mine
        ),
    )  # fmt: skip


def _unread(view: PhaseView, gate: Unreadable | None) -> PhaseView:
    """The phase with the gate of another release that is about it, if there is one: what else is known of it is older."""
    return replace(view, state=UNREAD, since=gate.since, next_step=gate.way_back) if gate else view


def _unbegun(world: World, phase: Phase) -> tuple[str, datetime | None]:
    if not phase.is_baseline:
        return NOT_BEGUN, None
    last = last_passed(world.newest("baseline"), phase.pipeline)
    return ("Recorded", last.at) if last else ("Not recorded", None)


def _first_step(phase: Phase) -> str:
    if phase.is_baseline:
        return f"phasegate trial --baseline --pipeline {phase.pipeline}; the nightly baseline does it by itself."
    return f"phasegate plan {phase.key}" + ("" if phase.target else " --target MODEL")


def _checklist(world: World, gate: Gate) -> tuple[CheckView, ...]:
    _, evidence, verdict = judged(world, gate)
    return checklist(world, gate, world.read(gate_id=gate.id), verdict, evidence)


def _unbegun_checks(world: World, phase: Phase) -> tuple[CheckView, ...]:
    if phase.is_baseline:
        return recorded(world, phase, last_passed(world.newest("baseline"), phase.pipeline))
    return unbegun(phase.checklist)


def _labels(phase: Phase) -> tuple[str, ...]:
    kind = lineup_kinds().get(phase.pipeline)
    if kind is None or phase.is_baseline:
        return phase.roles
    return tuple(str(kind.model_fields[role].title) for role in roles_of(phase))


async def _serving(world: World, key: str, mine: Sequence[Phase]) -> tuple[ServingView, ...]:
    kind = lineup_kinds().get(key)
    production = await world.blocks.lineup(key, "production")
    if kind is None or production is None:
        return ()
    preview = await world.blocks.lineup(key, "preview") or {}
    since = serving_since(world.read(*SEEN_KINDS), key, "production")
    targets = {role: phase.target for phase in mine if not phase.is_baseline for role in roles_of(phase)}
    return tuple(
        ServingView(
            str(kind.model_fields[role].title), str(production.get(role, "")),
            since[role][1] if since.get(role, ("", None))[0] == production.get(role) else None,
            str(preview.get(role, "")), targets.get(role, ""),
        )
        for role in kind.roles
    )  # fmt: skip


def serving_since(entries: Sequence[Entry], pipeline: str, lineup: str) -> Mapping[str, tuple[str, datetime]]:
    """Role -> model the ledger knows it by, and when it came to be so."""
    found: dict[str, tuple[str, datetime]] = {}
    for entry in entries:
        if (entry.body.get("pipeline"), entry.body.get("lineup")) == (pipeline, lineup):
            content: Content = entry.body["content"]
            for role, model in content.items():
                if role not in found or found[role][0] != model:
                    found[role] = (model, entry.at)
    return found


def incidents(entries: Sequence[Entry]) -> tuple[IncidentView, ...]:
    """Incidents, oldest first. Another one opened meanwhile is closed together with the first."""
    found: list[IncidentView] = []
    for entry in entries:
        if entry.kind == "incident_opened":
            found.append(IncidentView(entry.at, entry.actor, entry.body["reason"]))
            continue
        found = [
            one if one.closed_at else IncidentView(
                one.opened_at, one.opened_by, one.reason, entry.at, entry.actor, entry.body["findings"]
            )
            for one in found
        ]  # fmt: skip
    return tuple(found)


def last_passed(newest_first: Iterable[Entry], pipeline: str) -> Entry | None:
    return next((one for one in newest_first if one.body["pipeline"] == pipeline and one.body["passed"]), None)


def readiness(world: World, pipeline: str) -> tuple[tuple[str, str], ...]:
    """How old baseline and drill are; every gate needs fresh ones."""
    found = []
    for kind, name in (("baseline", "baseline"), ("drilled", "drill")):
        last = last_passed(world.newest(kind), pipeline)
        age = _age(world.clock() - last.at) if last else "never"
        found.append((f"{pipeline.capitalize()}, last {name} passed", age))
    return tuple(found)


def _age(span: timedelta) -> str:
    return f"{span.days} days ago" if span >= timedelta(days=2) else f"{spoken_time(span)} ago"


def _history(world: World) -> list[HistoryView]:
    return [
        HistoryView(
            f"{event.at:%Y-%m-%d} (documents)" if event.from_documents else f"{event.at:%Y-%m-%d %H:%M:%S}",
            event.what, event.subject, event.outcome, event.detail,
        )
        for event in history(world)
    ]  # fmt: skip
