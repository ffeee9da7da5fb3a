"""Do bad events fall on the candidate more often than its share explains?"""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from tasks.judging.shares import log_e_assignment, log_e_share, mcnemar
from tests.judging.references import events_to_alarm

EVENTS = st.integers(min_value=0, max_value=300)


@pytest.mark.parametrize(("candidate", "other", "value"), [(7, 0, 3.4618), (10, 1, 3.4318), (6, 0, 2.8983), (0, 0, 0)])
def test_reference_values_for_pairs(candidate: int, other: int, value: float) -> None:
    assert log_e_share(candidate, other) == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize(
    ("share", "at_5_percent", "at_1_percent"),
    [
        (0.50, [7, 10, 12, 18, 27], [9, 13, 15, 22, 32]),
        (0.25, [3, 5, 6, 8, 12], [5, 6, 7, 10, 14]),
        (0.10, [2, 3, 3, 5, 6], [3, 4, 4, 6, 8]),
        (0.05, [2, 2, 3, 3, 5], [2, 3, 3, 4, 5]),
    ],
)
def test_events_that_trip_the_alarm(share: float, at_5_percent: list[int], at_1_percent: list[int]) -> None:
    others = (0, 1, 2, 5, 10)
    assert [events_to_alarm(other, share, 0.05) for other in others] == at_5_percent
    assert [events_to_alarm(other, share, 0.01) for other in others] == at_1_percent


@pytest.mark.parametrize(("candidate", "other", "share"), [(5, 3, 0.5), (4, 20, 0.1), (0, 8, 0.25), (30, 30, 0.5)])
def test_closed_form_agrees_with_the_integral(candidate: int, other: int, share: float) -> None:
    value, _ = integrate.quad(
        lambda t: (t / share) ** candidate * ((1 - t) / (1 - share)) ** other / (1 - share), share, 1
    )
    assert log_e_share(candidate, other, share) == pytest.approx(log(value), rel=1e-8)


@given(events=EVENTS)
def test_symmetric_pairs_are_no_evidence(events: int) -> None:
    assert log_e_share(events, events) <= 1e-9


@given(candidate=EVENTS, other=EVENTS, share=st.floats(min_value=0.02, max_value=0.9))
def test_evidence_grows_with_the_candidates_events_and_falls_with_others(
    candidate: int, other: int, share: float
) -> None:
    here = log_e_share(candidate, other, share)
    assert log_e_share(candidate + 1, other, share) > here > log_e_share(candidate, other + 1, share)


def test_many_better_pairs_do_not_underflow() -> None:
    assert log_e_share(0, 100_000) == pytest.approx(-log(100_001))


@pytest.mark.parametrize(("worse", "better", "p"), [(5, 0, 0.03125), (7, 0, 0.0078125), (0, 0, 1.0), (0, 9, 1.0)])
def test_mcnemar(worse: int, better: int, p: float) -> None:
    assert mcnemar(worse, better) == pytest.approx(p)


@given(worse=EVENTS, better=EVENTS)
def test_mcnemar_agrees_with_scipy(worse: int, better: int) -> None:
    p = stats.binomtest(worse, worse + better, alternative="greater").pvalue if worse + better else 1.0
    assert mcnemar(worse, better) == pytest.approx(p, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("candidate", "other", "alarm"), [(10, 90, False), (14, 86, False), (30, 70, True), (0, 120, True)]
)
def test_a_router_that_does_not_keep_its_weight_is_found_in_both_directions(
    candidate: int, other: int, alarm: bool
) -> None:
    assert (log_e_assignment(candidate, other, 0.10) >= log(1000)) is alarm


def test_evidence_against_a_router_is_the_beta_binomial_over_the_binomial() -> None:
    assert log_e_assignment(1, 1, 0.5) == pytest.approx(log(4 / 6))
    assert log_e_assignment(2, 1, 0.25) == pytest.approx(log(1 / 12 / (0.25**2 * 0.75)))
