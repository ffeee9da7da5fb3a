"""Replay: further inputs of the suite through both arms while a gate is monitored, spread over its window."""

from prefect import flow
from prefect.logging import get_run_logger

from flows.showing import counted
from flows.transitions.reading import read_gate
from flows.transitions.trial import ask_pair, replays, suite_of
from flows.transitions.world import World, real_world

MOST = 50
"""Inputs in one go; the watch starts another run for the rest."""


@flow(name="replay", flow_run_name="replay-{gate_id}", timeout_seconds=4 * 3600)
async def replay(gate_id: str) -> int:
    """Asks the inputs that a gate's plan wants replayed by now, one after the other.

    Args:
        gate_id: Id of the gate, which is the id of its run.

    Returns:
        How many inputs were asked.
    """
    asked = await catch_up(real_world(), gate_id)
    get_run_logger().info("%d inputs replayed", asked)
    return asked


async def catch_up(world: World, gate_id: str) -> int:
    """Asks until nothing is due or the gate has moved on."""
    _, due = replays(world, read_gate(world, gate_id))
    if not due:
        return 0
    async with counted("replay-progress", "inputs replayed", min(due, MOST)) as counting:
        for asked in range(MOST):
            gate = read_gate(world, gate_id)
            o = gate.opening
            done, due = replays(world, gate)
            if not due:
                return asked
            suite = suite_of(o.pipeline)
            item = suite.items()[done % len(suite.items())]
            await ask_pair(
                suite, item, (o.production, o.preview), f"{gate_id}/replay/{gate.extensions}/{done}/{item}", "trial"
            )
            counting.step()
    return MOST
