"""Proof sentences for what is compared on the same inputs: quality, latency, the claim to be faster, cost."""

from math import isfinite, log
from typing import NamedTuple

from tasks.judging.cost import judge_cost
from tasks.judging.evidence import PairTally
from tasks.judging.moments import Moments
from tasks.judging.pairs import EXCEPTIONS, judge_mean, pairs_needed
from tasks.judging.rates import Finding, calls_needed
from tasks.judging.ratios import judge_ratio
from tasks.judging.requirements import Proof, Requirement
from tasks.judging.wording import at_least, at_most, many, percent, signed


class Compared(NamedTuple):
    finding: Finding
    estimate: float
    lower: float
    upper: float
    method: str
    n: int
    inside: Moments
    """The differences, signed so that more is better."""
    margin: float
    """How far below zero their mean may be."""


def compare(requirement: Requirement, pairs: PairTally) -> Compared:
    """The judgement for each demand; before the plan's pairs are made it stays open."""
    limit, alpha, needed = requirement.limit, requirement.alpha, requirement.needed
    if requirement.demand == "quality":
        mean = judge_mean(pairs.scores, limit, alpha, smallest=needed, skewed=True)
        scores = pairs.scores
        return Compared(mean.finding, scores.mean, *mean.bounds, mean.method, scores.n, scores, limit)
    if requirement.demand == "cost":
        ratio, n, logs = judge_cost(pairs.costs, limit, alpha, smallest=needed), pairs.costs.pairs, pairs.costs.logs
    else:
        ratio, n, logs = judge_ratio(pairs.seconds, limit, alpha, smallest=needed), pairs.seconds.n, pairs.seconds
    return Compared(*ratio, n, logs.negated(), log(limit))


def prove_pairs(requirement: Requirement, pairs: PairTally, label: str, cold: Moments) -> Proof:
    """`cold`: seconds of the candidate's calls that had to load the model; kept out of the ratio and named beside it."""
    compared = compare(requirement, pairs)
    unpriced = requirement.demand == "cost" and pairs.costs.unknown > 0
    more = None if unpriced else _more(requirement, compared)
    return Proof(
        requirement=requirement,
        finding=compared.finding,
        sentence=f"{label}: {_sentence(requirement, compared, pairs)}{_loading(requirement, cold)}",
        n=compared.n,
        estimate=_finite(compared.estimate) if compared.n else None,
        lower=_finite(compared.lower),
        upper=_finite(compared.upper),
        more=more,
        advice=f"{label}: {_advice(requirement, more, unpriced)}" if compared.finding == "open" else "",
    )


def _more(requirement: Requirement, compared: Compared) -> int | None:
    """Further pairs, if their mean and spread stay as they are; None when the mean is beyond the limit."""
    n, distance = compared.n, compared.inside.mean + compared.margin
    if compared.finding != "open":
        return None
    if n < requirement.needed:
        return requirement.needed - n
    if distance <= 0:
        return None
    if compared.inside.constant:
        return calls_needed(EXCEPTIONS, 0, requirement.alpha) - n
    return max(1, pairs_needed(compared.inside.sd, distance, requirement.alpha) - n)


def _sentence(requirement: Requirement, compared: Compared, pairs: PairTally) -> str:
    if not compared.n:
        return f"not one pair of {_measure(requirement)} was seen, and no data is never a proof."
    left_out = f" ({many(pairs.incomplete, 'input')} without both answers left out)" if pairs.incomplete else ""
    return f"on {many(compared.n, 'input')}{left_out} {_observed(requirement, compared, pairs)}"


def _loading(requirement: Requirement, cold: Moments) -> str:
    if requirement.demand != "latency" or not cold.n:
        return ""
    return f" Left out: {many(cold.n, 'call')} that loaded the model first, {cold.mean:.1f} s on average."


def _observed(requirement: Requirement, compared: Compared, pairs: PairTally) -> str:
    if requirement.demand == "cost" and pairs.costs.unknown:
        return f"the cost of {pairs.costs.unknown} is unknown, and an unknown cost is never a pass."
    if requirement.demand == "cost" and pairs.costs.newly_paid:
        return f"the incumbent is free and the candidate is not; the limit is {requirement.limit:.2f} times its cost."
    if requirement.demand == "cost" and pairs.costs.free == compared.n:
        return "the candidate is free."
    if compared.n < requirement.needed:
        return f"{_estimate(requirement, compared)}; the plan is {many(requirement.needed, 'input')}."
    if compared.method == "counting":
        return f"{_estimate(requirement, compared)} each time, so they are counted: {_counted(requirement, compared)}"
    return f"{_estimate(requirement, compared)}; {_bounded(requirement, compared)}"


def _estimate(requirement: Requirement, compared: Compared) -> str:
    match requirement.demand:
        case "quality":
            return f"the candidate scores {signed(compared.estimate)} points against the incumbent"
        case "cost":
            return f"the candidate costs {compared.estimate:.3f} times as much as the incumbent"
        case _:
            return f"the candidate takes {compared.estimate:.3f} times as long as the incumbent"


def _counted(requirement: Requirement, compared: Compared) -> str:
    sure = percent(1 - requirement.alpha)
    match compared.finding:
        case "proven":
            return f"fewer than {percent(EXCEPTIONS)} of inputs go beyond the limit with {sure} confidence."
        case "refuted":
            return f"all of them go beyond the limit, shown with {sure} confidence."
        case _:
            return f"too few to show with {sure} confidence that fewer than {percent(EXCEPTIONS)} go beyond the limit."


def _bounded(requirement: Requirement, compared: Compared) -> str:
    """Bounds and limit in the unit of the requirement, and what follows from them."""
    sure, limit = f"with {percent(1 - requirement.alpha)} confidence", requirement.limit
    refuted = compared.finding == "refuted"
    if requirement.demand == "quality":
        upper, lower = at_most(compared.upper, -limit, 2, "+"), at_least(compared.lower, -limit, 2, "+")
        what = f"at most {upper}" if refuted else f"at least {lower}"
        return f"{sure} it is {what} ({compared.method}), the margin is {signed(-limit)}{_verdict(compared)}"
    upper, lower = at_most(compared.upper, limit, 3), at_least(compared.lower, limit, 3)
    if requirement.demand == "claim":
        claim = f'the claim "{percent(1 - limit)} faster" is {compared.finding}'
        return f"{sure} it is between {lower} and {upper}: {claim}."
    what = f"at least {lower}" if refuted else f"at most {upper}"
    return f"{sure} the ratio is {what}, the limit is {limit:.2f}{_verdict(compared)}"


def _verdict(compared: Compared) -> str:
    return ", which does not prove it." if compared.finding == "open" else "."


def _advice(requirement: Requirement, more: int | None, unpriced: bool) -> str:
    if unpriced:
        return "set the prices in both model blocks; more calls do not help."
    if more is None:
        return f"{_measure(requirement)} is on average beyond the limit; more pairs would not prove it."
    return f"{many(more, 'more input')} through both models for {_measure(requirement)}."


def _measure(requirement: Requirement) -> str:
    return {"quality": "quality", "latency": "latency", "claim": "the claim to be faster", "cost": "cost"}[
        requirement.demand
    ]


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
