"""The watch: every few minutes, every gate that is not over, moved as far as it goes. It remembers nothing.

Each gate is looked at by itself: one that cannot be read does not keep the others waiting. Any number of watches may run
at once; the ledger lets each move be made once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
from prefect import flow
from prefect.artifacts import acreate_table_artifact
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.logging import get_run_logger

from blocks.errors import GateError, PhasegateError
from flows.run_names import dated
from flows.transitions.announcing import announce_drift
from flows.transitions.answering import ask
from flows.transitions.drift import NEXT_STEP, note_new, scan
from flows.transitions.mirror import unmirrored
from flows.transitions.moving import advance
from flows.transitions.reading import UNREAD, all_gates, read_gate, unreadable
from flows.transitions.showing import show_gate
from flows.transitions.story import Gate
from flows.transitions.telling import trouble
from flows.transitions.trial import replays
from flows.transitions.waiting import wake
from flows.transitions.world import World, real_world

REPLAY, MIRROR = "replay/replay", "mirror/mirror"
"""The deployments that ask further inputs: of a gate's suite, and of users. One run of each at a time: it looks for itself
what is due."""
LATELY = timedelta(days=2)
"""So long the run of a gate that is over is looked after; the watch comes every few minutes."""


@flow(name="watch", flow_run_name=dated("watch"), timeout_seconds=1800)
async def watch() -> list[str]:
    """Drives all waiting gates: reads their calls, rolls back at once on harm, wakes those whose time has come.

    Returns:
        A sentence for each gate that is not over, and for each block that was edited by hand, with what to do.
    """
    return await look(real_world())


async def look(world: World) -> list[str]:
    """One round over all gates and blocks at the world's time.

    Raises GateError at its end, when everything was looked at, if a defect was met: a look that misses a gate time and
    again must not pass for a good one.
    """
    unread, unforeseen = unreadable(world), list[str]()
    told = [gate.sentence for gate in unread]
    for sentence in told:
        get_run_logger().error(sentence)
    with _goes_on("Edits by hand", unforeseen):
        told += await _edits(world)
    rows = []
    for gate in all_gates(world):
        if not gate.at_rest:
            now = await _drive(world, gate, unforeseen)
            rows.append({"gate": gate.id, "phase": now.opening.phase, "state": now.state, "reason": now.reason})
            told.append(f"{now.opening.phase} ({gate.id[:8]}) is {now.state}: {trouble(now) or now.reason}")
        elif world.clock() - gate.since < LATELY:
            await _tell_run(world, gate, unforeseen)
    for row in rows:  # when all have been driven: no page keeps a gate waiting
        with _goes_on(f"The page of gate {row['gate']}", unforeseen):
            await show_gate(world, row["gate"])
    rows += [{"gate": gate.id, "phase": gate.phase, "state": UNREAD, "reason": gate.sentence} for gate in unread]
    if rows:
        await acreate_table_artifact(rows, key="gates", description="Every gate that is not over.")
    for sentence in told:
        get_run_logger().info(sentence)
    if unforeseen:
        raise _defect(unforeseen)
    return told


async def _edits(world: World) -> list[str]:
    """Blocks that are new, or were edited by hand."""
    noted = await note_new(world)
    edited = await scan(world)
    await announce_drift(edited)
    told = [f"Noted as they are: {', '.join(noted)}."] if noted else []
    told += [f"Edited by hand: {finding.sentence}" for finding in edited]
    return [*told, NEXT_STEP] if edited else told


@contextmanager
def _goes_on(what: str, unforeseen: list[str]) -> Iterator[None]:
    """What fails here is logged, and everything else is still done: a defect that one gate meets harms no other."""
    try:
        yield
    except (PhasegateError, PrefectException, httpx.HTTPError) as error:
        get_run_logger().error("%s: %s", what, error)
    except Exception as error:
        get_run_logger().exception("%s: nobody foresaw this; please report it.", what)
        unforeseen.append(f"{what}: {type(error).__name__}.")


def _defect(unforeseen: list[str]) -> GateError:
    return GateError(
        f"The watch met what nobody foresaw. {' '.join(unforeseen)}",
        means="harm that is done there is not seen; everything else was looked at.",
        do="report it with this run's log, and take a gate that is named here back with `phasegate rollback`.",
    )


async def _drive(world: World, gate: Gate, unforeseen: list[str]) -> Gate:
    now = gate
    with _goes_on(f"Gate {gate.id}", unforeseen):
        now = await advance(world, gate.id)
        ask(world, gate.id)
        await wake(read_gate(world, gate.id), f"the watch at {world.clock():%Y-%m-%d %H:%M:%S} UTC")
        await _replay(world, now)
        await _mirror(world, now)
    return now


async def _tell_run(world: World, gate: Gate, unforeseen: list[str]) -> None:
    """Wakes the run of a gate that is over: whoever ended it may have died before it could."""
    with _goes_on(f"Gate {gate.id}", unforeseen):
        await wake(gate, f"the watch at {world.clock():%Y-%m-%d %H:%M:%S} UTC")


async def _mirror(world: World, gate: Gate) -> None:
    """Starts the mirroring of what users have asked since the last time."""
    waiting = unmirrored(world, gate)
    if waiting:
        await _start(world, MIRROR, gate, f"mirror-{len(waiting)}-{waiting[-1]}", f"{len(waiting)} runs")


async def _replay(world: World, gate: Gate) -> None:
    """Starts what has to be replayed by now."""
    if gate.state != "MONITORING":
        return
    done, due = replays(world, gate)
    if due:
        await _start(world, REPLAY, gate, f"replay-{gate.extensions}-{done}", f"{due} inputs")


async def _start(world: World, deployment: str, gate: Gate, progress: str, what: str) -> None:
    """Starts work beside the gate: once for the same progress, and again after an hour should it have died."""
    key = f"{gate.id}-{progress}-{world.clock():%Y%m%d%H}"
    try:
        await arun_deployment(
            deployment, parameters={"gate_id": gate.id}, timeout=0, as_subflow=False, idempotency_key=key
        )
    except ObjectNotFound:
        get_run_logger().warning("%s wait for the deployment %s: run `phasegate bootstrap`.", what, deployment)
