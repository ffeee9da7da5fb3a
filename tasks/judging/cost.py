"""Does the candidate cost at most a little more? The log ratio of the pairs, with care for what has no logarithm."""

from collections.abc import Iterable
from typing import Literal, Self

from pydantic import Field

from tasks.judging.moments import Moments
from tasks.judging.ratios import RatioFinding, judge_ratio, log_ratio
from tasks.judging.values import Value

NoRatio = Literal["unknown", "newly_paid", "free"]
Cost = float | None
"""Money for one call; None when a price is unknown."""


class CostPairs(Value):
    """What the pairs say about cost: counts of those without a ratio, and the log ratios of the others."""

    unknown: int = Field(default=0, ge=0)
    """Pairs in which a price is unknown."""
    newly_paid: int = Field(default=0, ge=0)
    """Pairs in which the incumbent is free and the candidate is not: no ratio is large enough."""
    free: int = Field(default=0, ge=0)
    """Pairs in which the candidate is free: not dearer, whatever the incumbent costs."""
    logs: Moments = Moments()
    """ln(candidate) - ln(incumbent) of the pairs in which both cost something."""

    @classmethod
    def of(cls, pairs: Iterable[tuple[Cost, Cost]]) -> Self:
        """From the cost of the incumbent and of the candidate on each input."""
        compared = [compare(incumbent, candidate) for incumbent, candidate in pairs]
        return cls(
            unknown=compared.count("unknown"),
            newly_paid=compared.count("newly_paid"),
            free=compared.count("free"),
            logs=Moments.of(value for value in compared if isinstance(value, float)),
        )

    @property
    def pairs(self) -> int:
        return self.unknown + self.newly_paid + self.free + self.logs.n


def compare(incumbent: Cost, candidate: Cost) -> float | NoRatio:
    """The log ratio of a pair, or why it has none."""
    if incumbent is None or candidate is None:
        return "unknown"
    if candidate == 0:
        return "free"
    return "newly_paid" if incumbent == 0 else log_ratio(incumbent, candidate)


def judge_cost(costs: CostPairs, limit: float, alpha: float, *, smallest: int) -> RatioFinding:
    """proven: the cost ratio is below `limit`. One unknown price leaves it open, however many pairs are known."""
    if costs.newly_paid:
        return RatioFinding("refuted", float("inf"), float("inf"), float("inf"), "counting")
    found = judge_ratio(costs.logs, limit, alpha, smallest=smallest)
    if costs.unknown:
        return found._replace(finding="open")
    if costs.free >= smallest and costs.logs.n == 0:
        return RatioFinding("proven", 0.0, 0.0, 0.0, "counting")
    return found
