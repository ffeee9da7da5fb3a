"""Exact limits of the proofs, which broken code showed untested: what only equals its limit is not proven."""

from math import log

import pytest

from tasks.judging.evidence import Circumstances
from tasks.judging.harm import log_e
from tasks.judging.moments import Moments
from tasks.judging.pairs import judge_mean, t_bounds
from tasks.judging.policy import Policy
from tasks.judging.rates import judge_rate, lower_bound, upper_bound
from tests.judging.given import DURING, ONLY_FAILURES, WINDOW, broken, failing, gate, pairs, verdict
from tests.judging.references import alarm_chances

SPREAD = Moments.of([-3.0, -1.0, 0.0, 1.0, 2.5, -2.0])
EQUAL = Moments.of([-2.0] * 5)


def test_a_bound_on_the_margin_proves_nothing_and_refutes_nothing() -> None:
    bounds = t_bounds(SPREAD, 0.05)
    assert judge_mean(SPREAD, -bounds.lower, 0.05, smallest=2).finding == "open"
    assert judge_mean(SPREAD, -bounds.upper, 0.05, smallest=2).finding == "open"


def test_a_bound_below_the_margin_refutes() -> None:
    low = Moments.of([value - 50 for value in (-3.0, -1.0, 0.0, 1.0, 2.5, -2.0)])
    assert judge_mean(low, 2, 0.05, smallest=2).finding == "refuted"


def test_the_method_is_named() -> None:
    methods = [judge_mean(SPREAD, 2, 0.05, smallest=2, skewed=skewed).method for skewed in (False, True)]
    assert methods == ["t", "t and ABC"]


def test_too_few_differences_have_no_bounds() -> None:
    found = judge_mean(SPREAD, 2, 0.05, smallest=7)
    assert (found.finding, found.method) == ("open", "t")
    assert (found.bounds.lower, found.bounds.upper) == (float("-inf"), float("inf"))


def test_five_equal_losses_refute_at_five_percent_and_not_at_the_chance_itself() -> None:
    assert judge_mean(EQUAL, 2, 0.05, smallest=2).finding == "refuted"
    assert judge_mean(EQUAL, 2, 1 / 32, smallest=2).finding == "open"


def test_equal_pairs_prove_a_share_of_exceptions_only_below_the_bound() -> None:
    even, bound = Moments.of([0.0] * 60), upper_bound(0, 60, 0.05)
    assert judge_mean(even, 2, 0.05, smallest=2, exception_share=bound).finding == "open"
    assert judge_mean(even, 2, 0.05, smallest=2, exception_share=bound + 1e-9).finding == "proven"


def test_the_chance_of_an_alarm_at_the_first_call_is_that_of_its_failure() -> None:
    """One failure in one call multiplies the evidence by more than ten: enough for an alarm at one in ten."""
    assert next(alarm_chances(0.3, 1, 0.01, 0.1)) == pytest.approx(0.3)


def test_a_rate_that_only_equals_its_bound_is_neither_proven_nor_refuted() -> None:
    low, high = lower_bound(3, 100, 0.05), upper_bound(3, 100, 0.05)
    assert judge_rate(3, 100, high, 0.05) == ("open", low, high)
    assert judge_rate(3, 100, low, 0.05) == ("open", low, high)
    assert judge_rate(3, 100, high + 1e-9, 0.05) == ("proven", low, high)
    assert judge_rate(3, 100, low - 1e-9, 0.05) == ("refuted", low, high)


def test_bounds_of_a_rate_are_the_published_ones() -> None:
    """Clopper and Pearson's, 95 % two-sided, for 3 failures in 20: 3.21 % and 37.89 %."""
    assert (lower_bound(3, 20, 0.025), upper_bound(3, 20, 0.025)) == pytest.approx((0.0321, 0.3789), abs=5e-5)


def test_a_gate_that_watches_nothing_has_no_reading_and_can_be_judged() -> None:
    """None can be started any more; one that was has to be followed to its end."""
    found = verdict(pairs(20), gate(Policy(watched=())))
    assert (found.state, found.harm) == ("inconclusive", ())


def test_a_placeholder_is_a_rate_unless_the_policy_tolerates_none() -> None:
    seen = broken(pairs(20), 1, placeholders=1)
    strict = gate(Policy(invariants="zero"))
    assert (verdict(seen, gate()).alarms, len(verdict(seen, strict).alarms)) == ((), 1)


def test_after_promotion_only_what_needs_no_other_arm_is_watched() -> None:
    def watched(promoted: bool) -> list[str]:
        found = verdict(pairs(20), circumstances=Circumstances(now=WINDOW.end, promoted=promoted))
        return [reading.metric for reading in found.harm if reading.role == "stage-2"]

    assert (watched(False), watched(True)) == (["failures", "worse", "slower"], ["failures", "poor"])


def test_the_changed_role_gets_its_share_of_the_budget() -> None:
    found = verdict(pairs(20), gate(Policy(watched=("failures",), harm_alpha=0.05, changed_share=0.6))).harm
    assert [reading.log_threshold for reading in found[:2]] == pytest.approx([-log(0.03), -log(0.02 / 12)])


def test_a_gate_that_fails_lacks_nothing() -> None:
    found = verdict(failing(15, of=30))
    assert (found.state, found.missing, found.remedies, found.cheapest) == ("fail", (), (), "")


def test_while_the_window_runs_nobody_is_told_to_do_anything() -> None:
    found = verdict(pairs(400), gate(ONLY_FAILURES), DURING)
    assert (found.act, len(found.remedies), found.cheapest) == ("wait", 1, "")


def test_when_the_window_is_over_nothing_is_so_far() -> None:
    found = verdict(pairs(400), gate(ONLY_FAILURES))
    assert found.sentence == "Inconclusive: 0 of 1 requirement proven. Stage 2: 73 more calls without a failure."


def test_poor_answers_are_counted_about_different_inputs() -> None:
    """Three low scores and two failures in thirty; then everything asked twice, which is worth no more."""
    plan = gate(Policy(demands=("good_share",), watched=("poor",)))
    once = broken(broken(pairs(30), 5, score=10.0), 2, failed=True, score=None)
    twice = [
        made.model_copy(update={"run_id": f"{made.run_id}-{time}", "input_id": made.pair_id, "pair_id": f"{made.pair_id}-{time}"})
        for time in (1, 2)
        for made in once
    ]  # fmt: skip
    for calls, counted in ((once, "5 calls of 30"), (twice, "5 calls of 30")):
        (reading,) = (one for one in verdict(calls, plan).harm if one.role == "stage-2")
        assert reading.log_e == pytest.approx(log_e(5, 30, 1 - Policy().good_share))
        assert reading.sentence.startswith(f"Stage 2: {counted} failed or below a score of 95 (agreed: 5 %); ")
