"""A canary over a real ledger: users come to the candidate share by share, and back at once when something is wrong."""

import asyncio
from datetime import timedelta

import pytest

from flows.transitions.moving import extend
from flows.transitions.story import State
from tests.transitions.memory import a_lineup
from tests.transitions.story import GATE, QUICK, Story


def weight(story: Story) -> int:
    return int(story.blocks.lineups["generator", "production"]["canary_percent"])


def test_grows_with_users_runs_and_is_gone_after_a_rollback(story: Story) -> None:
    story.opened = {"canary": True}
    story.monitoring()
    assert weight(story) == 10
    story.waited(minutes=1).called(50, environment="production").waited(minutes=5).moved()
    assert weight(story) == 10, "what a trial asks under the production lineup is nobody's traffic"
    story.called(50, environment="production", purpose="user").waited(minutes=5).moved()
    assert weight(story) == 50
    story.rolled_back()
    assert story.blocks.lineups["generator", "production"] == a_lineup()


@pytest.mark.parametrize(("calls", "state"), [(8, "AWAITING_APPROVAL"), (2, "HELD")])
def test_no_user_meets_the_candidate_while_people_think(story: Story, calls: int, state: State) -> None:
    story.opened = {"canary": True, "policy": QUICK.model_copy(update={"blind_after": timedelta(hours=7)})}
    story.monitoring().monitored(calls=calls)
    assert (story.gate.state, story.gate.weight, story.gate.settled) == (state, 0, True)
    assert story.blocks.lineups["generator", "production"] == a_lineup()


def test_begins_anew_when_a_held_gate_is_given_more_time(story: Story) -> None:
    story.opened = {"canary": True, "policy": QUICK.model_copy(update={"blind_after": timedelta(hours=7)})}
    story.monitoring().monitored(calls=2)
    asyncio.run(extend(story.world, GATE, "Ada", 24))
    assert weight(story.moved()) == 10


@pytest.mark.parametrize("dead", ["new", "old"])
def test_no_user_is_sent_to_a_candidate_that_does_not_answer_nor_without_a_way_back(story: Story, dead: str) -> None:
    story.opened = {"canary": True}
    story.prepared().planned().moved().tested().blocks.dead.add(dead)
    assert "does not answer" in story.moved().gate.reason
    assert story.gate.state == "ROLLED_BACK"
    assert [entry.body["content"]["canary_percent"] for entry in story.world.read("writing")] == [0, 0]


def test_a_candidate_that_dies_before_its_next_share_is_taken_from_those_it_has(story: Story) -> None:
    story.opened = {"canary": True}
    story.monitoring().waited(minutes=1).called(50, environment="production", purpose="user").waited(minutes=5)
    story.blocks.dead.add("new")
    assert (story.moved().gate.state, weight(story)) == ("ROLLED_BACK", 0)


def test_a_share_that_cannot_be_written_is_written_when_the_server_is_back(story: Story) -> None:
    story.opened = {"canary": True}
    story.prepared().planned().moved().tested().blocks.refuse.add("production")
    assert (story.moved().gate.settled, weight(story)) == (False, 0)
    story.blocks.refuse.clear()
    assert (story.moved().gate.settled, weight(story)) == (True, 10)


def test_an_hour_without_a_call_takes_it_back(story: Story) -> None:
    story.opened = {"canary": True}
    story.monitoring().waited(minutes=61).moved()
    assert (story.gate.state, weight(story)) == ("ROLLED_BACK", 0)
