"""Stories of several gates: each brought to its state by recorded moves, its blocks written as they would be."""

import asyncio
from typing import Any

from flows.transitions.incidents import newest_begun
from flows.transitions.moving import movement
from flows.transitions.reading import read_gate
from flows.transitions.settling import settle
from flows.transitions.story import Change, State
from tests.transitions.scenes import ROLE, WAYS, opening
from tests.transitions.story import Story


def newest(story: Story) -> str:
    """Id of the gate that a rollback of the latest takes back."""
    gate = newest_begun(story.world)
    return gate.id if gate else ""


def begun(
    story: Story,
    gate_id: str,
    state: State,
    incumbent: str = "old",
    candidate: str = "new",
    role: str = ROLE,
    **opened: Any,
) -> None:
    """A gate that moves one role, in `state`."""
    change = Change(role=role, incumbent=incumbent, candidate=candidate)
    about = opening(**{"changes": (change,), **opened})
    story.blocks.facts.setdefault(candidate, {"model": candidate})
    body = {"opening": about.model_dump(mode="json"), "plan_digest": about.plan.digest()}
    story.world.record("planned", "tester", body, gate_id, 1)
    for to in WAYS[state]:
        moved(story, gate_id, to)


def moved(story: Story, gate_id: str, to: State) -> None:
    now = read_gate(story.world, gate_id)
    story.world.record("moved", "tester", movement(now, to, "so"), gate_id, now.sequence + 1)
    asyncio.run(settle(story.world, read_gate(story.world, gate_id)))


def states(story: Story, *gate_ids: str) -> list[State]:
    return [read_gate(story.world, gate_id).state for gate_id in gate_ids]
