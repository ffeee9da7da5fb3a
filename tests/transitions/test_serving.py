"""What the ledger says served: to runs under way, and at a time that is past."""

import asyncio

import pytest

from flows.transitions.drift import note_new
from flows.transitions.history import as_of
from flows.transitions.story import State
from tasks.records.ledger import last_sequence
from tasks.records.ledger_serving import taken_back
from tests.transitions.scenes import ROLE
from tests.transitions.several import begun, moved
from tests.transitions.story import Story


@pytest.mark.parametrize("state", ["TESTING", "MONITORING", "PROMOTED"])
def test_a_rollback_reaches_a_run_under_way_whatever_the_next_gate_of_the_role_does(story: Story, state: State) -> None:
    begun(story, "a", "MONITORING")
    since = last_sequence(story.database)
    assert taken_back(story.database, "generator", "preview", ROLE, since) is None
    moved(story, "a", "ROLLED_BACK")
    begun(story, "b", state, candidate="newer")
    assert taken_back(story.database, "generator", "preview", ROLE, since) == "old"
    assert taken_back(story.database, "generator", "preview", ROLE, last_sequence(story.database)) is None


def served(story: Story, lineup: str = "production") -> str:
    return as_of(story.world, "generator", lineup, story.clock.now)[ROLE]


def test_a_write_that_the_server_refused_served_nobody(story: Story) -> None:
    asyncio.run(note_new(story.world))
    begun(story, "a", "AWAITING_APPROVAL")
    story.blocks.refuse.add("production")
    moved(story, "a", "PROMOTED")
    assert story.world.read("writing")[-1].body["content"][ROLE] == "new"
    assert served(story) == "old"


def test_what_was_put_back_serves_although_another_lineup_is_refused(story: Story) -> None:
    story.awaiting().answered().waited(hours=1).blocks.refuse.add("preview")
    assert served(story.rolled_back()) == "old"
    assert (story.gate.settled, served(story, "preview")) == (False, "new")


def test_the_share_of_a_canary_is_told_while_there_was_one(story: Story) -> None:
    story.opened = {"canary": True}
    story.monitoring()
    assert served(story) == "old; 10 % of runs: new"
    assert served(story.waited(hours=1).rolled_back()) == "old"
