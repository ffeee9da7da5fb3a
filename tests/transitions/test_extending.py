"""A held gate that is given more time: its own plan, its own replays, and as much as can be read."""

import asyncio
from datetime import timedelta

import pytest

from blocks.errors import GateError, InputError
from flows.transitions.facts import window_of
from flows.transitions.moving import extend
from flows.transitions.trial import replay_due, replays
from tasks.records.ledger_evidence import replayed
from tests.transitions.scenes import START
from tests.transitions.story import GATE, QUICK, Story


def held(story: Story) -> Story:
    return story.monitoring().monitored(calls=2)


def test_is_extended_and_then_proven(story: Story) -> None:
    held(story)
    asyncio.run(extend(story.world, GATE, "Ada", 24))
    assert story.gate.state == "MONITORING"
    story.monitored(calls=8)
    assert story.gate.state == "AWAITING_APPROVAL"


def test_its_extension_is_a_plan_of_its_own_with_the_replays_that_are_missing(story: Story) -> None:
    held(story).waited(hours=10)
    gate = asyncio.run(extend(story.world, GATE, "Ada", 12))
    (entry,) = [one for one in story.world.read("moved") if "extension" in one.body]
    assert gate.extension
    assert entry.body["digest"] == gate.extension.digest()
    # Eight clean calls were made; at half the alpha it takes 17.
    assert (gate.extension.replays, gate.plan.requirements[0].alpha) == (9, 0.025)
    assert window_of(gate).end == story.clock.now + timedelta(hours=12), "the hours it was held count for nothing"
    assert [replay_due(gate, 0, story.clock.now + timedelta(hours=hours)) for hours in (0, 6, 12)] == [1, 5, 10]


def test_what_was_replayed_before_an_extension_does_not_count_for_it(story: Story) -> None:
    before = held(story).gate
    assert replayed(story.world.database, "generator", "preview", before.window_start or START) > 1
    story.clock.now += timedelta(minutes=1)
    gate = asyncio.run(extend(story.world, GATE, "Ada", 12))
    assert replays(story.world, gate) == (0, 1)


def test_an_extension_adds_parts_of_the_windows_size(story: Story) -> None:
    gate = asyncio.run(extend(held(story).world, GATE, "Ada", 12))
    assert (window_of(gate).buckets, window_of(gate).length) == (6, timedelta(hours=36))


def test_only_a_held_gate_is_extended(story: Story) -> None:
    with pytest.raises(GateError, match="only a held gate"):
        asyncio.run(extend(story.monitoring().world, GATE, "Ada", 24))


def test_one_whose_lineups_came_apart_is_told_so_before_it_loses_what_it_has_proven(story: Story) -> None:
    preview = held(story).blocks.lineups["generator", "preview"]
    preview["report_words"], usual = 900, preview["report_words"]
    with pytest.raises(GateError, match=r"in the block 'preview' set report_words to"):
        asyncio.run(extend(story.world, GATE, "Ada", 24))
    assert story.gate.state == "HELD"
    preview["report_words"] = usual
    asyncio.run(extend(story.world, GATE, "Ada", 24))
    assert story.moved().gate.state == "MONITORING"


def test_one_of_twenty_seconds_is_not_given_more_parts_than_a_look_reads(story: Story) -> None:
    short = {"window": timedelta(seconds=20), "buckets": 1, "buckets_needed": 1}
    story.opened = {"policy": QUICK.model_copy(update=short)}
    story.monitoring().called(2).waited(seconds=30).moved()
    with pytest.raises(GateError, match=r"(?s)2,162 parts.*extend it by 2\.76 hours or less"):
        asyncio.run(extend(story.world, GATE, "Ada", 12))
    assert story.moved().gate.state == "HELD"
    asyncio.run(extend(story.world, GATE, "Ada", 2.76))
    assert story.waited(hours=3).moved().gate.state == "HELD"
    with pytest.raises(GateError, match="plan a new gate"):
        asyncio.run(extend(story.world, GATE, "Ada", 0.01))


@pytest.mark.parametrize("hours", [float("nan"), float("inf"), 1e8, 0, -1])
def test_more_time_is_a_number_of_hours_that_can_be_waited_for(story: Story, hours: float) -> None:
    with pytest.raises(InputError, match="cannot be extended by"):
        asyncio.run(extend(held(story).world, GATE, "Ada", hours))
    assert story.moved().gate.state == "HELD"
