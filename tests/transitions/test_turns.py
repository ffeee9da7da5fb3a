"""Gates that change the same roles one after another: which may begin, which goes back first."""

import asyncio

from flows.transitions.moving import advance, open_gate, roll_back
from flows.transitions.reading import read_gate
from tests.transitions.scenes import opening
from tests.transitions.several import begun
from tests.transitions.story import QUICK, Story

SECOND = {"incumbent": "new", "candidate": "newer"}


def back(story: Story, gate_id: str) -> None:
    asyncio.run(roll_back(story.world, gate_id, "Grace", "slow"))


def test_nothing_begins_while_another_gate_is_not_put_back(story: Story) -> None:
    begun(story.prepared(), "a", "MONITORING", role="offer_rationale")
    story.blocks.refuse.add("preview")
    back(story, "a")
    open_gate(story.world, "b", opening(policy=QUICK), "Ada")
    asyncio.run(advance(story.world, "b"))
    assert "Gate a (Analytical stages) is still being put back." in read_gate(story.world, "b").reason
