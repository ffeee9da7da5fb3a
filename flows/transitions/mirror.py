"""Mirroring: while a gate is monitored, a share of what users ask is asked of the candidate as well, out of their sight.

A user's run knows nothing of it. It is over before its inputs are asked again, in another process, by a run of its own
that only the judging reads: no user sees such an answer, waits for it, or is harmed when it fails. The user's own calls
are the pairs, since both arms were given exactly the same.
"""

from uuid import NAMESPACE_URL, uuid5

from prefect import flow
from prefect.logging import get_run_logger

from blocks.errors import PhasegateError
from flows.transitions.reading import read_gate
from flows.transitions.story import Gate
from flows.transitions.trial import suite_of
from flows.transitions.world import World, real_world
from tasks.records.ledger_serving import lot
from tasks.records.live_runs import ended_among, ended_runs

MOST = 50
"""Inputs in one go; the watch starts another run for the rest."""


@flow(name="mirror", flow_run_name="mirror-{gate_id}", timeout_seconds=4 * 3600)
async def mirror(gate_id: str) -> int:
    """Asks the candidate of a gate what users have asked since it is monitored, a share of it, one after the other.

    Args:
        gate_id: Id of the gate, which is the id of its run.

    Returns:
        How many users' runs were mirrored.
    """
    asked = await reflect(real_world(), gate_id)
    get_run_logger().info("%d runs mirrored", asked)
    return asked


async def reflect(world: World, gate_id: str) -> int:
    """Mirrors what waits, until the gate moves on. What cannot be mirrored is logged; it is nobody's failure."""
    asked, opening = 0, read_gate(world, gate_id).opening
    for run_id in unmirrored(world, read_gate(world, gate_id))[:MOST]:
        if read_gate(world, gate_id).state != "MONITORING":
            break
        try:
            await suite_of(opening.pipeline).mirror(
                run_id, opening.preview, shadow_of(gate_id, run_id), frozenset(opening.candidates)
            )
            asked += 1
        except PhasegateError as error:
            get_run_logger().warning("Run %s was not mirrored: %s", run_id, error.happened)
    return asked


def unmirrored(world: World, gate: Gate) -> list[str]:
    """Users' runs since monitoring began that are to be mirrored and were not, the oldest first."""
    o, percent = gate.opening, 100 * gate.opening.plan.policy.mirror
    if gate.state != "MONITORING" or gate.window_start is None or not percent:
        return []
    ended = ended_runs(world.database, o.pipeline, o.production, gate.window_start, world.clock())
    chosen = [run_id for run_id in ended if lot(run_id, f"{gate.id}/mirror") < percent]
    done = ended_among(world.database, [shadow_of(gate.id, run_id) for run_id in chosen])
    return [run_id for run_id in chosen if shadow_of(gate.id, run_id) not in done]


def shadow_of(gate_id: str, run_id: str) -> str:
    """Id of the run that mirrors a user's run: the same however often it is begun, so that it is made once."""
    return str(uuid5(NAMESPACE_URL, f"{gate_id}/mirror/{run_id}"))
