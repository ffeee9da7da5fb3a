"""The plan of a gate, made before anything runs: what has to be proven, what it takes, and whether it can be done.

A gate that cannot pass is refused now, with the reason, instead of being held a day later. The plan is data with a digest:
it is stored before the first call, so that nobody (and no reader of results) can move the goal afterwards.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from pydantic import Field

from blocks.errors import GateError
from tasks.judging.policy import Policy
from tasks.judging.rates import RatePlan, pass_probability
from tasks.judging.requirements import Requirement, Workload, requirements_for
from tasks.judging.values import Value
from tasks.judging.wording import amount, many, percent, spoken_list

LEAST_CHANCE = 0.05
"""A gate that a candidate as good as expected passes more rarely than this is refused."""


class Passage(Value):
    """What one input takes that goes through the whole pipeline under both lineups, one after the other."""

    calls: float = Field(ge=0)
    seconds: float = Field(ge=0)
    money: float | None = Field(default=None, ge=0)
    """None when a price is unknown."""


class Effort(Value):
    """What one changed role takes beyond its live traffic."""

    role: str
    calls_needed: int
    """Largest number of calls any requirement needs."""
    calls_expected: int
    """Live calls of the candidate expected in the window."""
    inputs_needed: int
    """Different inputs that what is demanded of answers needs."""
    inputs_expected: int
    """Different inputs that there will be: those of the suite, and users'."""
    replays: int
    """Inputs to replay in the window, new or not, beside what is tested before it."""
    chance: float | None
    """Chance to pass the failure requirement at the expected failure rate; None when nothing is expected."""


