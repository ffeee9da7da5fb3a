"""What a report sees of a recorded run."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from blocks.errors import InputError
from flows.generator.market_analysis import MarketAnalysis
from flows.generator.run import AWAITED
from flows.generator.scarcity_upsells import ScarcityUpsells
from flows.generator.view import dollar_fields, run_view
from tasks.answering.call import Asked
from tasks.records import runs
from tasks.reports.views import RunView, StageView
from tests.reports import records


def stage(view: RunView, number: int) -> StageView:
    return view.stages[number - 1]


def test_all_stages_in_their_groups(demo: RunView) -> None:
    assert [each.number for each in demo.stages] == list(range(1, 14))
    assert [len(demo.group(group)) for group in ("research", "report", "offer")] == [5, 1, 7]


def test_a_single_call_is_taken_as_it_was_measured(demo: RunView) -> None:
    repaired = stage(demo, 4)

    assert (repaired.state, repaired.seconds, repaired.total_seconds) == ("repaired", 7, 14)
    assert (repaired.prompt_tokens, repaired.completion_tokens, repaired.score) == (2500, 1600, 95)


def test_a_stage_asked_in_parts_is_summed(demo: RunView) -> None:
    report = stage(demo, 6)

    assert (report.prompt_tokens, report.completion_tokens) == (12_000, 8_000)
    assert report.total_seconds == 4 + 8 + 4  # outline, then nine sections one second apart
    assert report.score == 85


def test_one_uncounted_answer_makes_the_sum_unknown(database: Engine) -> None:
    run = records.start(database)
    counted = records.call(run, "report_synthesis", "outline")
    silent = replace(counted.asked.attempts[0], completion_tokens=None)
    runs.save_call(database, counted)
    runs.save_call(database, replace(counted, id="second", part="market", asked=Asked("first_pass", (silent,), {})))

    report = stage(run_view(database, "run-1"), 6)

    assert (report.prompt_tokens, report.completion_tokens) == (2400, None)


def test_the_report_says_why_it_lost_points(demo: RunView) -> None:
    words, headings = [problem.message for problem in stage(demo, 6).problems]

    assert words == "1,620 words of the 2,000 wanted"
    assert headings.startswith("have fewer sub-headings than were asked for: 3. Buyer Psychology Deep-Dive, ")


def test_time_between_a_crash_and_the_continuation_is_not_counted(database: Engine) -> None:
    run = records.start(database)
    runs.save_call(database, records.call(run, "report_synthesis", "outline", at=0))
    runs.save_call(database, records.call(run, "report_synthesis", "market", at=7200))

    assert stage(run_view(database, "run-1"), 6).total_seconds == 8


def test_one_failed_part_fails_the_stage(database: Engine) -> None:
    run = records.start(database)
    for outcome in ("first_pass", "failed", "repaired"):
        runs.save_call(database, records.call(run, "report_synthesis", outcome, outcome=outcome))

    view = run_view(database, "run-1")

    assert stage(view, 6).state == "failed"
    assert "gave no answer" in str(stage(view, 6).error)


def test_a_part_that_failed_and_was_asked_again_counts_as_it_ended(database: Engine) -> None:
    run = records.start(database)
    runs.save_call(database, records.call(run, "market_analysis", at=0, outcome="failed", cost=0.25))
    body = records.bodies()["market_analysis"]
    runs.save_call(database, records.call(run, "market_analysis", at=60, cost=0.5, output=body))

    found = stage(run_view(database, "run-1"), 1)

    assert (found.state, found.cost, found.prompt_tokens, found.error) == ("first pass", 0.75, 2400, None)


@pytest.mark.parametrize(("costs", "expected"), [([0.5, 0.25], 0.75), ([0.5, None], None), ([0.0, 0.0], 0.0)])
def test_the_cost_of_parts_is_known_only_if_all_are(
    database: Engine, costs: list[float | None], expected: float | None
) -> None:
    run = records.start(database)
    for number, cost in enumerate(costs):
        runs.save_call(database, records.call(run, "report_synthesis", f"part {number}", cost=cost))

    assert stage(run_view(database, "run-1"), 6).cost == expected


def test_stages_that_never_began_are_not_reached(database: Engine) -> None:
    run = records.start(database)
    records.record(database, run, until=2)
    runs.save_call(database, records.call(run, "competitive_analysis", at=20, outcome="failed"))
    runs.end_run(database, run.id, "failed", records.START, "The model gave no answer.")

    view = run_view(database, "run-1")

    assert [each.state for each in view.stages] == ["first pass"] * 2 + ["failed"] + ["not reached"] * 10
    assert view.report is None


def test_a_report_whose_sections_are_still_written_is_not_finished(database: Engine) -> None:
    run = records.start(database)
    runs.save_call(database, records.call(run, "report_synthesis", "outline"))

    assert stage(run_view(database, "run-1"), 6).state == "not finished"


def test_a_reused_stage_costs_nothing_and_keeps_its_author(database: Engine) -> None:
    records.record(database, records.start(database), until=1)
    run = records.start(database, "run-2", provider="ollama", parent="run-1")
    (step, body) = runs.read_steps(database, "run-1")["market_analysis", ""]
    with database.begin() as connection:
        runs.put_output(connection, body, records.START)
        reused = runs.Step(step.role, "", step.input_key, step.output_sha256, "reused", step.call_id, step.score)
        runs.put_step(connection, run.id, reused, records.START)

    found = stage(run_view(database, "run-2"), 1)

    assert (found.state, found.model, found.demo) == ("reused", "small-4b-q4", True)
    assert (found.asked, found.total_seconds, found.prompt_tokens, found.cost) == (False, None, None, None)


def test_a_report_taken_over_as_a_whole_keeps_its_author(database: Engine) -> None:
    records.record(database, records.start(database), until=6)
    middle = records.start(database, "run-2", provider="ollama", parent="run-1")
    records.finish_report(database, middle, "reused")
    last = records.start(database, "run-3", provider="ollama", parent="run-2")
    records.finish_report(database, last, "reused")

    found = stage(run_view(database, "run-3"), 6)

    assert (found.state, found.demo, found.model) == ("reused", True, "small-4b-q4")


def corrected(database: Engine, key: str) -> StageView:
    """A stage whose correction is kept under this input key."""
    run = records.start(database)
    with database.begin() as connection:
        address = runs.put_output(connection, records.bodies()["offer_design"], records.START)
        overridden = runs.Step("offer_design", "", key, address, "overridden")
        runs.put_step(connection, run.id, overridden, records.START)
    return stage(run_view(database, "run-1"), 5)


def test_a_correction_whose_turn_did_not_come_is_no_output(database: Engine) -> None:
    found = corrected(database, AWAITED)

    assert (found.state, found.output) == ("not reached", None)


def test_an_overridden_stage_has_no_author(database: Engine) -> None:
    found = corrected(database, "what it depends on")

    assert (found.state, found.model, found.demo) == ("overridden", "", False)


def test_an_old_report_of_another_form_is_still_shown(database: Engine) -> None:
    run = records.start(database)
    old = {**records.bodies()["report_synthesis"], "editor": "nobody"}
    with database.begin() as connection:
        address = runs.put_output(connection, old, records.START)
        runs.put_step(connection, run.id, runs.Step("report_synthesis", "", address, address, "asked"), records.START)

    assert run_view(database, "run-1").report is not None


def test_a_run_that_is_not_there(database: Engine) -> None:
    with pytest.raises(InputError, match="no generator run 'nobody'"):
        run_view(database, "nobody")


def test_dollars_are_known_from_the_fields_descriptions() -> None:
    assert dollar_fields(MarketAnalysis) == frozenset()
    assert dollar_fields(ScarcityUpsells) == {
        "price", "perceived_value", "total_order_bump_revenue_potential", "total_upsell_revenue_potential",
    }  # fmt: skip
