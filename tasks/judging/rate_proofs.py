"""Proof sentences for what is counted: failures, placeholders, echoes, bad scores, wrong fields."""

from math import ceil
from typing import NamedTuple

from tasks.judging.clusters import effective
from tasks.judging.evidence import ArmTally, FieldTally
from tasks.judging.policy import Demand
from tasks.judging.rates import RateFinding, calls_needed, judge_rate
from tasks.judging.requirements import Proof, Requirement
from tasks.judging.wording import amount, many, percent, percent_above, percent_below


class Words(NamedTuple):
    one: str
    several: str
    rate: str
    clean: str
    """How a call is that adds to the proof."""
    unit: str = "call"


WORDS: dict[Demand, Words] = {
    "failures": Words("failure", "failures", "the failure rate", "without a failure"),
    "placeholders": Words(
        "call that failed or left placeholders",
        "calls that failed or left placeholders",
        "the rate of such calls",
        "without placeholders",
    ),
    "echoes": Words(
        "call that failed or repeated the prompt",
        "calls that failed or repeated the prompt",
        "the rate of such calls",
        "that do not repeat the prompt",
    ),
    "good_share": Words(
        "call that failed or scored too low",
        "calls that failed or scored too low",
        "the share of such calls",
        "with a good score",
    ),
    "field": Words("wrong value", "wrong values", "the error rate", "with the right value", "transcript"),
}


def count(requirement: Requirement, tally: ArmTally) -> tuple[int, int]:
    """Bad calls and calls. A failed call is bad wherever an answer was due, never left out."""
    match requirement.demand:
        case "placeholders":
            return tally.placeholders + tally.failures, tally.calls
        case "echoes":
            return tally.echoes + tally.failures, tally.calls
        case "good_share":
            return tally.scored - tally.good + tally.failures, tally.scored + tally.failures
        case "field":
            seen = tally.fields.get(requirement.field or "") or FieldTally(checked=0, wrong=0)
            return seen.wrong + tally.failures, seen.checked + tally.failures
        case _:
            return tally.failures, tally.calls


def prove_rate(requirement: Requirement, tally: ArmTally, icc: float, label: str) -> Proof:
    """Exact bounds on the counts, as worth of independent calls; before the plan's calls are made it stays open."""
    counts = count(requirement, tally)
    bad, total = (effective(number, tally.calls, tally.runs, icc) for number in counts)
    found = judge_rate(bad, total, requirement.limit, requirement.alpha)
    if total < requirement.needed:
        found = found._replace(finding="open")
    more = _more(requirement, found, bad, total)
    return Proof(
        requirement=requirement,
        finding=found.finding,
        sentence=f"{_subject(requirement, label)}: {_sentence(requirement, counts, found, total)}",
        n=total,
        estimate=bad / total if total else None,
        lower=found.lower,
        upper=found.upper,
        more=more,
        advice=f"{_subject(requirement, label)}: {_advice(requirement, more)}" if found.finding == "open" else "",
    )


def _more(requirement: Requirement, found: RateFinding, bad: float, total: float) -> int | None:
    """Further calls without a further failure; None when more of the same would only confirm the failure."""
    if found.finding != "open" or (total and bad / total >= requirement.limit and total >= requirement.needed):
        return None
    # Far from the limit the failures seen so far decide how many calls it takes; near none, the plan does.
    needed = calls_needed(requirement.limit, ceil(bad), requirement.alpha)
    return ceil(max(needed, requirement.needed) - total)


def _subject(requirement: Requirement, label: str) -> str:
    return f"{label}, {requirement.field}" if requirement.field else label


def _sentence(requirement: Requirement, counts: tuple[int, int], found: RateFinding, total: float) -> str:
    words, (bad, calls), limit = WORDS[requirement.demand], counts, requirement.limit
    if not calls:
        return f"not one {words.unit} was seen, and no data is never a proof."
    worth = "" if total == calls else f", worth {amount(total)} independent ones"
    seen = f"{many(bad, words.one, words.several)} in {many(calls, words.unit)}{worth}; {words.rate} is"
    sure = f"with {percent(1 - requirement.alpha)} confidence"
    if found.finding == "refuted":
        return f"{seen} above {percent_above(found.lower, limit)} {sure}, the limit is {percent(limit)}."
    bound = f"{seen} below {percent_below(found.upper, limit)} {sure}"
    if found.finding == "proven":
        return f"{bound}, the limit is {percent(limit)}."
    if total < requirement.needed:
        return f"{bound}, the limit is {percent(limit)}; the plan is {many(requirement.needed, words.unit)}."
    return f"{bound}, which does not prove the limit of {percent(limit)}."


def _advice(requirement: Requirement, more: int | None) -> str:
    words = WORDS[requirement.demand]
    if more is None:
        return f"{words.rate} is not below the limit so far; more calls would not prove it, a better model would."
    return f"{many(more, f'more {words.unit}')} {words.clean}."