class GatePlan(Value):
    policy: Policy
    changed: tuple[str, ...]
    """Roles the phase moves to another model."""
    others: tuple[str, ...] = ()
    """Roles of the same pipeline that keep their model; the harm watch covers them too."""
    labels: dict[str, str] = Field(default_factory=dict)
    """How people call a role: "Stage 2"; the role's own name where missing."""
    workloads: tuple[Workload, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    efforts: tuple[Effort, ...] = ()
    passage: Passage
    tests: int = Field(default=0, ge=0)
    """Inputs asked of both lineups before the window begins."""
    refusals: tuple[str, ...] = ()
    """Why the gate cannot pass; empty when it can."""

    def label(self, role: str) -> str:
        return self.labels.get(role, role)

    def workload(self, role: str) -> Workload | None:
        return next((workload for workload in self.workloads if workload.role == role), None)

    @property
    def replays(self) -> int:
        """Inputs to replay in the window. Every one goes through all roles, so the role that needs most decides."""
        return max((effort.replays for effort in self.efforts), default=0)

    @property
    def calls(self) -> float:
        """Calls that tests and replay make, of all roles and under both lineups."""
        return (self.tests + self.replays) * self.passage.calls

    @property
    def test_hours(self) -> float:
        return self.tests * self.passage.seconds / 3600

    @property
    def hours(self) -> float:
        """Time the replay takes, one run after the other, as it is asked."""
        return self.replays * self.passage.seconds / 3600

    @property
    def money(self) -> float | None:
        """Cost of tests and replay; None when a price is unknown."""
        inputs = self.tests + self.replays
        return 0.0 if not inputs else None if self.passage.money is None else inputs * self.passage.money

    def require_possible(self, first: tuple[str, ...] = ()) -> "GatePlan":
        """The plan itself; GateError with all reasons, a line each, if it was refused. `first`: what else keeps it now."""
        if self.refusals:
            raise GateError(
                "\n- ".join(("This gate cannot pass:", *first, *self.refusals)),
                means="Nothing was started and nothing was called.",
                do="Change what each reason names (policy, budget, window or prices) and plan the gate again.",
            )
        return self


def plan_gate(
    policy: Policy,
    changed: tuple[str, ...],
    workloads: tuple[Workload, ...],
    passage: Passage,
    *,
    others: tuple[str, ...] = (),
    tests: int = 0,
    budget: float | None = None,
    labels: dict[str, str] | None = None,
    unpriced: Mapping[str, tuple[str, ...]] | None = None,
) -> GatePlan:
    """The plan for `changed`, refused or not; `workloads` has one entry for each changed role.

    `budget`: the money that tests and replay may cost; None: no limit. `unpriced`: role -> which prices of which blocks
    are not set.
    """
    known = tuple(workload for role in changed for workload in workloads if workload.role == role)
    requirements = tuple(requirement for workload in known for requirement in requirements_for(policy, workload))
    plan = GatePlan(
        policy=policy,
        changed=changed,
        others=others,
        labels=labels or {},
        workloads=known,
        requirements=requirements,
        efforts=tuple(_effort(policy, requirements, workload, tests) for workload in known),
        passage=passage,
        tests=tests,
    )
    return plan.model_copy(update={"refusals": tuple(_refusals(plan, budget, unpriced or {}))})


def _effort(policy: Policy, requirements: tuple[Requirement, ...], workload: Workload, tests: int) -> Effort:
    mine = [requirement for requirement in requirements if requirement.role == workload.role]
    calls = max([policy.buckets_needed * policy.calls_per_bucket, *(r.needed for r in mine if not r.distinct)])
    inputs = max([0, *(r.needed for r in mine if r.distinct and r.required)])
    live, live_pairs = _live(policy, workload, "calls"), _live(policy, workload, "pairs")
    suite = inputs if workload.suite_inputs is None else workload.suite_inputs
    return Effort(
        role=workload.role,
        calls_needed=calls,
        calls_expected=live,
        inputs_needed=inputs,
        inputs_expected=suite + live_pairs,
        replays=max(
            calls - live - tests,
            _uncovered(policy, workload),
            # A suite whose size is not known brings as many inputs as are wanted, by replay.
            inputs - live_pairs - tests if workload.suite_inputs is None else 0,
            0,
        ),
        chance=_chance(mine, workload),
    )


def _uncovered(policy: Policy, workload: Workload) -> int:
    """Replay calls that cover the buckets live traffic leaves empty, spread over the window."""
    per_bucket = workload.live_calls_per_hour * (policy.window / policy.buckets / timedelta(hours=1))
    return max(0, policy.calls_per_bucket - int(per_bucket)) * policy.buckets_needed


def _chance(requirements: list[Requirement], workload: Workload) -> float | None:
    """Of the failure requirement alone: it is the one that decides how large a plan has to be."""
    if workload.failure_rate is None:
        return None
    plans = [RatePlan(r.needed, r.allowed or 0) for r in requirements if r.demand == "failures"]
    return min((pass_probability(plan, workload.failure_rate) for plan in plans), default=1.0)


def _refusals(plan: GatePlan, budget: float | None, unpriced: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [
        *_incomplete(plan),
        *_too_few_inputs(plan),
        *(refusal for effort in plan.efforts for refusal in _impossible(plan, effort, unpriced)),
        *_unaffordable(plan, budget),
    ]


def _incomplete(plan: GatePlan) -> list[str]:
    """What the plan does not say. A phase that changes nothing has nothing to prove, which is not a pass."""
    if not plan.changed:
        return ["The phase changes no role, so there is nothing to prove."]
    unknown = [plan.label(role) for role in plan.changed if plan.workload(role) is None]
    lost = [rule.field for rule in plan.policy.fields if rule.role not in plan.changed]
    return [
        *([f"Nothing is known about the work of {spoken_list(unknown)}; add a workload."] if unknown else []),
        *([f"The fields {spoken_list(lost)} belong to a role the phase does not change."] if lost else []),
    ]


def _too_few_inputs(plan: GatePlan) -> list[str]:
    """Whether there will be as many different inputs as are demanded; said once, of the requirement that lacks most."""
    lacking = []
    for requirement in plan.requirements:
        workload = plan.workload(requirement.role)
        if requirement.distinct and requirement.required and workload and workload.suite_inputs is not None:
            live = _live(plan.policy, workload, requirement.unit)
            lacking.append(
                (requirement.needed - workload.suite_inputs - live, requirement, workload.suite_inputs, live)
            )
    if not lacking:
        return []
    lack, requirement, suite, live = max(lacking, key=lambda found: found[0])
    if lack <= 0:
        return []
    demand = requirement.field or requirement.demand
    return [
        f"{plan.label(requirement.role)}: `{demand}` needs {many(requirement.needed, 'different input')}; the suite has"
        f" {amount(suite)}, and users are expected to bring {amount(live)}. Asking the same again proves nothing about"
        f" others: put {amount(lack)} more into the suite (a folder of your own, named by PHASEGATE_SUITES), have more of"
        " users' runs mirrored (`mirror` in the policy), or take what is demanded of answers out of the policy."
    ]


def _live(policy: Policy, workload: Workload, unit: Literal["calls", "pairs"]) -> int:
    """Live calls or pairs of the candidate expected in the window."""
    rate = workload.live_calls_per_hour if unit == "calls" else workload.live_pairs_per_hour
    return int(rate * (policy.window / timedelta(hours=1)))


def _impossible(plan: GatePlan, effort: Effort, unpriced: Mapping[str, tuple[str, ...]]) -> list[str]:
    name, refusals = plan.label(effort.role), []
    workload = plan.workload(effort.role)
    unknown = workload is not None and None in (workload.incumbent_cost, workload.candidate_cost)
    if unknown and "cost" in plan.policy.demands:
        lost = unpriced.get(effort.role, ())
        prices = f"set {spoken_list(list(lost))} (0 where nobody charges), " if lost else ""
        refusals.append(
            f"{name}: a price is unknown, so its cost can never be proven; {prices}run `phasegate trial --baseline` if no"
            " call yet tells how large one is, or take `cost` out of the policy's `demands`."
        )
    if "cost" in plan.policy.demands and workload and workload.incumbent_cost == 0 and workload.candidate_cost:
        refusals.append(
            f"{name}: the incumbent is free and the candidate is not, so no ratio of their costs is small enough; take"
            " `cost` out of the policy's demands if that is agreed."
        )
    if effort.chance is not None and effort.chance < LEAST_CHANCE:
        limit = percent(plan.policy.failure_limit)
        refusals.append(
            f"{name}: with the expected failures it would pass in {percent(effort.chance, 2)} of gates; the limit is"
            f" {limit}. Improve the candidate before testing it."
        )
    return refusals


def _unaffordable(plan: GatePlan, budget: float | None) -> list[str]:
    window, patience = plan.policy.window, plan.policy.held_within
    refusals = []
    if timedelta(hours=plan.test_hours) > patience:
        refusals.append(
            f"The tests take {plan.test_hours:.1f} hours for {many(plan.tests, 'input')} and are given"
            f" {patience / timedelta(hours=1):.1f}. Take fewer repeats or a smaller suite, or raise `held_within`."
        )
    if timedelta(hours=plan.hours) > window:
        refusals.append(
            f"Replay takes {plan.hours:.1f} hours: {many(plan.replays, 'input')}, each a whole run under both lineups of"
            f" {plan.passage.seconds:.0f} s together; the window has {window / timedelta(hours=1):.1f}. Extend it, have"
            " more of users' runs mirrored (`mirror`), or allow no failure (`failures_allowed`), which takes fewer calls."
        )
    if budget is not None and (plan.money is None or not plan.money <= budget):  # nor within one that is no number
        needed = "an unknown amount" if plan.money is None else f"{plan.money:.2f}"
        refusals.append(
            f"Tests and replay cost {needed}; the budget is {budget:.2f}. Raise it, or demand what takes fewer calls."
        )
    return refusals
