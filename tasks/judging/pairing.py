"""From pairs of answers to what they say: one difference for every different input, however often it was asked.

The unit is the input (Miller, arXiv 2411.00640): forty answers to one brief tell how the models do on that brief, and
nothing about other briefs. Repeats of an input are averaged; the harm watch, which may look at any time, counts each
input as it was the first time, so that what it has counted never changes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

from tasks.judging.cost import CostPairs
from tasks.judging.evidence import PairTally
from tasks.judging.moments import Moments
from tasks.judging.policy import Policy
from tasks.judging.ratios import log_ratio


class Side(NamedTuple):
    """What one arm answered to one input at one time."""

    answered: bool
    score: float | None
    seconds: float | None
    cost: float | None


class Pair(NamedTuple):
    """Both arms on one input at one time."""

    input_id: str
    incumbent: Side
    candidate: Side


def tally_pairs(pairs: Iterable[Pair], policy: Policy) -> PairTally:
    """The pairs of one role, in the order they were asked."""
    by_input: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_input[pair.input_id].append(pair)
    answered = [
        [p for p in of_input if p.incumbent.answered and p.candidate.answered] for of_input in by_input.values()
    ]
    complete = [of_input for of_input in answered if of_input]
    scores = [found for found in map(_scores, complete) if found]
    logs = [found for found in map(_logs, complete) if found]
    good = [(a >= policy.good_score, b >= policy.good_score) for (a, b), *_ in scores]
    slow = log_ratio(1.0, policy.latency_limit)
    return PairTally(
        pairs=len(by_input),
        incomplete=len(by_input) - len(complete),
        scores=Moments.of(_mean([b - a for a, b in of_input]) for of_input in scores),
        worse=good.count((True, False)),
        better=good.count((False, True)),
        seconds=Moments.of(map(_mean, logs)),
        slower=sum(of_input[0] > slow for of_input in logs),
        costs=CostPairs.of(map(_costs, complete)),
    )


def mean(values: Sequence[float]) -> float | None:
    return _mean(values) if values else None


def _mean(values: Sequence[float]) -> float:
    return values[0] if len(values) == 1 else fmean(values)  # one, nearly always; and much faster


def mean_known(values: Sequence[float | None]) -> float | None:
    """The mean; None if one value is unknown or there is none, since what is unknown is never taken as free."""
    known = [value for value in values if value is not None]
    return mean(known) if len(known) == len(values) else None


def _scores(pairs: Sequence[Pair]) -> list[tuple[float, float]]:
    both = [(pair.incumbent.score, pair.candidate.score) for pair in pairs]
    return [(a, b) for a, b in both if a is not None and b is not None]


def _logs(pairs: Sequence[Pair]) -> list[float]:
    both = [(pair.incumbent.seconds, pair.candidate.seconds) for pair in pairs]
    return [log_ratio(a, b) for a, b in both if a and b]


def _costs(pairs: Sequence[Pair]) -> tuple[float | None, float | None]:
    return mean_known([pair.incumbent.cost for pair in pairs]), mean_known([pair.candidate.cost for pair in pairs])
