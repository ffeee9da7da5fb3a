"""Whole gates, simulated: how often a sound candidate is rolled back, and how soon a bad one is.

Alarms are walls that counts run into, so a gate of thirteen stages is a few cumulative sums; the walls come from the code under
test. Seeds are fixed and the acceptance is exact: the 95 % Clopper-Pearson bound of the simulated rate, not the rate itself.
"""

from functools import cache
from math import log
from statistics import median

import numpy as np
import numpy.typing as npt
import pytest

from tasks.judging.families import divide_alpha
from tasks.judging.harm import log_e
from tasks.judging.rates import upper_bound
from tasks.judging.shares import log_e_share
from tests.judging.given import STAGES, gate, pairs, verdict
from tests.judging.references import alarm_chances

LIMIT, GATES, METRICS = 0.01, 2000, 3
EVEN = 0.05 / (13 * METRICS)
Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]


@cache
def failure_wall(calls: int, alpha: float) -> Counts:
    """Fewest failures that raise the alarm, for 0, 1, ... calls."""
    wall, walls = 0, []
    for n in range(calls + 1):
        while log_e(wall, n, LIMIT) < -log(alpha):
            wall += 1
        walls.append(wall)
    return np.array(walls)


@cache
def share_wall(others: int, share: float, alpha: float) -> Counts:
    """Fewest candidate events that raise the alarm, beside 0, 1, ... other events."""
    wall, walls = 0, []
    for other in range(others + 1):
        while log_e_share(wall, other, share) < -log(alpha):
            wall += 1
        walls.append(wall)
    return np.array(walls)


def first_failure_alarm(failed: Flags, alpha: float) -> npt.NDArray[np.float64]:
    """Per row: the call at which the alarm sounds; infinite if it never does."""
    calls = failed.shape[-1]
    return _first(failed.cumsum(-1) >= failure_wall(calls, alpha)[1:])


def first_share_alarm(candidate: Flags, other: Flags, alpha: float, share: float = 0.5) -> npt.NDArray[np.float64]:
    walls = share_wall(candidate.shape[-1], share, alpha)
    return _first(candidate.cumsum(-1) >= walls[other.cumsum(-1)])


def _first(alarm: Flags) -> npt.NDArray[np.float64]:
    return np.where(alarm.any(-1), alarm.argmax(-1) + 1, np.inf)


def false_rollbacks(calls: int, alphas: list[float], seed: int) -> int:
    """Gates of thirteen sound stages rolled back, each metric at the edge of what it allows.

    Calls fail at exactly 1 %; every tenth pair differs, as often for the worse as for the better; half of the pairs are slower.
    """
    random = np.random.default_rng(seed)
    rolled_back = np.zeros(GATES, dtype=bool)
    for alpha in alphas:
        failed, differs, slower, coin = (random.random((GATES, calls)) for _ in range(4))
        slow = slower < 0.5
        rolled_back |= np.isfinite(first_failure_alarm(failed < LIMIT, alpha))
        rolled_back |= np.isfinite(
            first_share_alarm((differs < 0.1) & (coin < 0.5), (differs < 0.1) & (coin >= 0.5), alpha)
        )
        rolled_back |= np.isfinite(first_share_alarm(slow, ~slow, alpha))
    return int(rolled_back.sum())


@pytest.mark.parametrize("calls", [24, 72, 312])
@pytest.mark.parametrize("changed", [13, 3])
def test_a_sound_gate_of_thirteen_stages_is_rolled_back_in_at_most_five_percent(calls: int, changed: int) -> None:
    alphas = list(divide_alpha(0.05, STAGES[:changed], STAGES[changed:], METRICS).values())
    assert upper_bound(false_rollbacks(calls, alphas, seed=11), GATES, 0.05) <= 0.05


def test_a_sound_canary_is_alarmed_on_more_rarely_than_promised() -> None:
    for share in (0.5, 0.1):
        mine = np.random.default_rng(12).random((2000, 400)) < share
        alarms = int(np.isfinite(first_share_alarm(mine, ~mine, 0.05, share)).sum())
        assert upper_bound(alarms, 2000, 0.05) < 0.05


@pytest.mark.parametrize(("alpha", "within"), [(EVEN, 3), (0.04 / 9, 3), (0.01 / 30, 3)])
def test_a_dead_stage_is_found_within_three_calls(alpha: float, within: int) -> None:
    assert first_failure_alarm(np.ones((1, 10), dtype=bool), alpha)[0] <= within


@pytest.mark.parametrize("alpha", [EVEN, 0.04 / 9])
def test_twenty_percent_errors_are_found_within_25_calls(alpha: float) -> None:
    failed = np.random.default_rng(13).random((2000, 312)) < 0.20
    found = first_failure_alarm(failed, alpha)
    assert median(found) <= 25
    # The simulation and the exact walk are two ways to the same number.
    exact = list(alarm_chances(0.20, 72, LIMIT, alpha))
    assert (found <= 72).mean() == pytest.approx(exact[-1], abs=0.005)
    assert (found <= 20).mean() == pytest.approx(exact[19], abs=0.04)


def test_eighty_percent_slower_pairs_are_found_within_40() -> None:
    slow = np.random.default_rng(14).random((2000, 312)) < 0.80
    assert median(first_share_alarm(slow, ~slow, EVEN)) <= 40


def test_the_verdict_itself_finds_a_dead_stage_at_the_third_call() -> None:
    plan = gate(changed=STAGES)
    found = [verdict(pairs(480, failed=True, score=None)[: 2 * calls], plan).act for calls in (1, 2, 3)]
    assert found == ["hold", "hold", "roll_back"]
