"""Is a ratio candidate / incumbent below a limit? Judged on logarithms, pair by pair; used for latency and for cost.

The geometric mean of the ratios is `exp(mean(ln candidate - ln incumbent))`. t on logarithms keeps its 95 % from five pairs on
even with heavy tails, where the percentile bootstrap covers only 88-93 % (measured).
"""

from math import exp, log
from typing import NamedTuple

from tasks.judging.moments import Moments
from tasks.judging.pairs import judge_mean
from tasks.judging.rates import Finding


class RatioFinding(NamedTuple):
    finding: Finding
    ratio: float
    """Geometric mean over the pairs; 1 without pairs."""
    lower: float
    upper: float
    method: str


def judge_ratio(logs: Moments, limit: float, alpha: float, *, smallest: int = 5) -> RatioFinding:
    """proven: the ratio is below `limit`; refuted: it is above; from `smallest` pairs on.

    For a claim ("10 % faster": limit 0.90) the same three words answer whether it holds.
    """
    # "Mean log below ln(limit)" is "mean of the negated logs above -ln(limit)".
    found = judge_mean(logs.negated(), log(limit), alpha, smallest=smallest)
    return RatioFinding(
        found.finding, exp(logs.mean), _exp(-found.bounds.upper), _exp(-found.bounds.lower), found.method
    )


def log_ratio(incumbent: float, candidate: float) -> float:
    return log(candidate) - log(incumbent)


def _exp(value: float) -> float:
    return exp(min(value, 700.0))
