"""Ratios of typical and of slow calls, for the report; the verdict itself is `ratios.judge_ratio` on all pairs."""

from collections.abc import Callable, Sequence
from math import ceil
from random import Random
from statistics import median
from typing import NamedTuple

Pair = tuple[float, float]
"""Seconds of the incumbent and of the candidate on the same input, neither of them a cold call."""


class RatioEstimate(NamedTuple):
    ratio: float
    lower: float
    upper: float


def ratio_of_medians(pairs: Sequence[Pair], alpha: float, chance: Random, resamples: int = 1000) -> RatioEstimate:
    """Median latency of the candidate over that of the incumbent, with one-sided percentile bounds at `alpha`."""
    return _bootstrap(pairs, median, alpha, chance, resamples)


def ratio_of_p95(pairs: Sequence[Pair], alpha: float, chance: Random, resamples: int = 1000) -> RatioEstimate:
    """The same for the 95th percentile: what the slowest twentieth of users sees."""
    return _bootstrap(pairs, p95, alpha, chance, resamples)


def p95(seconds: Sequence[float]) -> float:
    """The smallest value that at least 95 % of the values do not exceed."""
    return sorted(seconds)[ceil(0.95 * len(seconds)) - 1]


def _bootstrap(
    pairs: Sequence[Pair], statistic: Callable[[list[float]], float], alpha: float, chance: Random, resamples: int
) -> RatioEstimate:
    """Whole pairs are drawn, so that a hard input stays hard for both arms."""

    def ratio(sample: Sequence[Pair]) -> float:
        return statistic([candidate for _, candidate in sample]) / statistic([incumbent for incumbent, _ in sample])

    ratios = sorted(ratio(chance.choices(pairs, k=len(pairs))) for _ in range(resamples))
    return RatioEstimate(ratio(pairs), ratios[int(alpha * resamples)], ratios[ceil((1 - alpha) * resamples) - 1])
