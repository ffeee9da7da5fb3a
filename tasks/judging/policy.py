"""What a gate demands: the agreed limits, and how sure it has to be. Data, stored with the plan and hashed with it."""

from datetime import timedelta
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from tasks.judging.values import Value

MOST_BUCKETS = 500
"""Parts of a window that a look reads at once: each is a column of one query, and databases take some 1,600 of them."""
LONGEST = timedelta(days=366)
SHORTEST_WINDOW = timedelta(seconds=1)
TIMES = ("window", "blind_after", "approval_within", "remind_after", "held_within", "drill_within", "baseline_within")

RateDemand = Literal["failures", "placeholders", "echoes", "good_share"]
PairDemand = Literal["quality", "latency", "claim", "cost"]
Demand = RateDemand | PairDemand | Literal["field"]
"""
failures      calls without a valid answer: rate below the limit
placeholders  answers with a placeholder: rate below the limit
echoes        answers that repeat the prompt: rate below the limit
good_share    answers that reach the good score: share at least as agreed
quality       mean score not worse than the incumbent's by more than the margin, on the same inputs
latency       geometric mean of the latency ratio below the limit
claim         the candidate is faster by what was promised; reported, required only if `claim_required`
cost          geometric mean of the cost ratio below the limit; an unknown price is never a pass
field         one field of a transcript's record extracted rightly as often as agreed (listed in `fields`)
"""

Metric = Literal["failures", "worse", "slower", "excess", "poor"]
"""
failures  the candidate's calls fail, or carry placeholders or echoes, more often than agreed
worse     among the pairs of which one is good and one is not, the candidate's is the worse one
slower    the candidate's call of a pair takes longer than the allowed ratio
poor      after promotion, answers to users miss the good score more often than agreed
excess    in a weighted canary, failures fall on the candidate more often than its share of traffic
"""


class FieldRule(Value):
    """How often one field of a transcript's record has to be right, judged on its own."""

    role: str
    field: str
    share: float = Field(default=0.90, gt=0.5, lt=1)
    allowed: int = Field(default=1, ge=0)
    """Wrong values the plan allows for."""


