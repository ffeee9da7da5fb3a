"""What a number of failures among a number of calls proves about the failure rate: exact, one-sided, from one call on.

Clopper & Pearson (1934). Normal approximations are far too narrow below a few hundred calls (Bowyer et al., arXiv
2503.01747), which is where gates live; counts are therefore never judged by them. The bounds are quantiles of the beta
distribution, so effective (fractional) counts of clustered calls are possible (Korn & Graubard 1998).
"""

from typing import Literal, NamedTuple

from tasks.judging.distributions import beta_quantile, binomial_cdf

Finding = Literal["proven", "refuted", "open"]
"""proven: the data show it; refuted: the data show the opposite; open: neither, which is never a pass."""


class RatePlan(NamedTuple):
    """How many calls are made, and how many of them may fail while the requirement is still proven."""

    calls: int
    allowed: int


class RateFinding(NamedTuple):
    finding: Finding
    lower: float
    """One-sided lower bound of the failure rate."""
    upper: float
    """One-sided upper bound of the failure rate."""


def upper_bound(failures: float, calls: float, alpha: float) -> float:
    """The rate U with P(at most `failures`; calls, U) = alpha; without a failure `1 - alpha ** (1 / calls)`.

    No calls prove nothing: 1.
    """
    return 1.0 if failures >= calls else beta_quantile(1 - alpha, failures + 1, calls - failures)


def lower_bound(failures: float, calls: float, alpha: float) -> float:
    """The rate L with P(at least `failures`; calls, L) = alpha; 0 without a failure."""
    return 0.0 if failures <= 0 else beta_quantile(alpha, failures, calls - failures + 1)


def judge_rate(failures: float, calls: float, limit: float, alpha: float) -> RateFinding:
    """Is the failure rate below `limit`? Valid at the end of a plan of fixed size, not for peeking (see `harm`)."""
    lower, upper = lower_bound(failures, calls, alpha), upper_bound(failures, calls, alpha)
    if upper < limit:
        return RateFinding("proven", lower, upper)
    return RateFinding("refuted" if lower > limit else "open", lower, upper)


def calls_needed(limit: float, allowed: int, alpha: float) -> int:
    """The fewest calls that prove `failure rate < limit` with `allowed` failures among them."""
    high = allowed + 1
    while not _proves(allowed, high, limit, alpha):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _proves(allowed, middle, limit, alpha) else (middle, high)
    return high


def pass_probability(plan: RatePlan, rate: float) -> float:
    """The chance that a model with this true failure rate passes the plan."""
    return binomial_cdf(plan.allowed, plan.calls, rate)


def _proves(failures: int, calls: int, limit: float, alpha: float) -> bool:
    """`upper_bound < limit`, without inverting: the bound is below the limit when the limit makes the data rare."""
    return binomial_cdf(failures, calls, limit) < alpha
