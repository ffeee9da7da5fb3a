"""Beta, binomial, Student's t and normal distributions, from the standard library alone.

Everything rests on the regularised incomplete beta function `I_x(a, b)`, evaluated by its continued fraction
(Abramowitz & Stegun 26.5.8) with the modified Lentz method (Lentz 1976; Thompson & Barnett 1986), in logarithms, so that
neither a million calls nor a tail of 1e-300 under- or overflows.
"""

from math import exp, inf, lgamma, log, log1p, sqrt
from statistics import NormalDist

_TINY = 1e-300
_SMALLEST = 5e-324
_STANDARD = NormalDist()


def log_beta(a: float, b: float) -> float:
    """Logarithm of the beta function B(a, b)."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def log_beta_cdf(x: float, a: float, b: float) -> float:
    """ln I_x(a, b): the chance that a Beta(a, b) variable is at most `x`."""
    return _log_tails(x, a, b)[0]


def log_beta_sf(x: float, a: float, b: float) -> float:
    """ln(1 - I_x(a, b)), exact in the far tail where the subtraction would give 0."""
    return _log_tails(x, a, b)[1]


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x with I_x(a, b) = p, for 0 < p < 1: Newton's method inside a bracket that halves when a step leaves it."""
    low, high, x = 0.0, 1.0, a / (a + b)
    scale = log_beta(a, b)
    while True:
        excess = exp(log_beta_cdf(x, a, b)) - p
        low, high = (x, high) if excess < 0 else (low, x)
        # A density that underflows makes the step infinite, which the bracket refuses.
        density = exp((a - 1) * log(x) + (b - 1) * log1p(-x) - scale) or _SMALLEST
        step = x - excess / density
        nearer = step if low < step < high or step == x else (low + high) / 2
        # Newton squares the error, so a step below 1e-10 leaves nothing that a float could show.
        if abs(nearer - x) <= 1e-10 * x:
            return nearer
        x = nearer


def binomial_cdf(k: float, n: float, p: float) -> float:
    """P(X <= k) of a binomial variable; `k` and `n` may be effective (fractional) counts with 0 <= k <= n."""
    return 1.0 if k >= n else exp(log_beta_sf(p, k + 1, n - k))


def t_quantile(p: float, degrees: float) -> float:
    """Quantile of Student's t, through Beta(1/2, degrees/2); that form stays accurate for many degrees of freedom."""
    if p == 0.5:
        return 0.0
    y = beta_quantile(abs(2 * p - 1), 0.5, degrees / 2)
    t = sqrt(degrees * y / (1 - y))
    return t if p > 0.5 else -t


def normal_quantile(p: float) -> float:
    return _STANDARD.inv_cdf(p)


def normal_cdf(z: float) -> float:
    return _STANDARD.cdf(z)


def _log_tails(x: float, a: float, b: float) -> tuple[float, float]:
    """ln I_x(a, b) and ln(1 - I_x(a, b)); the smaller one is computed, the other is its complement."""
    if x <= 0:
        return -inf, 0.0
    if x >= 1:
        return 0.0, -inf
    front = a * log(x) + b * log1p(-x) - log_beta(a, b)
    if x < (a + 1) / (a + b + 2):
        lower = front - log(a) + log(_continued_fraction(x, a, b))
        return lower, log1p(-exp(lower))
    upper = front - log(b) + log(_continued_fraction(1 - x, b, a))
    return log1p(-exp(upper)), upper


def _continued_fraction(x: float, a: float, b: float) -> float:
    """The fraction of A&S 26.5.8; converges in about sqrt(max(a, b)) steps left of the mean, where it is used."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value, m = d, 0
    while abs(c * d - 1) >= 1e-15 or m == 0:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            value *= c * d
    return value


def _away_from_zero(value: float) -> float:
    return value or _TINY
