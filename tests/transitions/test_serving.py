"""What the ledger says served: to runs under way, and at a time that is past."""

import pytest

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
