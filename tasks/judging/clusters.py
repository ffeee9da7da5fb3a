"""Calls of one run resemble each other: what many calls from few runs are worth.

Pooling 24 runs of 13 stages into "312 calls" proves far less than 312 independent calls would (Miller, arXiv 2411.00640).
"""

from collections.abc import Sequence

Group = Sequence[float]


def design_effect(size: float, icc: float) -> float:
    """`1 + (m - 1) * icc` (Kish 1965): how many clustered calls carry the information of one independent call."""
    return 1 + (size - 1) * icc


def effective(count: float, calls: int, runs: int, icc: float) -> float:
    """`count` of the `calls` made in `runs` runs, as the number of independent calls it is worth."""
    return count / design_effect(calls / runs, icc) if runs else 0.0


def intraclass_correlation(groups: Sequence[Group]) -> float:
    """ICC(1) by one-way analysis of variance, from the values (0/1 or scores) of each run; within [0, 1].

    1 when it cannot be estimated (fewer than two runs, or no run with two calls): then only runs count.
    """
    groups = [group for group in groups if group]
    total = sum(len(group) for group in groups)
    if len(groups) < 2 or total == len(groups):
        return 1.0
    means = [sum(group) / len(group) for group in groups]
    grand = sum(sum(group) for group in groups) / total
    between = sum(len(group) * (mean - grand) ** 2 for group, mean in zip(groups, means, strict=True))
    within = sum((value - mean) ** 2 for group, mean in zip(groups, means, strict=True) for value in group)
    typical = (total - sum(len(group) ** 2 for group in groups) / total) / (len(groups) - 1)
    between, within = between / (len(groups) - 1), within / (total - len(groups))
    spread = between + (typical - 1) * within
    # Without any spread (no failure at all) nothing can be learned about how failures cluster.
    return min(1.0, max(0.0, (between - within) / spread)) if spread else 1.0
