"""Number, mean and central moments of a series: all that the paired tests need, whatever the length of the series."""

from collections.abc import Iterable
from math import fsum, sqrt
from typing import Self

from pydantic import Field

from tasks.judging.values import Value


class Moments(Value):
    """Sufficient statistics of paired differences; can be computed in memory or by one SQL query of sums."""

    n: int = Field(default=0, ge=0)
    mean: float = 0.0
    m2: float = Field(default=0.0, ge=0)
    """Sum of squared deviations from the mean."""
    m3: float = 0.0
    """Sum of cubed deviations from the mean; the skewness corrects the second opinion on a mean."""

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Two passes and exact sums: a large offset costs no digits, and the order of the values changes none."""
        series = list(values)
        if not series:
            return cls()
        mean = fsum(series) / len(series)
        deviations = [value - mean for value in series]
        m2, m3 = fsum(d * d for d in deviations), fsum(d * d * d for d in deviations)
        return cls(n=len(series), mean=mean, m2=m2, m3=m3)

    @classmethod
    def from_sums(cls, n: int, total: float, squares: float, cubes: float) -> Self:
        """From `COUNT(*), SUM(d), SUM(d*d), SUM(d*d*d)`.

        Loses digits when the mean is large against the spread; paired differences and log ratios lie around zero.
        """
        if n == 0:
            return cls()
        mean = total / n
        m2 = max(0.0, squares - n * mean**2)
        return cls(n=n, mean=mean, m2=m2, m3=cubes - 3 * mean * squares + 2 * n * mean**3)

    @property
    def sd(self) -> float:
        """Standard deviation with n - 1; 0 for fewer than two values."""
        return sqrt(self.m2 / (self.n - 1)) if self.n > 1 else 0.0

    @property
    def constant(self) -> bool:
        """Whether all values are equal up to rounding, so that their spread says nothing about the next value."""
        return self.sd <= 1e-9 * max(1.0, abs(self.mean))

    def negated(self) -> "Moments":
        """The same series with the opposite sign: turns "less is better" into "more is better"."""
        return Moments(n=self.n, mean=-self.mean, m2=self.m2, m3=-self.m3)
