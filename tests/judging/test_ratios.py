"""Latency and cost ratios, the claim to be faster, and what has no ratio."""

from math import log
from random import Random

import numpy as np
import pytest

from tasks.judging.cost import CostPairs, judge_cost
from tasks.judging.moments import Moments
from tasks.judging.pairs import pairs_needed
from tasks.judging.ratios import judge_ratio


def logs(ratio: float, n: int = 60, sd: float = 0.25, seed: int = 3) -> Moments:
    """Log ratios with exactly this geometric mean."""
    random = Random(seed)
    noise = [random.gauss(0, sd) for _ in range(n)]
    return Moments.of(log(ratio) + value - sum(noise) / n for value in noise)


@pytest.mark.parametrize(
    ("true", "limit", "pairs"),
    [
        (0.85, 0.90, [43, 119, 303]),
        (0.80, 0.90, [11, 28, 72]),
        (0.85, 1.00, [6, 15, 38]),
        (1.00, 1.10, [16, 43, 109]),
        (1.00, 1.05, [59, 163, 416]),
    ],
)
def test_pairs_needed_for_a_ratio(true: float, limit: float, pairs: list[int]) -> None:
    assert [pairs_needed(sd, log(limit / true), 0.05) for sd in (0.15, 0.25, 0.40)] == pairs


@pytest.mark.parametrize(
    ("ratio", "limit", "finding"),
    [
        *[(1.0, 1.10, "proven"), (1.10, 1.10, "open"), (1.3, 1.10, "refuted")],
        *[(0.80, 0.90, "proven"), (0.88, 0.90, "open"), (1.2, 0.90, "refuted")],
    ],
)
def test_latency_limit_and_claim(ratio: float, limit: float, finding: str) -> None:
    found = judge_ratio(logs(ratio), limit, 0.05)
    assert (found.finding, found.ratio) == (finding, pytest.approx(ratio))
    assert found.lower < ratio < found.upper


def test_too_few_pairs_are_open_with_unlimited_bounds() -> None:
    found = judge_ratio(logs(0.5, n=4), 1.10, 0.05)
    assert found.finding == "open"
    assert found.lower == 0
    assert found.upper > 1e300


def test_five_pairs_are_judged() -> None:
    found = judge_ratio(logs(0.5, n=5, sd=0.05), 1.10, 0.05)
    assert (found.finding, found.method) == ("proven", "t")


def test_t_on_logs_keeps_its_promise_with_heavy_tails() -> None:
    draws = np.random.default_rng(5).standard_t(3, size=(2000, 13)) * 0.2
    covered = sum(judge_ratio(Moments.of(row), 1.0001, 0.05).upper >= 1 for row in draws)
    assert covered / 2000 > 0.94


@pytest.mark.parametrize(("ratio", "finding"), [(1.0, "proven"), (1.2, "refuted"), (1.05, "open")])
def test_cost_is_judged_on_tokens_times_price(ratio: float, finding: str) -> None:
    costs = CostPairs(logs=logs(ratio, sd=0.05))
    assert judge_cost(costs, 1.05, 0.05, smallest=16).finding == finding


@pytest.mark.parametrize(
    ("pairs", "finding"),
    [
        ([(0.01, 0.01)] * 100 + [(0.01, None)], "open"),
        ([(None, 0.01)] * 100, "open"),
        ([(0.01, 0.0)] * 15, "open"),
        ([(0.01, 0.0)] * 16, "proven"),
        ([(0.0, 0.0)] * 16, "proven"),
        ([(0.0, 0.01)], "refuted"),
        ([], "open"),
        ([(0.01, 0.0)] * 16 + [(0.01, 0.01)], "open"),
    ],
)
def test_what_has_no_cost_ratio(pairs: list[tuple[float | None, float | None]], finding: str) -> None:
    costs = CostPairs.of(pairs)
    assert costs.pairs == len(pairs)
    assert judge_cost(costs, 1.05, 0.05, smallest=16).finding == finding


def test_what_has_no_ratio_is_counted() -> None:
    endless = float("inf")
    assert judge_cost(CostPairs(newly_paid=1), 1.05, 0.05, smallest=16) == ("refuted", *[endless] * 3, "counting")
    assert judge_cost(CostPairs(free=16), 1.05, 0.05, smallest=16) == ("proven", 0.0, 0.0, 0.0, "counting")


def test_a_cost_ratio_of_too_few_pairs_is_open() -> None:
    costs = CostPairs(logs=logs(0.5, n=15, sd=0.05))
    assert [judge_cost(costs, 1.05, 0.05, smallest=least).finding for least in (15, 16)] == ["proven", "open"]
