"""The harm watch over a whole gate: every e-process, its threshold, and what it says. May be read at any time."""

from collections.abc import Callable, Mapping
from math import exp, log

from tasks.judging.clusters import effective
from tasks.judging.evidence import ArmTally, Evidence, RoleEvidence, Routed
from tasks.judging.families import divide_alpha
from tasks.judging.harm import log_e
from tasks.judging.planning import GatePlan
from tasks.judging.policy import Metric, Policy
from tasks.judging.shares import log_e_assignment, log_e_share
from tasks.judging.values import Value
from tasks.judging.wording import amount, many, percent


class Reading(Value):
    """One e-process of one role."""

    role: str
    metric: Metric
    log_e: float
    """ln E; 0 means that the data favour neither side."""
    log_threshold: float
    """The alarm is at this value."""
    sentence: str

    @property
    def alarm(self) -> bool:
        return self.log_e >= self.log_threshold


def read_harm(plan: GatePlan, evidence: Evidence, promoted: bool = False) -> tuple[Reading, ...]:
    """All readings, changed roles first. Together they alarm on a sound gate with at most `harm_alpha`."""
    policy = plan.policy
    watched = policy.watched_after if promoted else policy.watched
    alphas = divide_alpha(policy.harm_alpha, plan.changed, plan.others, len(watched), policy.changed_share)
    return tuple(
        _read(plan, role, metric, evidence.role(role), -log(alpha))
        for role, alpha in alphas.items()
        for metric in watched
    )


def broken_invariants(plan: GatePlan, evidence: Evidence) -> tuple[str, ...]:
    """A sentence for each changed role that wrote a placeholder or an echo under a policy that tolerates none."""
    if plan.policy.invariants == "rate":
        return ()
    tallies = [(role, evidence.role(role).candidate) for role in plan.changed]
    return tuple(
        f"{plan.label(role)}: {many(tally.placeholders, 'answer')} with placeholders and"
        f" {many(tally.echoes, 'answer')} with echoes of the prompt; this policy tolerates none."
        for role, tally in tallies
        if tally.placeholders or tally.echoes
    )


def crooked_routers(plan: GatePlan, evidence: Evidence) -> tuple[str, ...]:
    """A sentence for each weight by which the router did not assign the runs to the arms.

    It draws once a run, so it is judged by the changed role that most runs came to: later ones lack the runs that broke
    off before them, which fall on the arm that fails more.
    """
    fullest: dict[float, tuple[int, str, Routed]] = {}
    for role in plan.changed:
        for counts in evidence.role(role).routed:
            runs = counts.candidate + counts.incumbent
            if counts.weight not in fullest or runs > fullest[counts.weight][0]:
                fullest[counts.weight] = (runs, role, counts)
    return tuple(
        f"{plan.label(role)}: {amount(counts.candidate)} of {many(runs, 'run')} went to the candidate at a weight of"
        f" {percent(counts.weight)}; the arms cannot be compared until that is explained."
        for runs, role, counts in fullest.values()
        if log_e_assignment(counts.candidate, counts.incumbent, counts.weight)
        >= log(len(fullest) / plan.policy.assignment_alpha)
    )


def independent_spoiled(tally: ArmTally, icc: float) -> tuple[float, float]:
    """Spoiled calls and all calls of an arm, as the numbers of independent calls they are worth."""
    return (
        effective(tally.spoiled, tally.calls, tally.runs, icc),
        effective(tally.calls, tally.calls, tally.runs, icc),
    )


def independent_poor(tally: ArmTally, icc: float) -> tuple[float, float]:
    """Calls without a good answer and all that could have had one, as numbers of calls about different inputs."""
    poor, scored = tally.scored - tally.good + tally.failures, tally.scored + tally.failures
    return (
        effective(poor, tally.calls, tally.inputs, icc),
        effective(scored, tally.calls, tally.inputs, icc),
    )


def _read(plan: GatePlan, role: str, metric: Metric, seen: RoleEvidence, threshold: float) -> Reading:
    value, facts = _PROCESSES[metric](seen, plan.policy)
    verb = "at or above" if value >= threshold else "below"
    return Reading(
        role=role,
        metric=metric,
        log_e=value,
        log_threshold=threshold,
        sentence=f"{plan.label(role)}: {facts}; the evidence of harm is {_e_value(value)}, {verb} the alarm at"
        f" {_e_value(threshold)}.",
    )


def _failures(seen: RoleEvidence, policy: Policy) -> tuple[float, str]:
    spoiled, calls = independent_spoiled(seen.candidate, policy.icc)
    counts = f"{many(spoiled, 'failed or spoiled call')} of {amount(calls)} (agreed: {percent(policy.failure_limit)})"
    return log_e(spoiled, calls, policy.failure_limit), counts


def _worse(seen: RoleEvidence, _: Policy) -> tuple[float, str]:
    worse, better = seen.pairs.worse, seen.pairs.better
    return log_e_share(worse, better), f"{many(worse, 'input')} worse and {amount(better)} better"


def _slower(seen: RoleEvidence, _: Policy) -> tuple[float, str]:
    slower, rest = seen.pairs.slower, seen.pairs.seconds.n - seen.pairs.slower
    counts = f"{many(slower, 'input')} slower by more than the allowed ratio, {amount(rest)} not"
    return log_e_share(slower, rest), counts


def _poor(seen: RoleEvidence, policy: Policy) -> tuple[float, str]:
    poor, scored = independent_poor(seen.candidate, policy.icc)
    limit = 1 - policy.good_share
    counts = f"{many(poor, 'call')} of {amount(scored)} failed or below a score of {policy.good_score:g}"
    return log_e(poor, scored, limit), f"{counts} (agreed: {percent(limit)})"


def _excess(seen: RoleEvidence, _: Policy) -> tuple[float, str]:
    # Steps of the canary follow each other, so each bets on fresh events: their product is an e-process too.
    logs = [log_e_share(step.candidate_spoiled, step.incumbent_spoiled, step.weight) for step in seen.routed]
    mine = many(sum(step.candidate_spoiled for step in seen.routed), "failed or spoiled run")
    theirs = amount(sum(step.incumbent_spoiled for step in seen.routed))
    return sum(logs), f"{mine} of the candidate and {theirs} of the incumbent in the canary"


_PROCESSES: Mapping[Metric, Callable[[RoleEvidence, Policy], tuple[float, str]]] = {
    "failures": _failures,
    "worse": _worse,
    "slower": _slower,
    "poor": _poor,
    "excess": _excess,
}
"""ln E of each metric and the counts behind it."""


def _e_value(log_value: float) -> str:
    """ "0.13", "22,360", and "e^1876" where digits would tell nobody anything."""
    if log_value >= 14:
        return f"e^{log_value:.0f}"
    return f"{exp(log_value):,.0f}" if log_value >= log(100) else f"{exp(log_value):.2g}"
