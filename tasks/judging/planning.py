"""The plan of a gate, made before anything runs: what has to be proven, what it takes, and whether it can be done.

A gate that cannot pass is refused now, with the reason, instead of being held a day later. The plan is data with a digest:
it is stored before the first call, so that nobody (and no reader of results) can move the goal afterwards.
"""

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


class Budget(Value):
    """What replay may use; None: no limit."""

    replay_calls: int | None = Field(default=None, ge=0)
    """Calls to both arms together; 0 where there is nothing to replay."""
    money: float | None = Field(default=None, ge=0)
    concurrency: int = Field(default=1, ge=1)
    """Replay calls at the same time."""


class Effort(Value):
    """What one changed role takes beyond its live traffic."""

    role: str
    calls_needed: int
    """Largest number of calls any requirement needs."""
    calls_expected: int
    """Live calls of the candidate expected in the window."""
    pairs_needed: int
    pairs_expected: int
    replay_pairs: int
    """Inputs to replay through both arms."""
    replay_calls: int
    """Further inputs to replay through the candidate alone."""
    hours: float
    """Time all replay calls take, with the budget's concurrency."""
    money: float | None
    """Cost of all replay calls; None when a price is unknown."""
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
    refusals: tuple[str, ...] = ()
    """Why the gate cannot pass; empty when it can."""

    def label(self, role: str) -> str:
        return self.labels.get(role, role)

    def workload(self, role: str) -> Workload | None:
        return next((workload for workload in self.workloads if workload.role == role), None)

    @property
    def hours(self) -> float:
        return sum(effort.hours for effort in self.efforts)

    @property
    def money(self) -> float | None:
        """None when the cost of one role is unknown."""
        known = [effort.money for effort in self.efforts if effort.money is not None]
        return sum(known) if len(known) == len(self.efforts) else None

    def require_possible(self) -> "GatePlan":
        """The plan itself; GateError with all reasons if it was refused."""
        if self.refusals:
            raise GateError(
                "This gate cannot pass: " + " ".join(self.refusals),
                means="Nothing was started and nothing was called.",
                do="Change what each reason names (policy, budget, window or prices) and plan the gate again.",
            )
        return self


def plan_gate(
    policy: Policy,
    changed: tuple[str, ...],
    workloads: tuple[Workload, ...],
    *,
    others: tuple[str, ...] = (),
    budget: Budget | None = None,
    labels: dict[str, str] | None = None,
) -> GatePlan:
    """The plan for `changed`, refused or not; `workloads` has one entry for each changed role."""
    budget = budget or Budget()
    known = tuple(workload for role in changed for workload in workloads if workload.role == role)
    requirements = tuple(requirement for workload in known for requirement in requirements_for(policy, workload))
    plan = GatePlan(
        policy=policy,
        changed=changed,
        others=others,
        labels=labels or {},
        workloads=known,
        requirements=requirements,
        efforts=tuple(_effort(policy, requirements, workload, budget) for workload in known),
    )
    return plan.model_copy(update={"refusals": tuple(_refusals(plan, budget))})


def _effort(policy: Policy, requirements: tuple[Requirement, ...], workload: Workload, budget: Budget) -> Effort:
    mine = [requirement for requirement in requirements if requirement.role == workload.role]
    calls = max([policy.buckets_needed * policy.calls_per_bucket, *(r.needed for r in mine if r.unit == "calls")])
    pairs = max([0, *(r.needed for r in mine if r.unit == "pairs" and r.required)])
    hours = policy.window / timedelta(hours=1)
    expected_calls, expected_pairs = (
        int(workload.live_calls_per_hour * hours),
        int(workload.live_pairs_per_hour * hours),
    )
    replay_pairs = max(0, pairs - expected_pairs)
    replay_calls = max(0, calls - expected_calls - replay_pairs, _uncovered(policy, workload) - replay_pairs)
    return Effort(
        role=workload.role,
        calls_needed=calls,
        calls_expected=expected_calls,
        pairs_needed=pairs,
        pairs_expected=expected_pairs,
        replay_pairs=replay_pairs,
        replay_calls=replay_calls,
        hours=(2 * replay_pairs + replay_calls) * workload.seconds_per_call / 3600 / budget.concurrency,
        money=_money(workload, replay_pairs, replay_calls),
        chance=_chance(mine, workload),
    )


def _uncovered(policy: Policy, workload: Workload) -> int:
    """Replay calls that cover the buckets live traffic leaves empty, spread over the window."""
    per_bucket = workload.live_calls_per_hour * (policy.window / policy.buckets / timedelta(hours=1))
    return max(0, policy.calls_per_bucket - int(per_bucket)) * policy.buckets_needed


def _money(workload: Workload, pairs: int, calls: int) -> float | None:
    if workload.candidate_cost is None or workload.incumbent_cost is None:
        return None
    return pairs * workload.incumbent_cost + (pairs + calls) * workload.candidate_cost


def _chance(requirements: list[Requirement], workload: Workload) -> float | None:
    """Of the failure requirement alone: it is the one that decides how large a plan has to be."""
    if workload.failure_rate is None:
        return None
    plans = [RatePlan(r.needed, r.allowed or 0) for r in requirements if r.demand == "failures"]
    return min((pass_probability(plan, workload.failure_rate) for plan in plans), default=1.0)


def _refusals(plan: GatePlan, budget: Budget) -> list[str]:
    return [
        *_incomplete(plan),
        *_too_few_inputs(plan),
        *(refusal for effort in plan.efforts for refusal in _impossible(plan, effort)),
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


def _impossible(plan: GatePlan, effort: Effort) -> list[str]:
    name, refusals = plan.label(effort.role), []
    if effort.money is None and "cost" in plan.policy.demands:
        refusals.append(
            f"{name}: a price is unknown, so its cost can never be proven; set the prices in both blocks (0 where nobody"
            " charges), run a baseline if no call yet tells how large one is, or take `cost` out of the policy's demands."
        )
    workload = plan.workload(effort.role)
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


def _unaffordable(plan: GatePlan, budget: Budget) -> list[str]:
    replays, window = sum(2 * e.replay_pairs + e.replay_calls for e in plan.efforts), plan.policy.window
    refusals = []
    if budget.replay_calls is not None and replays > budget.replay_calls:
        refusals.append(f"It takes {many(replays, 'replay call')}; the budget has {amount(budget.replay_calls)}.")
    if timedelta(hours=plan.hours) > window:
        hours = window / timedelta(hours=1)
        refusals.append(
            f"Replay takes {plan.hours:.1f} hours; the window has {hours:.1f}. Extend it or raise concurrency."
        )
    if budget.money is not None and (plan.money is None or plan.money > budget.money):
        needed = "an unknown amount" if plan.money is None else f"{plan.money:.2f}"
        refusals.append(f"It costs {needed}; the budget is {budget.money:.2f}.")
    return refusals
