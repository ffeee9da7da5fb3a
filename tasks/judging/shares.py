"""Do the bad events fall on the candidate more often than its share of exposure explains?

Conditional on an event (an error, a pair whose verdicts differ, a slower pair), it belongs to the candidate with probability
`s` when both arms are alike; that takes the daily traffic curve out of the comparison. With a uniform prior on (s, 1)

    E = integral from s to 1 of (t/s)^a ((1-t)/(1-s))^b dt / (1-s)

is an e-process: alarm at `E >= 1/alpha`, at any time. The integral is an incomplete beta function, taken in closed form.
"""

from math import log, log1p

from tasks.judging.distributions import binomial_cdf, log_beta, log_beta_sf


def log_e_share(candidate: float, other: float, share: float = 0.5) -> float:
    """ln E for `candidate` events on the candidate's side and `other` events elsewhere; pairs have share 1/2."""
    a, b = candidate, other
    integral = log_beta(a + 1, b + 1) + log_beta_sf(share, a + 1, b + 1)
    return integral - a * log(share) - b * log1p(-share) - log1p(-share)


def log_e_assignment(candidate: int, other: int, weight: float) -> float:
    """ln E against "calls are assigned with probability `weight`", in both directions.

    The sample ratio check: a router that does not do what it was told makes every comparison of arms worthless.
    """
    return log_beta(candidate + 1, other + 1) - candidate * log(weight) - other * log1p(-weight)


def mcnemar(worse: int, better: int) -> float:
    """Exact one-sided p-value of McNemar's test (1947): so many worse among the pairs that differ, if both were alike."""
    return 1.0 if worse == 0 else 1 - binomial_cdf(worse - 1, worse + better, 0.5)
