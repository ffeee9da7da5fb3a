"""Rollbacks by hand, and the incident that an emergency opens: every gate is frozen until a person closes it."""

from blocks.errors import GateError
from flows.transitions.known import frozen, open_incident
from flows.transitions.moving import roll_back
from flows.transitions.reading import all_gates
from flows.transitions.story import Gate
from flows.transitions.world import World


def newest_changed(world: World, pipeline: str | None = None) -> Gate | None:
    """The gate whose change is the newest that can be taken back."""
    changed = [
        gate
        for gate in all_gates(world)
        if gate.testing_since and gate.state != "ROLLED_BACK" and pipeline in (None, gate.opening.pipeline)
    ]
    return changed[-1] if changed else None


def newest_begun(world: World) -> Gate:
    """The newest gate that changed anything, rolled back or not: taking back the latest change twice must not reach
    the change before it. GateError if there never was one."""
    begun = [gate for gate in all_gates(world) if gate.testing_since]
    if not begun:
        raise GateError("No gate has changed anything that could be taken back.", do="nothing has to be done.")
    return begun[-1]


async def emergency(world: World, actor: str, reason: str, gate_id: str | None = None) -> list[Gate]:
    """Opens an incident, then takes back the named gate, or every change under way and the newest promoted one.

    The incident comes first: should anything after it fail, nothing goes forward either. Done again it goes on.
    """
    if not reason.strip():
        raise GateError("An emergency needs a reason.", do="say in a few words what is wrong; it is kept for ever.")
    incident = open_incident(world.read("incident_opened", "incident_closed"))
    if incident is None:
        body = {"reason": reason.strip(), "gates": _affected(world, gate_id)}
        incident = world.record("incident_opened", actor, body)
    gates = [*incident.body.get("gates", []), *([gate_id] if gate_id else [])]
    return [await roll_back(world, each, actor, f"Emergency: {reason.strip()}") for each in dict.fromkeys(gates)]


def _affected(world: World, gate_id: str | None) -> list[str]:
    """What is taken back: fixed once, so that the same emergency declared twice does not reach further back."""
    if gate_id is not None:
        return [gate_id]
    under_way = [gate for gate in all_gates(world) if gate.open]
    newest = newest_changed(world)
    suspects = [] if any(gate.state == "PROMOTED" or gate.weight for gate in under_way) or newest is None else [newest]
    return [gate.id for gate in (*under_way, *suspects)]


def close(world: World, actor: str, findings: str) -> None:
    """Ends the incident with what was found. GateError if none is open or nothing was found out."""
    if not frozen(world):
        raise GateError("No incident is open.", do="nothing has to be done.")
    if not findings.strip():
        raise GateError(
            "An incident is closed with its cause.", do="say what was found and what was changed so that it stays away."
        )
    world.record("incident_closed", actor, {"findings": findings.strip()})
