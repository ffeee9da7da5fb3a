"""Gates from their plan to their end, over a real ledger: promotion, rollback, and everything that may come between."""

import asyncio
from typing import Any

import pytest

from flows.transitions.drift import handle, note_new, scan
from flows.transitions.reading import all_gates
from flows.transitions.story import State
from tasks.records.ledger import verify
from tests.transitions.memory import a_lineup
from tests.transitions.scenes import ROLE
from tests.transitions.story import GATE, QUICK, Story


def test_from_plan_to_stable(told: Story) -> None:
    story = told.prepared().planned().moved()
    assert (story.gate.state, story.serves("preview"), story.serves()) == ("TESTING", "new", "old")
    story.tested().moved()
    assert story.gate.state == "MONITORING"
    story.monitored()
    assert (story.gate.state, story.serves()) == ("AWAITING_APPROVAL", "old")
    story.answered("Grace")
    assert (story.gate.state, story.gate.settled, story.serves()) == ("PROMOTED", True, "new")
    story.served()
    assert story.gate.state == "STABLE"
    assert verify(story.database).sound


def test_a_start_without_preconditions_changes_nothing(story: Story) -> None:
    story.planned().moved()
    assert story.gate.state == "ROLLED_BACK"
    assert "no baseline" in story.gate.reason
    assert "no drill" in story.gate.reason
    assert story.blocks.lineups["generator", "preview"] == a_lineup()


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (lambda story: story.blocks.dead.add("old"), "way back is dead"),
        (lambda story: story.blocks.dead.add("new"), "target is dead"),
        (lambda story: story.blocks.people.clear(), "It takes 1 approver other than Ada, and there are 0"),
        (lambda story: story.blocks.people.pop("Grace") + story.blocks.people.pop("Alan"), "there are 0"),
        (lambda story: story.blocks.lineups["generator", "production"].update({ROLE: "other"}), "no longer name"),
        (lambda story: story.world.record("incident_opened", "x", {"reason": "Fire."}), "Fire."),
        (lambda story: story.waited(days=8), "The last drill is"),
        (lambda story: story.drilled(passed=False), "The newest drill of the generator pipeline failed"),
    ],
)
def test_each_precondition_keeps_a_gate_from_starting(story: Story, change: Any, because: str) -> None:
    story.prepared().planned()
    change(story)
    story.moved()
    assert story.gate.testing_since is None
    assert because in story.gate.reason


def test_harm_in_monitoring_restores_the_preview(story: Story) -> None:
    story.monitoring().called(6, failed=6).waited(minutes=1).moved()
    assert story.gate.state == "ROLLED_BACK"
    assert (story.serves("preview"), story.gate.settled) == ("old", True)


def test_a_rejection_restores_the_preview(story: Story) -> None:
    story.awaiting().answered("Grace", "reject", reason="too wordy")
    assert (story.gate.state, story.serves("preview")) == ("ROLLED_BACK", "old")
    assert "too wordy" in story.gate.reason


def test_silence_of_three_days_restores_the_preview(story: Story) -> None:
    story.awaiting().waited(hours=72).moved()
    assert (story.gate.state, story.serves("preview")) == ("ROLLED_BACK", "old")


def test_harm_while_people_think_restores_the_preview(story: Story) -> None:
    story.awaiting().called(40, failed=40).waited(minutes=5).moved()
    assert story.gate.state == "ROLLED_BACK"


def test_harm_after_promotion_restores_production(story: Story) -> None:
    story.awaiting().answered().called(8, failed=8, environment="production", purpose="user").waited(minutes=1).moved()
    assert (story.gate.state, story.serves()) == ("ROLLED_BACK", "old")


