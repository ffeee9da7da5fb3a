"""What people read of a gate: what its state means, who serves, what does not follow, what happened."""

from typing import Any

import pytest

from flows.transitions.telling import events, means, next_step, serving, trouble
from tests.transitions.scenes import given
from tests.transitions.story import Story

WEIGHTED = given("MONITORING", canary=True).recorded("weighted", percent=10, reason="Monitoring has begun.")
CANARY = WEIGHTED.recorded("settled")


def test_a_canary_says_how_many_users_meet_the_new_model() -> None:
    assert means(CANARY.gate).startswith("10 % of the users' runs go to the new model")
    assert serving(CANARY.gate) == "old; 10 % of runs: new"


def test_what_does_not_follow_a_move_is_told_with_its_reason() -> None:
    scene = given("PROMOTED", settled=False)
    assert trouble(scene.gate).startswith("The blocks do not follow yet: ")
    assert "not sure which model" in means(scene.gate)
    assert trouble(scene.recorded("unsettled", reason="no such block").gate) == (
        "The blocks do not follow yet: no such block"
    )
    assert trouble(scene.recorded("settled", way_back="no answer").gate) == "The way back is dead: no answer"


def test_a_rollback_without_its_blocks_is_not_told_as_done(story: Story) -> None:
    story.awaiting().answered().blocks.refuse.update(("production", "preview"))
    gate = story.rolled_back().gate
    assert (gate.state, story.serves()) == ("ROLLED_BACK", "new")
    assert "again." not in means(gate)
    assert "did not do its part" in trouble(gate)
    assert "The watch writes the blocks again" in next_step(story.world, gate)


@pytest.mark.parametrize(
    ("kind", "body", "what", "detail"),
    [
        ("weighted", {"percent": 10, "reason": "No harm."}, "Canary", "10 % of runs. No harm."),
        ("settled", {"way_back": "no answer", "serves": {}}, "Way back dead", "no answer"),
        ("settled", {"serves": {"a": {}}, "seconds": 1}, "Blocks written", "1 lineup read back and probed in 1.00 s"),
        ("unsettled", {"reason": "no such block"}, "Blocks do not follow", "no such block"),
        ("reminded", {}, "Reminded", "Nobody has decided yet."),
    ],
)
def test_what_happened_is_told_in_words(kind: str, body: dict[str, Any], what: str, detail: str) -> None:
    (told,) = events(given("PLANNED").recorded(kind, **body).entries[1:])
    assert (told.what, told.detail, told.actor) == (what, detail, "tester")


def test_bookkeeping_is_not_told() -> None:
    assert events(given("PLANNED").recorded("judged", state="open").entries[1:]) == ()
