"""Proof sentences for what is counted: failures, placeholders, echoes, bad scores, wrong fields."""

from math import ceil
from typing import NamedTuple

from tasks.judging.clusters import effective
from tasks.judging.evidence import ArmTally, FieldTally
from tasks.judging.policy import Demand
from tasks.judging.rates import RateFinding, calls_needed, judge_rate
from tasks.judging.requirements import Proof, Requirement
from tasks.judging.wording import many, percent, percent_above, percent_below


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


class Count(NamedTuple):
    """What was seen, and the number of independent calls or transcripts it is worth."""

    bad: int
    total: int
    inputs: int
    """Different briefs or transcripts among them."""
    worth_bad: float
    worth: float


def count(requirement: Requirement, tally: ArmTally, icc: float) -> Count:
    """A failed call is bad wherever an answer was due, never left out."""
    match requirement.demand:
        case "field":
            return _count_field(tally.fields.get(requirement.field or ""), tally.failed_inputs)
        case "placeholders":
            bad, total = tally.placeholders + tally.failures, tally.calls
        case "echoes":
            bad, total = tally.echoes + tally.failures, tally.calls
        case "good_share":
            bad, total = tally.scored - tally.good + tally.failures, tally.scored + tally.failures
        case _:
            bad, total = tally.failures, tally.calls
    # Whether a call fails is asked anew each time; how good the answers about one brief are is learned only once.
    clusters = tally.inputs if requirement.distinct else tally.runs
    worth_bad, worth = (effective(number, tally.calls, clusters, icc) for number in (bad, total))
    return Count(bad, total, tally.inputs, worth_bad, worth)


def _count_field(seen: FieldTally | None, failed: int) -> Count:
    """Transcripts, each counted once however often it was read and into however many windows it was cut."""
    if seen is None:
        return Count(failed, failed, failed, failed, failed)
    wrong = seen.wrong * seen.transcripts / seen.checked
    inputs = seen.transcripts + failed
    return Count(seen.wrong + failed, seen.checked + failed, inputs, wrong + failed, inputs)


def prove_rate(requirement: Requirement, tally: ArmTally, icc: float, label: str) -> Proof:
    """Exact bounds on the counts, as worth of independent calls; before the plan's calls are made it stays open."""
    seen = count(requirement, tally, icc)
    bad, total = seen.worth_bad, seen.worth
    found = judge_rate(bad, total, requirement.limit, requirement.alpha)
    if total < requirement.needed:
        found = found._replace(finding="open")
    more = _more(requirement, found, bad, total)
    return Proof(
        requirement=requirement,
        finding=found.finding,
        sentence=f"{_subject(requirement, label)}: {_sentence(requirement, seen, found)}",
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


def _sentence(requirement: Requirement, seen: Count, found: RateFinding) -> str:
    words, limit = WORDS[requirement.demand], requirement.limit
    if not seen.total:
        return f"not one {words.unit} was seen, and no data is never a proof."
    said = f"{many(seen.bad, words.one, words.several)} in {_among(words, seen)}; {words.rate} is"
    sure = f"with {percent(1 - requirement.alpha)} confidence"
    if found.finding == "refuted":
        return f"{said} above {percent_above(found.lower, limit)} {sure}, the limit is {percent(limit)}."
    bound = f"{said} below {percent_below(found.upper, limit)} {sure}"
    if found.finding == "proven":
        return f"{bound}, the limit is {percent(limit)}."
    if seen.worth < requirement.needed:
        return f"{bound}, the limit is {percent(limit)}; the plan is {_plan(requirement)}."
    return f"{bound}, which does not prove the limit of {percent(limit)}."


def _among(words: Words, seen: Count) -> str:
    """ "480 calls", "480 calls on 2 different inputs, worth 2 independent ones", "46 checks of 2 transcripts"."""
    if words.unit == "transcript":
        transcripts = many(seen.inputs, "transcript")
        return transcripts if seen.inputs == seen.total else f"{many(seen.total, 'check')} of {transcripts}"
    about = f" on {many(seen.inputs, 'different input')}" if seen.inputs < seen.total else ""
    worth = "" if seen.total == seen.worth else f", worth {many(seen.worth, 'independent one')}"
    return f"{many(seen.total, words.unit)}{about}{worth}"


def _plan(requirement: Requirement) -> str:
    needed = many(requirement.needed, WORDS[requirement.demand].unit)
    return f"{needed}, each on a different input" if requirement.demand == "good_share" else needed


def _advice(requirement: Requirement, more: int | None) -> str:
    words = WORDS[requirement.demand]
    if more is None:
        return f"{words.rate} is not below the limit so far; more calls would not prove it, a better model would."
    another = " on other inputs" if requirement.demand == "good_share" else ""
    return f"{many(more, f'more {words.unit}')} {words.clean}{another}."
