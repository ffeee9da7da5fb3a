"""What a policy demands of a role, spelled out: one requirement per demand, with the calls or pairs it takes."""

from math import log
from typing import Literal

from pydantic import Field

from tasks.judging.pairs import pairs_needed
from tasks.judging.policy import Demand, PairDemand, Policy, RateDemand
from tasks.judging.rates import Finding, calls_needed
from tasks.judging.values import Value


class Requirement(Value):
    """One thing that has to be proven of one changed role before it may be promoted."""

    demand: Demand
    role: str
    field: str | None = None
    limit: float
    """Highest rate, lowest mean difference's distance to zero (margin), or highest ratio."""
    alpha: float
    needed: int = Field(ge=1)
    """Calls or pairs of the registered plan; with fewer the requirement stays open."""
    unit: Literal["calls", "pairs"]
    allowed: int | None = None
    """Failures the plan allows for; None where nothing is counted."""
    required: bool = True
    """False: reported, and not needed for promotion."""

    @property
    def distinct(self) -> bool:
        """Whether only different inputs count: what is demanded of answers and not of the way they come about."""
        return self.unit == "pairs" or self.demand in ("good_share", "field")


class Proof(Value):
    """What the evidence says about one requirement."""

    requirement: Requirement
    finding: Finding
    sentence: str
    n: float
    """Independent calls, or pairs, it rests on."""
    estimate: float | None = None
    """Observed rate, mean difference or ratio."""
    lower: float | None = None
    """One-sided bounds at the requirement's alpha; None where there is none."""
    upper: float | None = None
    more: int | None = None
    """If open: further calls or pairs that should settle it when they go like those before; None: data cannot."""
    advice: str = ""
    """If open: what is missing, as a sentence."""


class Workload(Value):
    """What is known about a role before its gate starts, from baselines or by agreement."""

    role: str
    live_calls_per_hour: float = Field(default=0.0, ge=0)
    """Calls the candidate will get from live traffic in the window."""
    live_pairs_per_hour: float = Field(default=0.0, ge=0)
    """Of those, calls mirrored to the other arm, so that they make pairs."""
    suite_inputs: int | None = Field(default=None, ge=0)
    """Different inputs the suite can ask; None: as many as are wanted."""
    incumbent_cost: float | None = Field(default=None, ge=0)
    """Money for one call; None when the price is unknown."""
    candidate_cost: float | None = Field(default=None, ge=0)
    failure_rate: float | None = Field(default=None, ge=0, le=1)
    """Expected of the candidate, from a trial; None when nothing is known."""
    score_sd: float = Field(default=5.0, gt=0)
    """Standard deviation of paired score differences, in points."""
    latency_sd: float = Field(default=0.25, gt=0)
    """Standard deviation of log latency ratios."""
    latency_ratio: float = Field(default=0.80, gt=0)
    """Hoped for: what the number of pairs for the claim is computed from."""
    cost_sd: float = Field(default=0.10, gt=0)
    """Standard deviation of log cost ratios; tokens vary, prices do not."""


def requirements_for(policy: Policy, workload: Workload) -> tuple[Requirement, ...]:
    """All requirements of one changed role, in the order of the policy, its fields last."""
    rules = [rule for rule in policy.fields if rule.role == workload.role]
    return (
        *(_requirement(policy, demand, workload) for demand in policy.demands),
        *(_rate("field", workload.role, 1 - rule.share, rule.allowed, policy.alpha, rule.field) for rule in rules),
    )


def _requirement(policy: Policy, demand: RateDemand | PairDemand, workload: Workload) -> Requirement:
    match demand:
        case "failures" | "placeholders" | "echoes":
            return _rate(demand, workload.role, policy.failure_limit, policy.failures_allowed, policy.alpha)
        case "good_share":
            return _rate(demand, workload.role, 1 - policy.good_share, policy.bad_allowed, policy.alpha)
        case _:
            return _paired(policy, demand, workload)


def _rate(demand: Demand, role: str, limit: float, allowed: int, alpha: float, field: str | None = None) -> Requirement:
    return Requirement(
        demand=demand,
        role=role,
        field=field,
        limit=limit,
        alpha=alpha,
        needed=calls_needed(limit, allowed, alpha),
        unit="calls",
        allowed=allowed,
    )


def _paired(policy: Policy, demand: PairDemand, workload: Workload) -> Requirement:
    limit, least, sd, distance = _dimensions(policy, workload)[demand]
    return Requirement(
        demand=demand,
        role=workload.role,
        limit=limit,
        alpha=policy.alpha,
        needed=max(least, pairs_needed(sd, distance, policy.alpha)),
        unit="pairs",
        required=demand != "claim" or policy.claim_required,
    )


def _dimensions(policy: Policy, workload: Workload) -> dict[PairDemand, tuple[float, int, float, float]]:
    """Per demand: limit, fewest pairs, standard deviation, and how far inside the limit the truth is expected to be.

    The candidate is taken to equal the incumbent, except for the claim, where it is taken to be as fast as hoped.
    """
    margin, least = policy.quality_margin, policy.ratio_pairs
    hoped = max(1e-2, log(policy.latency_claim / workload.latency_ratio))
    return {
        "quality": (margin, policy.quality_pairs, workload.score_sd, margin),
        "latency": (policy.latency_limit, least, workload.latency_sd, log(policy.latency_limit)),
        "claim": (policy.latency_claim, least, workload.latency_sd, hoped),
        "cost": (policy.cost_limit, least, workload.cost_sd, log(policy.cost_limit)),
    }
