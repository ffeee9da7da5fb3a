"""What a plan expects of calls that are not made yet: whole runs of all stages under both lineups, and failures."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from flows.transitions.story import Opening
from tasks.judging.observations import Call
from tasks.judging.planning import Passage
from tasks.records.tables import runs
from tests.transitions.records import store_calls
from tests.transitions.scenes import START
from tests.transitions.story import Story
from tests.transitions.suited import FREE, briefs, lasted, planned, served


@pytest.fixture(autouse=True)
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHASEGATE_SUITES", str(briefs(tmp_path).parent))


@pytest.fixture
def free(story: Story) -> Story:
    story.blocks.facts = {"old": FREE, "new": FREE}
    return story


class TestWholeRuns:
    def test_an_input_takes_every_call_of_a_run_under_both_lineups(self, free: Story) -> None:
        assert planned(served(free, 100, sections=9)).plan.passage == Passage(calls=2 * 21, seconds=200, money=0)

    def test_a_run_under_the_candidate_takes_as_long_as_its_recorded_calls_say(self, free: Story) -> None:
        slow = Call(role="market_analysis", arm="candidate", at=START, run_id="x", failed=False, seconds=15)
        store_calls(served(free).database, [slow], first=99)
        assert planned(free).plan.passage.seconds == pytest.approx(26 + 26 * (12 * 2 + 15) / 26)

    def test_its_cost_is_that_of_all_stages_at_the_prices_of_both(self, story: Story) -> None:
        prices = {"model": "m", "input_price": 1_000_000, "output_price": 0}
        story.blocks.facts = {"old": prices, "new": {**prices, "input_price": 2_000_000}}
        assert planned(served(story)).plan.passage.money == 13 * 1 + (10 * 1 + 3 * 2)
        assert "the budget is 5.00" in planned(story, budget=5).plan.refusals[-1]

    def test_hours_that_do_not_fit_into_the_window_refuse_the_gate(self, free: Story) -> None:
        assert planned(served(free)).plan.refusals == ()
        lasted(free, 200)
        assert "Replay takes 42.2 hours: 380 inputs" in planned(free).plan.refusals[0]

    def test_without_a_record_the_blocks_speed_is_the_estimate(self, free: Story) -> None:
        free.blocks.facts = dict.fromkeys(("old", "new"), FREE | {"tokens_per_second": 50})
        assert planned(free).plan.passage == Passage(calls=26, seconds=260, money=0)

    def test_repeats_of_the_suite_are_tests_that_need_no_replay(self, free: Story) -> None:
        plan = planned(served(free), repeats=5).plan
        assert (plan.tests, plan.replays) == (5 * 93, 40)


class TestFailuresOfTheCandidate:
    def asked(self, story: Story, failed: int, count: int, **facts: Any) -> Opening:
        made = [
            Call(role="market_analysis", arm="candidate", at=START, run_id=f"x{n}", failed=n < failed)
            for n in range(count)
        ]
        store_calls(served(story).database, made, first=99)
        with story.database.begin() as connection:
            connection.execute(update(runs).values(models={"new": {**FREE, "digest": "d", **facts}}))
        return planned(story)

    def test_a_candidate_known_to_fail_is_refused(self, free: Story) -> None:
        assert "with the expected failures it would pass" in self.asked(free, 10, 20).plan.refusals[0]

    def test_a_single_failure_stops_no_gate(self, free: Story) -> None:
        assert self.asked(free, 1, 3).plan.refusals == ()

    def test_calls_with_other_settings_say_nothing(self, free: Story) -> None:
        assert self.asked(free, 10, 20, temperature=2).plan.refusals == ()
