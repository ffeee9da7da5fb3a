"""Is the candidate's mean not worse than the incumbent's by more than a margin, on the same inputs?

The rule is Student's t on paired differences. Because differences of scores are skewed and lumpy, a second opinion with the
skewness in it has to agree: the ABC bound (DiCiccio & Efron 1992), the limit of the BCa bootstrap without resampling, so that
the verdict is the same number on every machine.
"""

from math import sqrt
from typing import NamedTuple

from tasks.judging.distributions import normal_quantile, t_quantile
from tasks.judging.moments import Moments
from tasks.judging.rates import Finding, upper_bound
from tasks.judging.shares import mcnemar

EXCEPTIONS = 0.05
"""Where all differences are equal, the share of pairs that must be proven to be no exception."""


class Bounds(NamedTuple):
    """One-sided bounds of a mean, each at the given alpha."""

    lower: float
    upper: float


class MeanFinding(NamedTuple):
    finding: Finding
    bounds: Bounds
    method: str
    """ "t", "t and ABC", or "counting" where the differences have no spread."""


def t_bounds(differences: Moments, alpha: float) -> Bounds:
    """Student's t with n - 1 degrees of freedom; for at least two differences."""
    reach = t_quantile(1 - alpha, differences.n - 1) * differences.sd / sqrt(differences.n)
    return Bounds(differences.mean - reach, differences.mean + reach)


def abc_bounds(differences: Moments, alpha: float) -> Bounds:
    """ABC bounds of a mean: normal theory corrected for bias and skewness, with acceleration `m3 / (6 m2^1.5)`."""
    acceleration = differences.m3 / (6 * differences.m2 * sqrt(differences.m2))
    error = sqrt(differences.m2) / differences.n

    def at(z: float) -> float:
        w = acceleration + z
        stretch = 1 - acceleration * w
        return differences.mean + error * w / (stretch * stretch)

    return Bounds(at(normal_quantile(alpha)), at(normal_quantile(1 - alpha)))


def judge_mean(
    differences: Moments,
    margin: float,
    alpha: float,
    *,
    smallest: int,
    skewed: bool = False,
    exception_share: float = EXCEPTIONS,
) -> MeanFinding:
    """Is mean(d) above `-margin`? `smallest`: the fewest differences that are judged at all.

    With `skewed` the ABC bound has to agree. Without any spread nothing is proven by an interval of width zero; then the
    pairs are counted: all within the margin proves that fewer than `exception_share` of pairs are not, or fails to.
    """
    if differences.n < smallest:
        return MeanFinding("open", Bounds(float("-inf"), float("inf")), "t")
    if differences.constant:
        return _counted(differences, margin, alpha, exception_share)
    opinions = [t_bounds(differences, alpha)] + ([abc_bounds(differences, alpha)] if skewed else [])
    bounds = Bounds(min(b.lower for b in opinions), max(b.upper for b in opinions))
    method = "t and ABC" if skewed else "t"
    if bounds.lower > -margin:
        return MeanFinding("proven", bounds, method)
    return MeanFinding("refuted" if bounds.upper < -margin else "open", bounds, method)


def pairs_needed(sd: float, distance: float, alpha: float, power: float = 0.8) -> int:
    """Pairs for a proof with the given power when the true mean is `distance` inside the limit."""
    reach = (normal_quantile(1 - alpha) + normal_quantile(power)) * sd / distance
    return int(reach**2) + 1


def _counted(differences: Moments, margin: float, alpha: float, exception_share: float) -> MeanFinding:
    """All differences are equal: either every pair is worse by the margin (McNemar's test decides) or none is."""
    bounds, n = Bounds(differences.mean, differences.mean), differences.n
    if differences.mean <= -margin:
        return MeanFinding("refuted" if mcnemar(n, 0) < alpha else "open", bounds, "counting")
    proven = upper_bound(0, n, alpha) < exception_share
    return MeanFinding("proven" if proven else "open", bounds, "counting")
