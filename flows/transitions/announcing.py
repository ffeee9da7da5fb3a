"""Which entries of the ledger people are told of, and in which words. What is told has been recorded before."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from prefect.logging import get_logger

from flows.alarming import Alarm, tell, tell_once
from flows.transitions.drift import Finding
from flows.transitions.known import digest
from flows.transitions.world import World
from tasks.records.ledger import Entry

OF_MOVES = {
    "AWAITING_APPROVAL": "phasegate.gate.awaiting-approval",
    "HELD": "phasegate.gate.held",
    "PROMOTED": "phasegate.gate.promoted",
    "STABLE": "phasegate.gate.stable",
    "ROLLED_BACK": "phasegate.gate.rolled-back",
}
TOLD = frozenset(
    {"moved", "reminded", "settled", "unsettled", "incident_opened", "incident_closed", "drilled", "baseline"}
)  # fmt: skip


def announce(world: World, entry: Entry) -> None:
    """Tells people of an entry. Never raises: the entry stands whether anybody hears of it or not."""
    if entry.kind not in TOLD:
        return
    try:
        for alarm in alarms(entry, _phase(world, entry.gate_id)):
            tell(alarm)
    except Exception as error:  # reading the phase's name must not undo a move that was made
        get_logger("phasegate").warning("Nobody was told of entry %s: %s", entry.sequence, type(error).__name__)


def alarms(entry: Entry, phase: str) -> Iterator[Alarm]:
    """What an entry of a gate about `phase`, or about no gate, gives people to know."""
    body, gate = entry.body, entry.gate_id or ""
    match entry.kind:
        case "moved":
            yield from _of_move(entry, phase)
        case "reminded":
            yield _of_gate("phasegate.gate.reminder", gate, phase, "An approver is still asked.")
        case "settled" if body.get("way_back"):
            yield _of_gate("phasegate.gate.way-back-dead", gate, phase, body["way_back"])
        case "unsettled":
            yield _of_gate("phasegate.gate.unsettled", gate, phase, body["reason"])
        case "incident_opened":
            do = "Find the cause, then `phasegate close-incident`."
            yield Alarm("phasegate.incident.opened", "gates", "Incident", f"{entry.actor}: {body['reason']}", do)
        case "incident_closed":
            yield Alarm("phasegate.incident.closed", "gates", "Incident", f"{entry.actor}: {body['findings']}")
        case "drilled" if not body["passed"]:
            yield _of_pipeline(
                "phasegate.drill.failed", body, "See `phasegate history`; no gate begins without a drill."
            )
        case "baseline" if not body["passed"]:
            yield _of_pipeline("phasegate.baseline.failed", body, "See the run, then `phasegate trial --baseline`.")


def _of_move(entry: Entry, phase: str) -> Iterator[Alarm]:
    body, gate = entry.body, entry.gate_id or ""
    if harm := body.get("harm"):
        yield _of_gate("phasegate.harm", gate, phase, " ".join(harm))
    if body.get("expired"):
        yield _of_gate("phasegate.gate.expired", gate, phase, body["reason"])
    if event := OF_MOVES.get(body["to"]):
        yield _of_gate(event, gate, phase, body["reason"])


def _of_gate(event: str, gate: str, phase: str, happened: str) -> Alarm:
    asked = event.endswith(("awaiting-approval", "held", "reminder"))
    resume = f"Open the run gate-{phase} in the Prefect UI and press Resume, or `phasegate approve {gate}`."
    do = resume if asked else f"`phasegate status {gate}` shows it in full."
    return Alarm(event, f"gate.{gate}", f"Gate {phase}", happened, do, run_id=gate)


def _of_pipeline(event: str, body: Mapping[str, Any], do: str) -> Alarm:
    return Alarm(event, f"pipeline.{body['pipeline']}", f"Pipeline {body['pipeline']}", body.get("detail", ""), do)


async def announce_drift(findings: Iterable[Finding]) -> None:
    """Tells people of blocks that were edited by hand, each edit once a day until it is handled. Never raises."""
    await tell_once((of_drift(finding) for finding in findings), timedelta(days=1))


def of_drift(finding: Finding) -> Alarm:
    """A block edited by hand; another edit of the same block is another thing to know."""
    about = f"{finding.kind}.{finding.name}.{digest(finding.found)[:12]}"
    do = "`phasegate drift adopt`, `revert` or `freeze`, with a reason."
    return Alarm("phasegate.drift", about, f"{finding.kind.capitalize()} {finding.name}", finding.sentence, do)


def _phase(world: World, gate_id: str | None) -> str:
    entries = world.read("planned", gate_id=gate_id) if gate_id else []
    return str(entries[0].body["opening"]["phase"]) if entries else ""
