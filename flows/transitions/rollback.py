"""Rollbacks as flows: the quick one of a gate, and the emergency one with its incident."""

from prefect import flow
from prefect.logging import get_run_logger

from flows.run_names import dated
from flows.transitions.incidents import NOTHING, emergency, left_standing, newest_begun, require_back
from flows.transitions.moving import roll_back
from flows.transitions.reading import read_gate
from flows.transitions.showing import show_gate
from flows.transitions.story import Gate
from flows.transitions.tracker import refresh
from flows.transitions.waiting import wake
from flows.transitions.world import World, real_world


@flow(name="rollback", flow_run_name=dated("rollback {gate_id}"), retries=3, retry_delay_seconds=5, timeout_seconds=300)
async def rollback(actor: str, gate_id: str = "latest", reason: str = "by hand") -> str:
    """Puts the incumbents of a gate back. Effective for the next call, also of runs under way; safe to repeat.

    Args:
        actor: Your name.
        gate_id: Id of the gate; latest is the newest that changed anything, taken back already or not; the log names the
            older change that still serves.
        reason: Why; kept for ever.

    Returns:
        The gate's state: ROLLED_BACK. Empty if there is no gate yet that changed anything.
    """
    world = real_world()
    chosen = newest_begun(world) if gate_id == "latest" else read_gate(world, gate_id)
    if chosen is None:
        get_run_logger().info(NOTHING)
        return ""
    gate = await roll_back(world, chosen.id, actor, reason)
    await wake(gate, f"rolled back by {actor}")
    await _show(world, gate)
    if gate_id == "latest" and (standing := left_standing(world, gate)):
        get_run_logger().warning(standing)
    require_back(gate)
    return gate.state


@flow(
    name="emergency-rollback",
    flow_run_name=dated("emergency-rollback {gate_id}"),
    retries=3,
    retry_delay_seconds=5,
    timeout_seconds=300,
)
async def emergency_rollback(actor: str, reason: str, gate_id: str = "") -> list[str]:
    """Opens an incident, which freezes all gates until it is closed, and takes the changes back.

    Args:
        actor: Your name.
        reason: What is wrong; the first line of the incident's record.
        gate_id: One gate; empty takes back all under way and the newest promoted one.

    Returns:
        Id and state of each gate that was taken back.
    """
    world = real_world()
    taken = await emergency(world, actor, reason, gate_id or None)
    get_run_logger().info(taken.incident)
    for gate in taken.gates:
        await wake(gate, f"emergency: {reason}")
    await _show(world, *taken.gates)
    taken.require_all()
    return [f"{gate.id}: {gate.state}" for gate in taken.gates]


async def _show(world: World, *gates: Gate) -> None:
    for gate in gates:
        await show_gate(world, gate.id)
    await refresh(world)
