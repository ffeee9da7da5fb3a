"""The always-valid watch over a failure rate."""

from itertools import pairwise
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.errors import ConfigurationError
from tasks.judging.harm import alternatives_above, log_e
from tests.judging.references import alarm_chances, failures_to_alarm

LIMIT = 0.01


@pytest.mark.parametrize(
    ("failures", "calls", "value"), [(2, 2, 6.2272), (3, 24, 3.9218), (5, 72, 4.3081), (0, 72, -2.0611)]
)
def test_reference_values(failures: int, calls: int, value: float) -> None:
    assert log_e(failures, calls, LIMIT) == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize(("calls", "failures"), [(3, 2), (10, 3), (24, 4), (72, 6), (100, 7), (300, 11)])
def test_failures_that_trip_the_alarm_at_one_percent(calls: int, failures: int) -> None:
    assert failures_to_alarm(calls, LIMIT, 0.01) == failures


def test_one_call_never_trips_a_strict_alarm() -> None:
    assert failures_to_alarm(1, LIMIT, 0.01) is None


@given(failures=st.integers(0, 30), successes=st.integers(0, 500))
def test_evidence_grows_with_failures_and_falls_with_successes(failures: int, successes: int) -> None:
    calls = failures + successes
    assert log_e(failures + 1, calls + 1, LIMIT) > log_e(failures, calls, LIMIT) > log_e(failures, calls + 1, LIMIT)


@given(rate=st.floats(min_value=0, max_value=LIMIT), failures=st.integers(0, 20), successes=st.integers(0, 300))
def test_expected_evidence_never_grows_while_the_limit_is_kept(rate: float, failures: int, successes: int) -> None:
    calls = failures + successes
    after = rate * exp(log_e(failures + 1, calls + 1, LIMIT)) + (1 - rate) * exp(log_e(failures, calls + 1, LIMIT))
    assert after <= exp(log_e(failures, calls, LIMIT)) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("rate", "percents"),
    [
        (0.005, [0.2, 0.0, 0.0, 0.2, 0.0, 0.03]),
        (0.01, [1.2, 0.2, 0.03, 1.8, 0.4, 0.2]),
        (0.05, [44, 28, 20, 97, 93, 89]),
        (0.10, [91, 83, 78, 100, 100, 100]),
        (0.20, [99.98, 99.9, 99.7, 100, 100, 100]),
    ],
)
def test_exact_alarm_chances_agree_with_the_simulated_table(rate: float, percents: list[float]) -> None:
    chances = [
        100 * list(alarm_chances(rate, calls, LIMIT, alpha))[-1]
        for calls in (72, 312)
        for alpha in (0.05, 0.01, 0.05 / 13)
    ]
    # The table was simulated and rounded: a band of one percentage point for the large figures, 0.15 for the small.
    bands = [1.0 if 5 < percent < 99 else 0.15 for percent in percents]
    assert all(abs(c - p) <= band for c, p, band in zip(chances, percents, bands, strict=True))


@pytest.mark.parametrize("rate", [0.0, 0.005, 0.01])
@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.05 / 39])
def test_a_sound_model_is_alarmed_on_more_rarely_than_promised(rate: float, alpha: float) -> None:
    assert list(alarm_chances(rate, 1000, LIMIT, alpha))[-1] < alpha


@pytest.mark.parametrize(("rate", "most"), [(1.0, 2), (0.5, 4), (0.2, 13), (0.1, 36)])
def test_median_calls_to_the_alarm(rate: float, most: int) -> None:
    chances = list(alarm_chances(rate, 312, LIMIT, 0.01))
    assert next(call for call, chance in enumerate(chances, 1) if chance >= 0.5) <= most


def test_chances_of_an_alarm_only_grow() -> None:
    assert all(a <= b + 1e-12 for a, b in pairwise(alarm_chances(0.05, 200, LIMIT, 0.01)))


def test_only_rates_above_the_limit_are_bet_on() -> None:
    assert alternatives_above(0.05) == (0.10, 0.20, 0.50)


def test_a_limit_above_every_bet_is_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigurationError) as refused:
        log_e(0, 1, 0.5)
    assert (refused.value.happened, refused.value.means, refused.value.do) == (
        "A failure limit of 0.5 leaves nothing to watch for.",
        "The harm watch bets on failure rates up to 0.5; the limit has to be below that.",
        "Set `failure_limit` in the policy to the agreed rate, 0.01 by default.",
    )
