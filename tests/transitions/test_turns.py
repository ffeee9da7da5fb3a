"""Gates that change the same roles one after another: which may begin, which goes back first."""

import asyncio

import pytest

from blocks.errors import GateError
from flows.transitions.incidents import emergency, left_standing
from flows.transitions.moving import advance, open_gate, roll_back
from flows.transitions.reading import read_gate
from flows.transitions.settling import settle
from flows.transitions.story import State
from tests.transitions.memory import a_lineup
from tests.transitions.scenes import opening
from tests.transitions.several import begun, newest, states
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


@pytest.mark.parametrize(("state", "says"), [("MONITORING", "tries another change"), ("STABLE", "has changed")])
def test_an_older_gate_goes_back_after_the_newer_one_of_its_roles(story: Story, state: State, says: str) -> None:
    begun(story, "a", "STABLE")
    begun(story, "b", state, **SECOND)
    with pytest.raises(GateError, match=f"Gate b {says}"):
        back(story, "a")
    back(story, "b")
    back(story, "a")
    assert (story.serves(), story.serves("preview")) == ("old", "old")


def test_an_emergency_of_the_older_one_takes_both_back_in_order(story: Story) -> None:
    begun(story, "a", "STABLE")
    begun(story, "b", "MONITORING", **SECOND)
    asyncio.run(emergency(story.world, "Grace", "Customers see nonsense.", "a"))
    assert states(story, "a", "b") == ["ROLLED_BACK", "ROLLED_BACK"]
    assert (story.serves(), story.serves("preview")) == ("old", "old")


def test_a_rollback_written_late_does_not_undo_that_of_an_older_gate(story: Story) -> None:
    begun(story, "a", "STABLE")
    begun(story, "b", "STABLE", **SECOND)
    story.blocks.refuse.update(("production", "preview"))
    back(story, "b")
    back(story, "a")
    story.blocks.refuse.clear()
    for gate_id in ("a", "b"):
        assert asyncio.run(advance(story.world, gate_id)).at_rest
    assert (story.serves(), story.serves("preview")) == ("old", "old")


def test_a_rollback_leaves_the_canary_of_another_gate_alone(story: Story) -> None:
    begun(story, "a", "STABLE")
    begun(story, "b", "MONITORING", role="buyer_psychology", canary=True)
    story.world.record(
        "weighted", "tester", {"percent": 10, "reason": "so"}, "b", read_gate(story.world, "b").sequence + 1
    )
    asyncio.run(settle(story.world, read_gate(story.world, "b")))
    back(story, "a")
    production = story.blocks.lineups["generator", "production"]
    assert (story.serves(), production["canary_percent"], production["canary_gate"]) == ("old", 10, "b")
    back(story, "b")
    assert production != story.blocks.lineups["generator", "production"] == a_lineup()


@pytest.mark.parametrize("times", [1, 2])
def test_taking_back_the_latest_says_which_older_change_still_serves(story: Story, times: int) -> None:
    begun(story, "a", "STABLE")
    begun(story, "b", "MONITORING", role="offer_design", candidate="newer")
    for _ in range(times):
        back(story, newest(story))
    said = left_standing(story.world, read_gate(story.world, "b"))
    assert said.startswith("Users are still served by new, promoted by gate a ")
    assert said.endswith("phasegate rollback a")


def test_nothing_stands_when_everything_is_taken_back(story: Story) -> None:
    begun(story, "a", "PROMOTED")
    back(story, "a")
    assert left_standing(story.world, read_gate(story.world, "a")) == ""
