"""What calls of the same run are worth."""

import numpy as np
import pytest

from tasks.judging.clusters import design_effect, effective, intraclass_correlation


@pytest.mark.parametrize(("icc", "worth"), [(0.0, 312), (0.1, 142), (0.3, 68), (0.5, 45), (1.0, 24)])
def test_worth_of_24_runs_of_13_checks(icc: float, worth: int) -> None:
    assert round(effective(312, 312, 24, icc)) == worth


def test_one_call_a_run_is_worth_one_call() -> None:
    assert design_effect(1, 0.7) == 1


def test_nothing_seen_is_worth_nothing() -> None:
    assert effective(0, 0, 0, 1.0) == 0


@pytest.mark.parametrize("icc", [0.1, 0.3, 0.5])
def test_correlation_is_estimated_from_runs(icc: float) -> None:
    random = np.random.default_rng(8)
    shared, own = random.normal(0, icc**0.5, (2000, 1)), random.normal(0, (1 - icc) ** 0.5, (2000, 13))
    assert intraclass_correlation((shared + own).tolist()) == pytest.approx(icc, abs=0.03)


@pytest.mark.parametrize(
    ("groups", "icc"),
    [
        ([[0, 0, 0], [1, 1, 1]], 1.0),
        ([[0, 1], [1, 0]], 0.0),
        ([[0, 0], [0, 0]], 1.0),
        ([[1, 0, 1]], 1.0),
        ([[1], [0], [1]], 1.0),
        ([[], []], 1.0),
    ],
)
def test_correlation_at_its_ends_and_where_it_cannot_be_known(groups: list[list[float]], icc: float) -> None:
    assert intraclass_correlation(groups) == pytest.approx(icc)


def test_correlation_of_runs_of_unequal_size() -> None:
    # By hand: mean squares 41/12 between and 4/3 within, typical size 11/6.
    assert intraclass_correlation([[1, 2, 3], [2, 4], [5]]) == pytest.approx(
        (41 / 12 - 4 / 3) / (41 / 12 + 5 / 6 * 4 / 3)
    )
