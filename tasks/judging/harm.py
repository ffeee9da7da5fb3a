"""Does a stage fail more often than agreed? A test that may be looked at after every call.

The Bernoulli e-process: under "failure rate <= p0" a bet on several higher rates `g` multiplies by `g/p0` at a failure and
by `(1-g)/(1-p0)` at a success. The average of the bets is a supermartingale for every rate up to p0, so by Ville's
inequality (1939) the chance that it *ever* reaches `1/alpha` is at most alpha, whenever and however often one looks.
Repeating a fixed 5 % test every hour instead cries wolf on 8-17 % of days. All in logarithms: fifty dead calls overflow a float.
"""

from math import exp, log

from blocks.errors import ConfigurationError

ALTERNATIVES = (0.02, 0.03, 0.05, 0.10, 0.20, 0.50)
"""Failure rates bet on, with equal weights; those not above the limit are left out."""


def log_e(failures: float, calls: float, limit: float) -> float:
    """ln E after `failures` in `calls`: order does not matter, so two counts are the whole state."""
    return log_mean_exp(
        [failures * log(g / limit) + (calls - failures) * log((1 - g) / (1 - limit)) for g in alternatives_above(limit)]
    )


def alternatives_above(limit: float) -> tuple[float, ...]:
    above = tuple(g for g in ALTERNATIVES if g > limit)
    if not above:
        raise ConfigurationError(
            f"A failure limit of {limit:g} leaves nothing to watch for.",
            means=f"The harm watch bets on failure rates up to {ALTERNATIVES[-1]:g}; the limit has to be below that.",
            do="Set `failure_limit` in the policy to the agreed rate, 0.01 by default.",
        )
    return above


def log_mean_exp(logs: list[float]) -> float:
    """Logarithm of the mean of exponentials; the largest term is taken out first so that none overflows."""
    largest = max(logs)
    return largest + log(sum(exp(value - largest) for value in logs) / len(logs))