class Policy(Value):
    """Limits and error probabilities of one phase; the defaults suit a change of ordinary roles.

    What a policy may be given as besides, `unfollowable` says. Here it is only what can be read: gates are stored with
    theirs, and one that a stricter release could not read any more could not be taken back either.
    """

    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    """One-sided, for each proof needed for promotion. All are required, so none needs a correction."""
    harm_alpha: float = Field(default=0.05, gt=0, lt=0.5)
    """Chance that a sound candidate is ever rolled back by the harm watch, over all stages and metrics of the gate: once
    while it is tested and monitored, and once after promotion."""
    changed_share: float = Field(default=0.8, gt=0, lt=1)
    """Part of `harm_alpha` spent on the roles the phase changes."""
    demands: tuple[RateDemand | PairDemand, ...] = (
        "failures",
        "placeholders",
        "echoes",
        "good_share",
        "quality",
        "latency",
        "claim",
        "cost",
    )
    """What is required of every changed role; `fields` come on top."""
    watched: tuple[Metric, ...] = ("failures", "worse", "slower")
    """What the harm watch looks at, for changed and unchanged roles."""
    failure_limit: float = Field(default=0.01, gt=0, lt=0.5)
    """Agreed failure rate; also that of placeholders and echoes."""
    failures_allowed: int = Field(default=1, ge=0)
    """Failures the plan allows for: 1 means 473 calls at 1 % and alpha 0.05, 0 means 299 and punishes good models."""
    invariants: Literal["rate", "zero"] = "rate"
    """Placeholders and echoes: proven to stay below the failure limit, or a single one rolls back."""
    good_score: float = Field(default=95.0, gt=0, le=100)
    good_share: float = Field(default=0.95, gt=0.5, lt=1)
    bad_allowed: int = Field(default=1, ge=0)
    quality_margin: float = Field(default=2.0, gt=0)
    """Points of the score, on a scale to 100."""
    quality_pairs: int = Field(default=40, ge=20)
    """Fewest pairs; with fewer than 20 a mean is never judged."""
    latency_limit: float = Field(default=1.10, gt=1)
    latency_claim: float = Field(default=0.90, gt=0, lt=1)
    claim_required: bool = False
    cost_limit: float = Field(default=1.05, gt=1)
    ratio_pairs: int = Field(default=16, ge=5)
    """Fewest pairs for latency and cost ratios; t on logarithms keeps its promise from 5 on."""
    fields: tuple[FieldRule, ...] = ()
    icc: float = Field(default=1.0, ge=0, le=1)
    """Intraclass correlation of calls of one role in one run. 1 until estimated from baselines: then only runs count."""
    window: timedelta = Field(default=timedelta(hours=24), gt=timedelta(0))
    buckets: int = Field(default=24, ge=1)
    buckets_needed: int = Field(default=20, ge=1)
    calls_per_bucket: int = Field(default=2, ge=1)
    blind_after: timedelta = Field(default=timedelta(hours=1), gt=timedelta(0))
    """Silence of the data source after which a candidate in production is taken back."""
    assignment_alpha: float = Field(default=0.001, gt=0, lt=0.5)
    """For the check that a weighted router routes by its weight."""
    canary: tuple[tuple[float, int], ...] = ((0.10, 50), (0.50, 100))
    """Steps of a weighted canary: share of live traffic, in whole percents that grow, and runs of users the candidate
    serves before the next step; after the last one it gets all."""
    mirror: float = Field(default=0.0, ge=0, le=1)
    """Share of users' runs whose inputs are asked of the candidate too while it is monitored; 0 is off. Users see none
    of it, and it costs as much as the calls it makes."""
    approvers: int = Field(default=1, ge=1)
    approval_within: timedelta = timedelta(hours=72)
    remind_after: timedelta = timedelta(hours=24)
    held_within: timedelta = timedelta(hours=72)
    """How long an inconclusive gate waits for a decision before it is rolled back."""
    extensions: int = Field(default=2, ge=0)
    """How often an inconclusive gate may continue, each time by a new plan."""
    drill_within: timedelta = timedelta(days=7)
    baseline_within: timedelta = timedelta(days=30)

    @property
    def watched_after(self) -> tuple[Metric, ...]:
        """What the harm watch looks at after promotion, when nothing is asked of two models any more.

        A limit for scores is only known where it was demanded and proven.
        """
        return ("failures", "poor") if "good_share" in self.demands else ("failures",)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.buckets_needed > self.buckets:
            raise ValueError("`buckets_needed` is more than `buckets`, so no window could ever be covered")
        if not self.demands and not self.fields:
            raise ValueError("`demands` and `fields` are both empty; a gate that demands nothing would prove nothing")
        return self


def unfollowable(policy: Policy) -> tuple[str, ...]:
    """Why the watch could not follow this policy; asked wherever one is given, and never of a gate that has begun."""
    faults = [
        f"{name}: has to be more than nothing, and {LONGEST.days} days at most"
        for name in TIMES
        if not timedelta(0) < getattr(policy, name) <= LONGEST
    ]
    if not policy.watched:
        faults.append("watched: nobody would see harm; name at least one of " + ", ".join(get_args(Metric)))
    if policy.window < SHORTEST_WINDOW:
        faults.append("window: has to last a second")
    if policy.buckets > MOST_BUCKETS:
        faults.append(f"buckets: a look reads {MOST_BUCKETS} at most")
    percents = [round(100 * share) for share, _ in policy.canary]
    whole = [percent / 100 for percent in percents] == [share for share, _ in policy.canary]
    if not whole or not percents or sorted(set(percents)) != percents or percents[0] < 1 or percents[-1] > 99:
        faults.append(
            "canary: the shares have to be whole percents, from 0.01 to 0.99, each larger than the one before"
        )
    if any(runs < 1 for _, runs in policy.canary):
        faults.append("canary: each step needs a run before the next")
    return tuple(faults)


def protected(**changes: object) -> Policy:
    """For a role others depend on: surer proofs, more allowance and calls (1,001 with 3 failures), two approvers.

    A single placeholder rolls back.
    """
    return Policy.model_validate(
        {"alpha": 0.01, "harm_alpha": 0.01, "failures_allowed": 3, "approvers": 2, "invariants": "zero"} | changes
    )


def critical(**changes: object) -> Policy:
    """For phases where a false rollback is costly: the harm watch is surer before it acts."""
    return Policy.model_validate({"harm_alpha": 0.01} | changes)
