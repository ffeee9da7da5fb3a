"""Means of paired differences: bounds, verdicts, and how many pairs they take."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tasks.judging.moments import Moments
from tasks.judging.pairs import abc_bounds, judge_mean, pairs_needed, t_bounds
from tests.judging.references import bca_bounds

SERIES = st.lists(st.floats(min_value=-100, max_value=100), min_size=3, max_size=60)


def series(n: int, mean: float, sd: float, seed: int = 1) -> list[float]:
    random = Random(seed)
    return [random.gauss(mean, sd) for _ in range(n)]


def judged(values: list[float], margin: float = 2.0, smallest: int = 40) -> str:
    return judge_mean(Moments.of(values), margin, 0.05, smallest=smallest, skewed=True).finding


@pytest.mark.parametrize(("margin", "pairs"), [(2, [39, 155, 619]), (3, [18, 69, 275]), (5, [7, 25, 99])])
def test_pairs_needed_by_spread(margin: float, pairs: list[int]) -> None:
    assert [pairs_needed(sd, margin, 0.05) for sd in (5, 10, 20)] == pairs


@given(SERIES)
def test_moments_agree_with_numpy(values: list[float]) -> None:
    moments = Moments.of(values)
    assert moments.mean == pytest.approx(np.mean(values), abs=1e-9)
    assert moments.sd == pytest.approx(np.std(values, ddof=1), abs=1e-9)
    assert moments.m3 == pytest.approx(np.sum((np.array(values) - np.mean(values)) ** 3), rel=1e-6, abs=1e-6)


@given(SERIES)
def test_sums_of_a_store_give_the_same_moments(values: list[float]) -> None:
    sums = Moments.from_sums(len(values), sum(values), sum(v**2 for v in values), sum(v**3 for v in values))
    direct = Moments.of(values)
    assert (sums.n, sums.mean) == (direct.n, pytest.approx(direct.mean))
    assert (sums.m2, sums.m3) == (pytest.approx(direct.m2, abs=1e-6), pytest.approx(direct.m3, abs=1e-3))


def test_no_values_have_no_moments() -> None:
    assert Moments.of([]) == Moments.from_sums(0, 0, 0, 0) == Moments()
    assert Moments.of([3.0]).sd == 0


def test_t_bounds_agree_with_scipy() -> None:
    values = series(40, -0.5, 5)
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.90)
    assert t_bounds(Moments.of(values), 0.05) == pytest.approx((interval.low, interval.high))


def test_bca_bounds_agree_with_scipy() -> None:
    values = [random**2 for random in series(60, 1, 1.5)]
    ours = bca_bounds(values, 0.05, Random(1), resamples=4000)
    theirs = stats.bootstrap(
        (values,), np.mean, confidence_level=0.90, method="BCa", n_resamples=4000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), rel=0.03)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_abc_bounds_are_bca_bounds_without_resampling(seed: int) -> None:
    values = [random**2 for random in series(60, 1, 1.5, seed)]
    assert abc_bounds(Moments.of(values), 0.05) == pytest.approx(bca_bounds(values, 0.05, Random(seed)), rel=0.05)


def test_skewness_moves_the_second_opinion_towards_the_long_tail() -> None:
    moments = Moments.of([random**4 for random in series(60, 1, 1.5)])
    plain, corrected = t_bounds(moments, 0.05), abc_bounds(moments, 0.05)
    assert corrected.upper - moments.mean > plain.upper - moments.mean


def test_resampling_is_repeatable_and_survives_series_without_spread() -> None:
    values = series(30, 0, 5)
    assert bca_bounds(values, 0.05, Random(7)) == bca_bounds(values, 0.05, Random(7))
    assert bca_bounds([1.5] * 30, 0.05, Random(7)) == (1.5, 1.5)


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        (series(100, 0.0, 5), "proven"),
        (series(100, -10.0, 5), "refuted"),
        (series(100, -2.0, 5), "open"),
        (series(39, 0.0, 1), "open"),
        ([], "open"),
    ],
)
def test_quality_is_judged_against_the_margin(values: list[float], finding: str) -> None:
    assert judged(values) == finding


def test_both_opinions_have_to_agree() -> None:
    values = [0.0] * 58 + [-55.0, -40.0]
    moments = Moments.of(values)
    margin = (-t_bounds(moments, 0.05).lower - abc_bounds(moments, 0.05).lower) / 2
    assert judge_mean(moments, margin, 0.05, smallest=40).finding == "proven"
    assert judge_mean(moments, margin, 0.05, smallest=40, skewed=True).finding == "open"


@pytest.mark.parametrize(
    ("pairs", "difference", "finding"),
    [(58, 0.0, "open"), (59, 0.0, "proven"), (59, -1.9, "proven"), (59, -2.0, "refuted"), (40, -10.0, "refuted")],
)
def test_differences_without_spread_are_counted(pairs: int, difference: float, finding: str) -> None:
    judged = judge_mean(Moments.of([difference] * pairs), 2.0, 0.05, smallest=40, skewed=True)
    assert (judged.finding, judged.method) == (finding, "counting")


def test_too_few_equal_losses_refute_nothing() -> None:
    assert judge_mean(Moments.of([-10.0] * 4), 2.0, 0.05, smallest=4).finding == "open"


@given(SERIES, st.floats(min_value=0.1, max_value=50))
def test_a_wider_margin_never_loses_a_proof(values: list[float], margin: float) -> None:
    moments = Moments.of(values)
    if judge_mean(moments, margin, 0.05, smallest=3).finding == "proven":
        assert judge_mean(moments, 2 * margin, 0.05, smallest=3).finding == "proven"


@given(SERIES)
def test_a_series_and_its_mirror_image_are_judged_alike(values: list[float]) -> None:
    moments = Moments.of(values)
    if not moments.constant:
        lower, upper = abc_bounds(moments, 0.05)
        assert abc_bounds(moments.negated(), 0.05) == pytest.approx((-upper, -lower))


def test_coverage_of_the_proof_on_lumpy_scores() -> None:
    # Scores as stages give them: mostly equal, sometimes 5 or 15 points apart; the candidate is worse by the margin.
    numbers = np.random.default_rng(4).choice([0.0, -5.0, 5.0, -15.0], p=[0.66, 0.2, 0.05, 0.09], size=(1000, 60))
    margin = 0.2 * 5 - 0.05 * 5 + 0.09 * 15
    wrong = sum(judged(list(row), margin) == "proven" for row in numbers)
    assert wrong / 1000 < 0.06


def test_sums_and_the_opposite_sign_keep_every_moment() -> None:
    series = [1.0, 2.0, 4.0, 9.0]
    sums = (sum(value**power for value in series) for power in (1, 2, 3))
    assert Moments.from_sums(4, *sums).model_dump() == pytest.approx(Moments.of(series).model_dump())
    assert Moments.of(series).negated().model_dump() == Moments.of([-value for value in series]).model_dump()
    assert Moments.from_sums(2, 0.2, 0.02, 0.002).m2 == 0.0


def test_abc_bounds_are_those_worked_out_by_hand() -> None:
    """Of -1, -1 and 2: acceleration 6 / (6 * 6^1.5) = 0.0680, error sqrt(6) / 3 = 0.8165."""
    bounds = abc_bounds(Moments.of([-1.0, -1.0, 2.0]), 0.05)
    assert (bounds.lower, bounds.upper) == pytest.approx((-1.0500, 1.7919), abs=2e-4)
