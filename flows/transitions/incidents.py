"""Rollbacks by hand, and the incident that an emergency opens: every gate is frozen until a person closes it."""

from dataclasses import dataclass

from blocks.errors import ConfigurationError, GateError, InputError, PhasegateError, ServiceError
from flows.transitions.known import frozen
from flows.transitions.moving import changed_since, roll_back
from flows.transitions.reading import all_gates, read_gate, unreadable
from flows.transitions.story import Gate
from flows.transitions.telling import serving
from flows.transitions.world import World
from tasks.records.ledger import Entry

NOTHING = "No gate has changed anything: nothing had to be taken back."
NOTHING_UNDER_WAY = "No change is under way or promoted: nothing had to be taken back."
REFUSALS = (GateError, InputError, ConfigurationError)
"""What stays refused however often it is tried; anything else may have passed by the next time."""


def newest_begun(world: World) -> Gate | None:
    """The newest gate that changed anything, rolled back or not: taking back the latest change twice must not reach
    the change before it. None if there never was one; GateError if a gate of another release may be it."""
    if unread := unreadable(world):
        raise GateError(
            f"Gate {unread[-1].id} cannot be read: {unread[-1].why}",
            means="it may be the newest; nothing was taken back.",
            do="name the gate to take back, by its id.",
        )
    begun = [gate for gate in all_gates(world) if gate.testing_since]
    return begun[-1] if begun else None


def left_standing(world: World, back: Gate) -> str:
    """Which promoted change users are still served by after `back` was taken back, and how that is undone too; or nothing.

    Taking back the latest change twice says so, instead of reaching the change before it.
    """
    newest = next(iter(_newest(world)), None)
    if newest is None or back.state != "ROLLED_BACK":
        return ""
    gate = read_gate(world, newest)
    return (
        f"Users are still served by {serving(gate)}, promoted by gate {gate.id} ({gate.opening.title})."
        f" If it is that change you mean: phasegate rollback {gate.id}"
    )


def require_back(gate: Gate) -> None:
    """Raises ServiceError while users are not served as before `gate`, although it is taken back in the ledger."""
    if not gate.settled:
        raise ServiceError(
            f"The gate is rolled back in the ledger, and its blocks do not follow yet: {gate.failure}",
            means="runs under way and new ones may still ask the candidate.",
            do="correct what is said there and roll back again; the watch tries again every few minutes, too.",
        )
    if gate.failure:
        raise ServiceError(
            f"The change is taken back, and what serves again does not answer. {gate.failure}",
            means="users are not served by these roles.",
            do="mend that model, or name another one in the production lineup; the watch looks again every few minutes.",
        )


@dataclass(frozen=True)
class TakenBack:
    """What an emergency came to."""

    gates: tuple[Gate, ...]
    """Rolled back in the ledger, also those that users are not served without yet: each is to be woken and shown."""
    failed: tuple[str, ...]
    """What is not as before, and why."""
    may_pass: bool
    """Whether another try may bring back some of that."""
    wanted: int
    incident: str
    """Whether it was opened or is open already, and what became of the reason."""

    def require_all(self) -> None:
        """Raises GateError if a gate could not be taken back, or if users are not served as before it; ServiceError if
        another try may help."""
        if self.failed:
            raise (ServiceError if self.may_pass else GateError)(
                f"{len(self.failed)} of {self.wanted} gates could not be brought back. {' '.join(self.failed)}",
                means="the others were, and every gate is frozen.",
                do="correct what is said there, then declare the same emergency again.",
            )


async def emergency(world: World, actor: str, reason: str, gate_id: str | None = None) -> TakenBack:
    """Opens an incident, then takes back the named gate, or every change under way and the newest promoted one.

    The incident comes first: should anything after it fail, nothing goes forward either. Done again it goes on, and one
    declared of more than the incident was opened for widens it. Newer gates go back first, and one that cannot does not
    keep the others: what could not is in what it returns.
    """
    if not reason.strip():
        raise GateError("An emergency needs a reason.", do="say in a few words what is wrong; it is kept for ever.")
    wanted, incident = _declared(world, actor, reason.strip(), gate_id)
    unread, gates = unreadable(world), [gate for gate in reversed(all_gates(world)) if gate.id in wanted]
    back, failed, may_pass = [], [], False
    for gate in gates:
        try:
            back.append(await roll_back(world, gate.id, actor, f"Emergency: {reason.strip()}"))
            require_back(back[-1])
        except PhasegateError as error:
            may_pass = may_pass or not isinstance(error, REFUSALS)
            failed.append(f"{gate.id}: {error.happened}" + (f" It means: {error.means}" if error.means else ""))
    failed += [f"{gate.id}: {gate.why}" for gate in unread]
    return TakenBack(tuple(back), tuple(failed), may_pass, len(gates) + len(unread), incident)


def _declared(world: World, actor: str, reason: str, gate_id: str | None) -> tuple[set[str], str]:
    """Gates that the open incident takes back, after recording it, or what is new in it: gates, or why; and what was done.

    The newest promoted change is fixed once for an incident, so that declaring it twice does not reach further back.
    """
    before = _open_incidents(world)
    declared = [entry.body for entry in before]
    gates = {each for body in declared for each in body.get("gates", [])}
    whole = any(body.get("whole") for body in declared)
    more = _with_later(world, gate_id) if gate_id else _under_way(world) | (set() if whole else _newest(world))
    wanted = gates | more
    another = reason not in {body["reason"] for body in declared}
    if another or wanted != gates or (gate_id is None and not whole):
        body = {"reason": reason, "gates": sorted(wanted), "whole": whole or gate_id is None}
        world.record("incident_opened", actor, body)
    return wanted, _told(before, another)


def _told(before: list[Entry], another: bool) -> str:
    if not before:
        return "An incident is opened."
    first = before[0]
    reason = first.body["reason"] + ("\nThe new reason is recorded beside it." if another else "")
    return f"An incident is open already, since {first.at:%Y-%m-%d %H:%M} UTC, opened by {first.actor}: {reason}"


def _with_later(world: World, gate_id: str) -> set[str]:
    """The gate, and what is being tried on its roles. What users are served by since has to be named, too."""
    later = changed_since(read_gate(world, gate_id), all_gates(world))
    return {gate_id, *(gate.id for gate in later if gate.open)}


def _under_way(world: World) -> set[str]:
    return {gate.id for gate in all_gates(world) if gate.open}


def _newest(world: World) -> set[str]:
    """The newest promoted gate: what users have been served since, whatever is being tried beside it."""
    promoted = [gate for gate in reversed(all_gates(world)) if gate.state in ("PROMOTED", "STABLE")]
    return {max(promoted, key=lambda gate: gate.promoted_at or gate.opened_at).id} if promoted else set()


def _open_incidents(world: World) -> list[Entry]:
    """The incident that is open, and what widened it; closing ends all of it."""
    found: list[Entry] = []
    for entry in world.read("incident_opened", "incident_closed"):
        found = [*found, entry] if entry.kind == "incident_opened" else []
    return found


def close(world: World, actor: str, findings: str) -> None:
    """Ends the incident with what was found. GateError if none is open or nothing was found out."""
    if not frozen(world):
        raise GateError("No incident is open.", do="nothing has to be done.")
    if not findings.strip():
        raise GateError(
            "An incident is closed with its cause.", do="say what was found and what was changed so that it stays away."
        )
    world.record("incident_closed", actor, {"findings": findings.strip()})
