"""Gates of another release: what cannot be read is said and trusted with nothing, and keeps no other gate."""

import asyncio

import pytest

from blocks.errors import GateError
from flows.transitions.incidents import emergency, newest_begun
from flows.transitions.moving import advance, open_gate, roll_back
from flows.transitions.reading import all_gates, read_gate, unreadable
from flows.transitions.tracker_view import tracker_view
from tasks.judging.policy import Policy
from tasks.reports.page import page_markdown
from tasks.reports.tracker import tracker_page
from tests.transitions.scenes import opening
from tests.transitions.several import begun, states
from tests.transitions.story import GATE, QUICK, Story


def moved_by_a_newer_release(story: Story, gate_id: str) -> None:
    place = read_gate(story.world, gate_id).sequence + 1
    story.world.record("entangled", "tester", {}, gate_id, place)


def test_one_is_told_apart_and_the_others_are_there(story: Story) -> None:
    begun(story, "a", "MONITORING")
    begun(story, "b", "MONITORING", role="offer_design")
    story.world.record("planned", "tester", {"opening": {"phase": "generator-9"}}, "c", 1)
    moved_by_a_newer_release(story, "a")
    assert [gate.id for gate in all_gates(story.world)] == ["b"]
    assert [(gate.id, gate.phase) for gate in unreadable(story.world)] == [("a", "generator-1"), ("c", "generator-9")]


def test_nothing_begins_beside_one_that_is_not_over(story: Story) -> None:
    begun(story.prepared(), "a", "MONITORING", role="offer_design")
    moved_by_a_newer_release(story, "a")
    open_gate(story.world, GATE, opening(policy=QUICK), "Ada")
    asyncio.run(advance(story.world, GATE))
    assert "Gate a is not over and cannot be read" in story.gate.reason


def test_one_that_is_over_is_in_nobodys_way(story: Story) -> None:
    begun(story.prepared(), "a", "ROLLED_BACK")
    moved_by_a_newer_release(story, "a")
    assert story.planned().moved().gate.state == "TESTING"


def test_an_emergency_takes_the_others_back_and_names_it(story: Story) -> None:
    begun(story, "a", "MONITORING", role="offer_design")
    begun(story, "b", "PROMOTED")
    moved_by_a_newer_release(story, "a")
    with pytest.raises(GateError, match="1 of 2 gates could not be brought back"):
        asyncio.run(emergency(story.world, "Grace", "Customers see nonsense.")).require_all()
    assert states(story, "b") == ["ROLLED_BACK"]


def test_the_tracker_says_which_it_is_and_advises_nothing_beside_it(story: Story) -> None:
    begun(story, "a", "MONITORING")
    moved_by_a_newer_release(story, "a")
    view = asyncio.run(tracker_view(story.world))
    assert "Gate a cannot be read" in page_markdown(tracker_page(view))
    assert [(one.key, one.state) for one in view.pipelines[0].phases][1] == ("generator-1", "Cannot be read")
    assert all("No gate starts before it is over" in pipeline.next_step for pipeline in view.pipelines)


def test_the_latest_change_is_not_guessed(story: Story) -> None:
    begun(story, "a", "MONITORING", role="offer_design")
    moved_by_a_newer_release(story, "a")
    with pytest.raises(GateError, match="Gate a cannot be read"):
        newest_begun(story.world)


def test_a_plan_with_a_field_that_was_given_up_goes_back_and_not_forward(story: Story) -> None:
    planned = opening(policy=QUICK).model_dump(mode="json")
    planned["plan"]["policy"]["given_up"] = 0.5
    story.prepared().world.record("planned", "tester", {"opening": planned}, GATE, 1)
    assert story.moved().gate.state == "PLANNED"
    asyncio.run(roll_back(story.world, GATE, "Grace", "planned by another release"))
    assert story.gate.state == "ROLLED_BACK"


@pytest.mark.parametrize(
    "policy",
    [
        {"canary": ()},
        {"canary": ((0.1, 50), (0.5, 100), (1.0, 50))},
        {"canary": ((0.125, 50),)},
        {"buckets": 600},
        {"held_within": "P400D"},
        {"remind_after": "PT0S"},
        {"window": "PT0.5S"},
    ],
)
def test_a_gate_that_began_before_a_limit_is_read_and_can_be_taken_back(
    story: Story, policy: dict[str, object]
) -> None:
    planned = opening(policy=Policy.model_validate({**QUICK.model_dump(), **policy})).model_dump(mode="json")
    story.prepared().world.record("planned", "tester", {"opening": planned}, GATE, 1)
    assert not story.gate.partly_read
    asyncio.run(roll_back(story.world, GATE, "Grace", "Customers see nonsense."))
    assert story.gate.state == "ROLLED_BACK"