class TestAfterPromotion:
    def promoted(self, story: Story, **policy: Any) -> Story:
        story.opened = {"policy": QUICK.model_copy(update=policy)}
        return story.awaiting().answered()

    def test_poor_answers_to_users_take_it_back_where_good_ones_were_demanded(self, story: Story) -> None:
        demands = {"demands": ("failures", "good_share"), "good_share": 0.8, "bad_allowed": 0}
        self.promoted(story, **demands).called(9, environment="production", purpose="user", score=60)
        assert story.waited(minutes=5).moved().gate.state == "ROLLED_BACK"
        assert "failed or below a score of 95 (agreed: 20 %)" in story.gate.reason

    def test_where_none_were_demanded_no_limit_for_scores_is_known(self, story: Story) -> None:
        self.promoted(story).called(9, environment="production", purpose="user", score=60)
        assert story.waited(minutes=5).moved().gate.state == "PROMOTED"

    def test_a_day_in_which_users_called_once_is_not_stable_yet(self, story: Story) -> None:
        self.promoted(story).called(9, environment="production", purpose="user").waited(hours=24)
        assert story.moved().gate.state == "PROMOTED"
        story.called(1, environment="production", purpose="user").waited(hours=1)
        assert story.moved().gate.state == "STABLE"

    def test_what_a_trial_asks_makes_nothing_stable(self, story: Story) -> None:
        self.promoted(story)
        for _ in range(4):
            story.called(2, environment="production").waited(hours=6)
        assert story.moved().gate.state == "PROMOTED"


def test_too_few_calls_are_held_and_two_people_may_answer_for_it(story: Story) -> None:
    story.monitoring().monitored(calls=2)
    assert story.gate.state == "HELD"
    story.answered("Grace")
    assert story.gate.state == "HELD"
    story.answered("Alan")
    assert (story.gate.state, story.gate.overridden, story.serves()) == ("PROMOTED", True, "new")


def test_a_candidate_that_dies_at_promotion_is_taken_back(story: Story) -> None:
    story.awaiting().blocks.dead.add("new")
    story.answered()
    assert (story.gate.state, story.serves()) == ("ROLLED_BACK", "old")
    assert "could not be proven" in story.gate.reason


def test_nothing_is_promoted_while_the_way_back_is_dead(story: Story) -> None:
    story.awaiting().blocks.dead.add("old")
    story.answered()
    assert (story.gate.state, story.serves(), story.serves("preview")) == ("ROLLED_BACK", "old", "old")
    assert "Approved by Grace. Not promoted, because the way back is dead." in story.gate.reason
    assert "PROMOTED" not in [entry.body["to"] for entry in story.world.read("moved")]


def test_a_promotion_that_the_server_does_not_write_is_tried_for_ten_minutes_and_taken_back(story: Story) -> None:
    story.awaiting().blocks.refuse.add("production")
    story.answered().waited(minutes=9).moved()
    assert (story.gate.state, story.gate.settled) == ("PROMOTED", False)
    story.waited(minutes=2).moved()
    assert (story.gate.state, story.serves(), story.serves("preview")) == ("ROLLED_BACK", "old", "old")


def test_a_rollback_that_is_refused_is_tried_until_it_is_made(story: Story) -> None:
    story.awaiting().answered().blocks.refuse.add("production")
    story.rolled_back().moved().moved()
    assert (story.gate.state, story.gate.settled, story.gate.failure) == (
        "ROLLED_BACK", False, "The Prefect server did not do its part (HTTPStatusError 500).",
    )  # fmt: skip
    story.blocks.refuse.clear()
    assert story.moved().gate.settled
    assert (story.serves(), len(story.world.read("unsettled"))) == ("old", 1)


