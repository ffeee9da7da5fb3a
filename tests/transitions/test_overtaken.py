"""Two processes that write the same lineup: whoever comes last, the block holds what the ledger says last."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from flows.transitions.drift import scan
from flows.transitions.moving import advance, roll_back
from flows.transitions.world import Content, Probe, World
from tests.transitions.memory import MemoryBlocks
from tests.transitions.story import GATE, Story


@dataclass
class SlowBlocks(MemoryBlocks):
    """A connection to the blocks that lets `meanwhile` happen once: around its first write, after its first read or probe."""

    meanwhile: Callable[[], object] | None = None
    at: str = "before the write"

    async def lineup(self, pipeline: str, name: str) -> Content | None:
        found = await super().lineup(pipeline, name)
        await self.pause("after the read", name)
        return found

    async def write_lineup(self, pipeline: str, name: str, content: Content) -> None:
        await self.pause("before the write", name)
        await super().write_lineup(pipeline, name, content)
        await self.pause("after the write", name)

    async def probe(self, model: str) -> Probe:
        found = await super().probe(model)
        await self.pause("after the probe", "production")
        return found

    async def pause(self, at: str, lineup: str) -> None:
        if self.meanwhile and (at, lineup) == (self.at, "production"):
            happens, self.meanwhile = self.meanwhile, None
            await asyncio.to_thread(happens)


def slowly(story: Story, at: str, meanwhile: Callable[[], object]) -> World:
    """The world as a slow process has it."""
    shared: dict[str, Any] = {name: getattr(story.blocks, name) for name in ("lineups", "facts", "people")}
    return World(SlowBlocks(**shared, meanwhile=meanwhile, at=at), story.database, story.clock)


@pytest.mark.parametrize("at", ["before the write", "after the write"])
def test_a_promotion_written_while_it_was_taken_back_does_not_stay(story: Story, at: str) -> None:
    assert story.awaiting().answers() == ""
    asyncio.run(advance(slowly(story, at, story.rolled_back), GATE))
    assert (story.gate.state, story.gate.settled) == ("ROLLED_BACK", True)
    assert (story.serves(), story.serves("preview")) == ("old", "old")
    assert asyncio.run(scan(story.world)) == []


def test_an_incident_opened_while_the_way_back_is_asked_keeps_the_gate_from_promotion(story: Story) -> None:
    assert story.awaiting().answers() == ""
    incident = ("incident_opened", "Grace", {"reason": "something is wrong"})
    asyncio.run(advance(slowly(story, "after the probe", lambda: story.world.record(*incident)), GATE))
    assert (story.gate.state, story.serves()) == ("AWAITING_APPROVAL", "old")


def test_a_write_that_was_under_way_when_its_process_died_does_not_stay(story: Story) -> None:
    """It reaches the block after the process that takes back has read it."""
    story.awaiting().answered()
    promoted = story.blocks.lineups["generator", "production"]
    story.blocks.lineups["generator", "production"] = dict(
        story.blocks.lineups["generator", "preview"], market_analysis="old"
    )
    slow = slowly(story, "after the read", lambda: story.blocks.lineups.update({("generator", "production"): promoted}))
    asyncio.run(roll_back(slow, GATE, "Grace", "slow"))
    assert (story.gate.settled, story.serves()) == (True, "old")


def test_an_edit_adopted_while_a_lineup_is_written_is_kept(story: Story) -> None:
    def adopt() -> None:
        story.blocks.lineups["generator", "production"]["report_words"] = 900
        content = story.blocks.lineups["generator", "production"]
        about = {"pipeline": "generator", "lineup": "production", "content": dict(content)}
        story.world.record("adopted", "Grace", about)

    story.awaiting().answered()
    asyncio.run(roll_back(slowly(story, "before the write", adopt), GATE, "Grace", "slow"))
    assert (story.gate.settled, story.serves()) == (True, "old")
    assert story.blocks.lineups["generator", "production"]["report_words"] == 900
    assert asyncio.run(scan(story.world)) == []
