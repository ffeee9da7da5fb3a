"""Exact bounds of a failure rate, and the plans made from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tasks.judging.rates import (
    RatePlan,
    calls_needed,
    judge_rate,
    lower_bound,
    pass_probability,
    upper_bound,
)

PLANS_FOR_ONE_PERCENT = [RatePlan(299, 0), RatePlan(473, 1), RatePlan(628, 2), RatePlan(773, 3), RatePlan(1049, 5)]
COUNTS = st.integers(min_value=1, max_value=3000).flatmap(
    lambda n: st.tuples(st.integers(min_value=0, max_value=n), st.just(n))
)


@pytest.mark.parametrize(
    ("limit", "calls"),
    [
        (0.01, [299, 473, 628, 773, 913, 1049]),
        (0.02, [149, 236, 313, 386]),
        (0.03, [99, 157, 208, 257]),
        (0.05, [59, 93, 124, 153]),
        (0.10, [29, 46, 61, 76]),
        (0.12, [24, 38, 51, 63]),
    ],
)
def test_calls_needed_at_95_percent_by_failures_seen(limit: float, calls: list[int]) -> None:
    assert [calls_needed(limit, allowed, 0.05) for allowed in range(len(calls))] == calls


@pytest.mark.parametrize(("limit", "calls"), [(0.01, [459, 662, 838, 1001]), (0.02, [228]), (0.05, [90]), (0.10, [44])])
def test_calls_needed_at_99_percent(limit: float, calls: list[int]) -> None:
    assert [calls_needed(limit, allowed, 0.01) for allowed in range(len(calls))] == calls


def test_one_call_suffices_only_for_a_limit_that_hardly_is_one() -> None:
    assert calls_needed(0.96, 0, 0.05) == 1


@pytest.mark.parametrize(
    ("calls", "percent"),
    [
        *[(1, 95.0), (5, 45.1), (10, 25.9), (13, 20.6), (24, 11.7), (30, 9.5)],
        *[(39, 7.4), (72, 4.1), (100, 3.0), (150, 2.0), (299, 1.0), (1000, 0.3)],
    ],
)
def test_what_clean_calls_prove(calls: int, percent: float) -> None:
    assert 100 * upper_bound(0, calls, 0.05) == pytest.approx(percent, abs=0.051)
    assert upper_bound(0, calls, 0.05) == pytest.approx(1 - 0.05 ** (1 / calls), rel=1e-9)


@pytest.mark.parametrize(
    ("rate", "chances"),
    [
        (0.001, [0.74, 0.92, 0.97, 0.99, 0.999]),
        (0.002, [0.55, 0.76, 0.87, 0.93, 0.98]),
        (0.005, [0.22, 0.32, 0.39, 0.46, 0.57]),
    ],
)
def test_chance_to_pass_a_plan(rate: float, chances: list[float]) -> None:
    assert [pass_probability(plan, rate) for plan in PLANS_FOR_ONE_PERCENT] == pytest.approx(chances, abs=0.006)


def test_all_fields_right_in_thirty_checks_prove_ninety_percent_and_one_wrong_does_not() -> None:
    assert 1 - upper_bound(0, 15, 0.05) == pytest.approx(0.819, abs=5e-4)
    assert 1 - upper_bound(0, 30, 0.05) == pytest.approx(0.905, abs=5e-4)
    assert 1 - upper_bound(1, 30, 0.05) == pytest.approx(0.851, abs=5e-4)


def test_default_plan_allows_one_failure() -> None:
    assert calls_needed(0.01, 1, 0.05) == 473


@pytest.mark.parametrize(
    ("failures", "calls", "finding"),
    [
        *[(0, 298, "open"), (0, 299, "proven"), (1, 472, "open"), (1, 473, "proven"), (2, 473, "open")],
        *[(9, 473, "open"), (10, 473, "refuted"), (0, 0, "open"), (1, 1, "refuted")],
    ],
)
def test_finding_at_a_limit_of_one_percent(failures: int, calls: int, finding: str) -> None:
    assert judge_rate(failures, calls, 0.01, 0.05).finding == finding


def test_without_calls_nothing_is_known() -> None:
    assert (lower_bound(0, 0, 0.05), upper_bound(0, 0, 0.05)) == (0.0, 1.0)


@given(COUNTS)
def test_bounds_agree_with_scipy_and_enclose_the_observed_rate(counts: tuple[int, int]) -> None:
    k, n = counts
    exact = stats.binomtest(k, n).proportion_ci(0.90, method="exact")
    assert lower_bound(k, n, 0.05) == pytest.approx(exact.low, rel=1e-8, abs=1e-12)
    assert upper_bound(k, n, 0.05) == pytest.approx(exact.high, rel=1e-8)
    assert lower_bound(k, n, 0.05) <= k / n < upper_bound(k, n, 0.05) or k == n


@given(COUNTS)
def test_upper_bound_grows_with_failures_and_falls_with_calls(counts: tuple[int, int]) -> None:
    k, n = counts
    assert upper_bound(k, n + 1, 0.05) < upper_bound(k, n, 0.05) <= 1
    assert upper_bound(k, n, 0.05) <= upper_bound(min(n, k + 1), n, 0.05)


@given(limit=st.floats(min_value=0.005, max_value=0.5), allowed=st.integers(min_value=0, max_value=10))
def test_a_plan_is_the_smallest_that_proves(limit: float, allowed: int) -> None:
    calls = calls_needed(limit, allowed, 0.05)
    assert judge_rate(allowed, calls, limit, 0.05).finding == "proven"
    assert upper_bound(allowed, calls - 1, 0.05) >= limit
