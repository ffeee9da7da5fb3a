"""Calls of one run resemble each other: what many calls from few runs are worth.

Pooling 24 runs of 13 stages into "312 calls" proves far less than 312 independent calls would (Miller, arXiv 2411.00640).
"""


def design_effect(size: float, icc: float) -> float:
    """`1 + (m - 1) * icc` (Kish 1965): how many clustered calls carry the information of one independent call."""
    return 1 + (size - 1) * icc


def effective(count: float, calls: int, runs: int, icc: float) -> float:
    """`count` of the `calls` made in `runs` runs, as the number of independent calls it is worth."""
    return count / design_effect(calls / runs, icc) if runs else 0.0
