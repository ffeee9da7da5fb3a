"""Rollbacks as flows: the quick one of a gate, and the emergency one with its incident.

What one came to is the message of its last state. Prefect's own retries of a flow repeat what a person mistyped, too, so
each tries again by itself, and only what may have passed by then.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from prefect import State, flow
from prefect.logging import get_run_logger
from prefect.states import Completed

from flows.run_names import dated
from flows.transitions.incidents import (
    NOTHING,
    NOTHING_UNDER_WAY,
    REFUSALS,
    emergency,
    left_standing,
    newest_begun,
    require_back,
)
from flows.transitions.moving import roll_back
from flows.transitions.reading import read_gate
from flows.transitions.showing import show_gate
from flows.transitions.story import Gate
from flows.transitions.telling import name_of
from flows.transitions.tracker import refresh
from flows.transitions.waiting import wake
from flows.transitions.world import World, real_world

T = TypeVar("T")
TRIES, PAUSE, LONGEST = 4, 5.0, 300.0
"""How often a rollback is tried in all, the seconds between, and those one try may take."""
ALL_TRIES = TRIES * (LONGEST + PAUSE)


@flow(name="rollback", flow_run_name=dated("rollback {gate_id}"), timeout_seconds=ALL_TRIES)
async def rollback(by: str, gate_id: str = "latest", reason: str = "by hand") -> State[Any]:
    """Puts the incumbents of a gate back. Effective for the next call, also of runs under way; safe to repeat.

    Args:
        by: Your name.
        gate_id: Id of the gate; latest is the newest that changed anything, taken back already or not; the run's state
            names the older change that still serves.
        reason: Why; kept for ever.

    Returns:
        A state whose message says what was taken back, or that nothing had to be.
    """
    tell = get_run_logger().warning
    # Chosen once: a gate that begins between two tries is another change.
    chosen = await persistently(lambda: _chosen(gate_id), tell)
    if chosen is None:
        return Completed(message=NOTHING)
    latest = gate_id == "latest"
    return Completed(message=await persistently(lambda: _roll_back(by, chosen, reason, latest), tell))


async def _chosen(gate_id: str) -> str | None:
    world = real_world()
    gate = newest_begun(world) if gate_id == "latest" else read_gate(world, gate_id)
    return gate.id if gate else None


async def _roll_back(by: str, gate_id: str, reason: str, latest: bool) -> str:
    world = real_world()
    gate = await roll_back(world, gate_id, by, reason)
    await wake(gate, f"rolled back by {by}")
    await _show(world, gate)
    require_back(gate)
    standing = left_standing(world, gate) if latest else ""
    return f"{_told(gate)} {standing}".rstrip()


@flow(name="emergency-rollback", flow_run_name=dated("emergency-rollback {gate_id}"), timeout_seconds=ALL_TRIES)
async def emergency_rollback(by: str, reason: str, gate_id: str = "") -> State[Any]:
    """Opens an incident, which freezes all gates until it is closed, and takes the changes back.

    Args:
        by: Your name.
        reason: What is wrong; the first line of the incident's record.
        gate_id: One gate; empty takes back all under way and the newest promoted one.

    Returns:
        A state whose message says what became of the incident and of each gate that was taken back.
    """
    incident: list[str] = []
    message = await persistently(lambda: _emergency(by, reason, gate_id, incident), get_run_logger().warning)
    return Completed(message=message)


async def _emergency(by: str, reason: str, gate_id: str, incident: list[str]) -> str:
    """`incident`: what the tries said of the incident; the first knows whether this run opened it."""
    world = real_world()
    taken = await emergency(world, by, reason, gate_id or None)
    incident.append(taken.incident)
    get_run_logger().info(taken.incident)
    for gate in taken.gates:
        await wake(gate, f"emergency: {reason}")
    await _show(world, *taken.gates)
    taken.require_all()
    return " ".join([incident[0], *(map(_told, taken.gates) if taken.wanted else [NOTHING_UNDER_WAY])])


async def persistently(
    work: Callable[[], Awaitable[T]],
    tell: Callable[[str], object],
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> T:
    """What `work` comes to, tried again after what may have passed by then; `tell` is told of each failure but the last."""
    for _ in range(TRIES - 1):
        try:
            async with asyncio.timeout(LONGEST):
                return await work()
        except REFUSALS:
            raise
        except Exception as error:
            tell(f"Not done yet, tried again in {PAUSE:g} s: {str(error) or type(error).__name__}")
        await sleep(PAUSE)
    return await work()


def _told(gate: Gate) -> str:
    return f"Gate {gate.id} ({gate.opening.title}) is {name_of(gate.state).lower()}."


async def _show(world: World, *gates: Gate) -> None:
    for gate in gates:
        await show_gate(world, gate.id)
    await refresh(world)
