"""What calls of the same run are worth."""

import pytest

from tasks.judging.clusters import design_effect, effective


@pytest.mark.parametrize(("icc", "worth"), [(0.0, 312), (0.1, 142), (0.3, 68), (0.5, 45), (1.0, 24)])
def test_worth_of_24_runs_of_13_checks(icc: float, worth: int) -> None:
    assert round(effective(312, 312, 24, icc)) == worth


def test_one_call_a_run_is_worth_one_call() -> None:
    assert design_effect(1, 0.7) == 1


def test_nothing_seen_is_worth_nothing() -> None:
    assert effective(0, 0, 0, 1.0) == 0
