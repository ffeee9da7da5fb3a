"""The verdict: pass, fail or inconclusive, with a sentence for each requirement and for the whole.

Promotion needs proof of every requirement, rollback needs proof of one harm, everything else is inconclusive. Harm may be read
at any time; promotion is decided once, when the window is over.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pydantic import AwareDatetime

from tasks.judging.alarms import Reading, broken_invariants, crooked_routers, read_harm
from tasks.judging.coverage import Coverage, coverage, is_blind, silence
from tasks.judging.evidence import Circumstances, Evidence
from tasks.judging.pair_proofs import prove_pairs
from tasks.judging.planning import GatePlan
from tasks.judging.rate_proofs import prove_rate
from tasks.judging.remedies import Remedy, cheapest, remedies
from tasks.judging.requirements import Proof, Requirement
from tasks.judging.values import Value
from tasks.judging.wording import many, spoken_time

State = Literal["pass", "fail", "inconclusive"]
"""
pass          every requirement is proven, over the whole window
fail          a harm, or the opposite of a requirement, is proven
inconclusive  neither; the verdict says what is missing
"""

Act = Literal["ask_for_approval", "roll_back", "wait", "hold"]
"""
ask_for_approval  a person decides; nothing else promotes
roll_back         at once, then tell people
wait              the window is not over
hold              the window is over; a person replays, extends or stops
"""


class Verdict(Value):
    state: State
    act: Act
    sentence: str
    """The whole in one sentence, with the reason that decided."""
    at: AwareDatetime
    proofs: tuple[Proof, ...] = ()
    harm: tuple[Reading, ...] = ()
    alarms: tuple[str, ...] = ()
    """Why it failed by harm, one sentence each."""
    missing: tuple[str, ...] = ()
    """What an inconclusive gate lacks, one sentence each."""
    remedies: tuple[Remedy, ...] = ()
    cheapest: str = ""
    """The cheapest way to get what is missing."""
    plan_digest: str
    evidence_digest: str | None
    """None when the evidence could not be read."""


class Situation(NamedTuple):
    """All that the decision depends on."""

    harm: bool
    blind: bool
    """No data for too long while the window runs."""
    exposed: bool
    """The candidate serves users."""
    over: bool
    """The window is over."""
    refuted: bool
    proven: bool
    """Every changed role has requirements, and all are proven."""
    doubt: bool = True
    """Coverage lacks, the router is crooked, the plan was refused, or the gate knows a reason."""


def decide(situation: Situation) -> tuple[State, Act]:
    """The table of the gate. Read from the top: the first line that fits decides."""
    match situation:
        case Situation(harm=True):
            return "fail", "roll_back"
        case Situation(blind=True, exposed=True):
            return "inconclusive", "roll_back"
        case Situation(over=False):
            return "inconclusive", "wait"
        case Situation(refuted=True):
            return "fail", "roll_back"
        case Situation(proven=True, doubt=False):
            return "pass", "ask_for_approval"
        case _:
            return "inconclusive", "hold"


def judge(plan: GatePlan, evidence: Evidence, circumstances: Circumstances) -> Verdict:
    """The verdict at `circumstances.now`; the same arguments give the same verdict, to the last digit."""
    proofs = tuple(_prove(plan, requirement, evidence) for requirement in plan.requirements)
    harm = read_harm(plan, evidence, circumstances.promoted)
    alarms = (
        *circumstances.alarms,
        *broken_invariants(plan, evidence),
        *(reading.sentence for reading in harm if reading.alarm),
    )
    doubts = _doubts(plan, evidence, circumstances)
    situation = _situation(plan, evidence, circumstances, proofs, bool(alarms), bool(doubts))
    state, act = decide(situation)
    missing = _missing(plan, evidence, circumstances.now, situation, proofs, doubts) if state == "inconclusive" else ()
    wanted = remedies(plan, proofs) if state == "inconclusive" else ()
    return Verdict(
        state=state,
        act=act,
        sentence=_sentence(state, situation, proofs, alarms, missing),
        at=circumstances.now,
        proofs=proofs,
        harm=harm,
        alarms=alarms,
        missing=missing,
        remedies=wanted,
        cheapest=cheapest(plan, wanted, proofs, _lacking(plan, evidence)) if act == "hold" else "",
        plan_digest=plan.digest(),
        evidence_digest=evidence.digest(),
    )


def _prove(plan: GatePlan, requirement: Requirement, evidence: Evidence) -> Proof:
    seen, label = evidence.role(requirement.role), plan.label(requirement.role)
    if requirement.unit == "calls":
        return prove_rate(requirement, seen.candidate, plan.policy.icc, label)
    return prove_pairs(requirement, seen.pairs, label, seen.candidate.cold_seconds)


def _situation(
    plan: GatePlan,
    evidence: Evidence,
    circumstances: Circumstances,
    proofs: Sequence[Proof],
    harm: bool,
    doubt: bool,
) -> Situation:
    required = [proof for proof in proofs if proof.requirement.required]
    over = circumstances.now >= evidence.window.end
    return Situation(
        harm=harm,
        blind=not over and is_blind(_silence(evidence, circumstances.now), plan.policy.blind_after),
        exposed=circumstances.exposed,
        over=over,
        refuted=any(proof.finding == "refuted" for proof in required),
        proven=not _undemanded(plan) and all(proof.finding == "proven" for proof in required),
        doubt=doubt,
    )


def _silence(evidence: Evidence, now: datetime) -> timedelta:
    return silence(evidence.last_seen, evidence.window.start, evidence.window.end, now)


def _doubts(plan: GatePlan, evidence: Evidence, circumstances: Circumstances) -> tuple[str, ...]:
    """Reasons not to promote whatever the requirements say."""
    other_window = evidence.window.length < plan.policy.window or evidence.window.buckets < plan.policy.buckets
    return (
        *circumstances.doubts,
        *(f"The plan was refused: {refusal}" for refusal in plan.refusals),
        *(["The window is not the one that was planned."] if other_window else []),
        *crooked_routers(plan, evidence),
        *_uncovered(plan, evidence),
    )


def _coverage(plan: GatePlan, evidence: Evidence, role: str) -> Coverage:
    policy = plan.policy
    return coverage(evidence.role(role).buckets, needed=policy.buckets_needed, least=policy.calls_per_bucket)


def _lacking(plan: GatePlan, evidence: Evidence) -> timedelta:
    """Time that still has to be covered, of the role that lacks most."""
    lacking = max((_coverage(plan, evidence, role).lacking for role in plan.changed), default=0)
    return lacking * plan.policy.window / plan.policy.buckets


def _uncovered(plan: GatePlan, evidence: Evidence) -> list[str]:
    least = many(plan.policy.calls_per_bucket, "call")
    seen = {role: _coverage(plan, evidence, role) for role in plan.changed}
    return [
        f"{plan.label(role)}: {covered.covered} of {covered.total} parts of the window have {least} or more;"
        f" {covered.needed} are needed."
        for role, covered in seen.items()
        if not covered.enough
    ]


def _missing(
    plan: GatePlan,
    evidence: Evidence,
    now: datetime,
    situation: Situation,
    proofs: Sequence[Proof],
    doubts: Sequence[str],
) -> tuple[str, ...]:
    blind = f"No call has been seen for {spoken_time(_silence(evidence, now))}." if situation.blind else ""
    running = "" if situation.over else f"The window ends in {spoken_time(evidence.window.end - now)}."
    open_ones = [proof.advice for proof in proofs if proof.requirement.required and proof.finding == "open"]
    return (*filter(None, [blind, running]), *doubts, *_undemanded(plan), *open_ones)


def _undemanded(plan: GatePlan) -> list[str]:
    """A gate without a changed role, or a changed role without a requirement, has proven nothing."""
    judged = {requirement.role for requirement in plan.requirements if requirement.required}
    silent = [plan.label(role) for role in plan.changed if role not in judged]
    subjects = silent if plan.changed else ["The phase"]
    return [f"{subject}: nothing is required, so nothing can be proven." for subject in subjects]


def _sentence(
    state: State, situation: Situation, proofs: Sequence[Proof], alarms: Sequence[str], missing: Sequence[str]
) -> str:
    required = [proof for proof in proofs if proof.requirement.required]
    proven = f"{sum(proof.finding == 'proven' for proof in required)} of {many(len(required), 'requirement')}"
    if state == "pass":
        return f"Pass: {proven} proven over the whole window, and no harm seen. A person may approve."
    if alarms:
        return f"Fail: harm is proven. {alarms[0]}"
    if state == "fail":
        refuted = [proof.sentence for proof in required if proof.finding == "refuted"]
        return f"Fail: {many(len(refuted), 'requirement')} refuted. {refuted[0]}"
    return f"Inconclusive: {proven} proven{' so far' if not situation.over else ''}. {missing[0]}"