class TestRollback:
    def promoted(self, story: Story) -> Story:
        return story.awaiting().answered()

    def test_twice_is_once(self, story: Story) -> None:
        self.promoted(story).rolled_back().rolled_back()
        moves = [entry for entry in story.world.read("moved") if entry.body["to"] == "ROLLED_BACK"]
        assert (len(moves), story.serves()) == (1, "old")

    @pytest.mark.parametrize("edit", [{ROLE: "third"}, {"report_words": -5}, {"value_stack": None}])
    def test_works_on_a_block_edited_by_hand(self, story: Story, edit: dict[str, Any]) -> None:
        self.promoted(story).blocks.lineups["generator", "production"].update(edit)
        story.rolled_back()
        assert (story.gate.settled, story.blocks.lineups["generator", "production"]) == (True, a_lineup())

    def test_works_on_a_deleted_block(self, story: Story) -> None:
        self.promoted(story).blocks.lineups.clear()
        story.rolled_back()
        assert story.blocks.lineups["generator", "production"] == a_lineup()

    def test_leaves_what_others_chose(self, story: Story) -> None:
        self.promoted(story).blocks.lineups["generator", "production"].update(report_words=900)
        story.rolled_back()
        assert story.blocks.lineups["generator", "production"] == a_lineup(report_words=900)

    def test_from_every_state(self, story: Story) -> None:
        for reach in (Story.planned, Story.moved, Story.tested, Story.moved, Story.monitored, Story.answered):
            reach(story.prepared())
        assert story.rolled_back().gate.state == "ROLLED_BACK"

    def test_a_dead_way_back_is_said_and_tried_again(self, story: Story) -> None:
        self.promoted(story).blocks.dead.add("old")
        story.rolled_back()
        assert (story.serves(), story.gate.settled, story.gate.at_rest) == ("old", True, False)
        assert "does not answer" in story.moved().moved().gate.failure
        assert [entry.body["way_back"] != "" for entry in story.world.read("settled")][-2:] == [False, True]
        story.blocks.dead.clear()
        assert story.moved().gate.at_rest

    def test_a_dead_way_back_is_not_written_over_what_a_person_puts_in_its_place(self, story: Story) -> None:
        self.promoted(story).blocks.dead.add("old")
        story.rolled_back().blocks.lineups["generator", "production"][ROLE] = "third"
        story.moved()
        assert story.serves() == "third"
        [finding] = asyncio.run(scan(story.world))
        asyncio.run(handle(story.world, finding, "adopt", "Grace", "the old one is gone"))
        assert story.moved().gate.at_rest


class TestDriftOfAnOpenGate:
    @pytest.mark.parametrize("lineup", ["production", "preview"])
    def test_an_edited_role_rolls_back(self, story: Story, lineup: str) -> None:
        story.monitoring().blocks.lineups["generator", lineup][ROLE] = "third"
        story.moved()
        assert (story.gate.state, story.serves(lineup)) == ("ROLLED_BACK", "old")
        assert "by hand" in story.gate.reason

    def test_an_edited_model_rolls_back(self, story: Story) -> None:
        asyncio.run(note_new(story.world))
        story.monitoring().blocks.facts["new"]["temperature"] = 1.5
        assert "temperature is 1.5" in story.moved().gate.reason

    def test_a_deleted_lineup_rolls_back_and_comes_back(self, story: Story) -> None:
        del story.monitoring().blocks.lineups["generator", "preview"]
        assert (story.moved().gate.state, story.serves("preview")) == ("ROLLED_BACK", "old")


def test_a_run_lost_while_testing_rolls_back(story: Story) -> None:
    from flows.transitions.world import RunState

    story.prepared().planned().moved().blocks.run = RunState("Crashed", story.clock.now)
    assert story.moved().gate.state == "TESTING"
    assert story.waited(minutes=11).moved().gate.state == "ROLLED_BACK"


@pytest.mark.parametrize("state", ["TESTING", "MONITORING"])
def test_a_cancelled_run_rolls_back_at_once(story: Story, state: State) -> None:
    from flows.transitions.world import RunState

    story.prepared().planned().moved()
    if state == "MONITORING":
        story.tested().moved()
    story.blocks.run = RunState("Cancelled", story.clock.now)
    assert story.moved().gate.state == "ROLLED_BACK"


def test_a_gate_is_planned_once(story: Story) -> None:
    story.planned().planned()
    assert [gate.id for gate in all_gates(story.world)] == [GATE]


def test_two_that_move_at_once_make_each_move_once(told: Story) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from flows.transitions.moving import advance

    told.awaiting().answers()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: asyncio.run(advance(told.world, GATE)), range(4)))
    moves = [entry.body["to"] for entry in told.world.read("moved")]
    assert moves == ["TESTING", "MONITORING", "AWAITING_APPROVAL", "PROMOTED"]
    assert (told.gate.settled, told.serves()) == (True, "new")
