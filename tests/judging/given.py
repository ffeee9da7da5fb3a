"""Scenes for the tests: a gate of thirteen stages, its window, and calls made in it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import exp
from typing import Any

from tasks.judging.aggregate import aggregate
from tasks.judging.evidence import Circumstances, Evidence
from tasks.judging.observations import Arm, Call, Window
from tasks.judging.planning import GatePlan, Passage, plan_gate
from tasks.judging.policy import Policy
from tasks.judging.requirements import Proof, Workload
from tasks.judging.verdict import Verdict, judge

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
WINDOW = Window(start=START)
STAGES = tuple(f"stage-{number}" for number in range(1, 14))
LABELS = {stage: stage.replace("stage-", "Stage ") for stage in STAGES}
ONLY_FAILURES = Policy(demands=("failures",))
DURING, AFTER = Circumstances(now=START + timedelta(hours=23.5)), Circumstances(now=WINDOW.end)


def workload(role: str = "stage-2", **known: Any) -> Workload:
    return Workload(role=role, **({"incumbent_cost": 0.01, "candidate_cost": 0.01} | known))


PASSAGE = Passage(calls=26, seconds=60, money=0.25)


def gate(
    policy: Policy | None = None, changed: tuple[str, ...] = ("stage-2",), passage: Passage = PASSAGE, **known: Any
) -> GatePlan:
    """A phase that changes `changed` of the thirteen stages."""
    others = tuple(stage for stage in STAGES if stage not in changed)
    workloads = tuple(workload(role, **known) for role in changed)
    return plan_gate(policy or Policy(), changed, workloads, passage, others=others, labels=LABELS)


def call(number: int = 0, arm: Arm = "candidate", role: str = "stage-2", of: int = 480, **seen: Any) -> Call:
    """Call `number` of `of` spread evenly over the window; good, and as fast and dear as the other arm's."""
    # Score, latency and cost vary from input to input and a little between the arms, as real ones do.
    wobble = 1 + (number * (7 if arm == "candidate" else 11) % 5 - 2) / 100
    usual = {
        "at": START + number * timedelta(hours=24) / of,
        "run_id": f"{arm}-{number}",
        "failed": False,
        "score": min(100.0, 98 * wobble),
        "seconds": 5 * wobble,
        "cost": 0.01 * wobble,
        "pair_id": f"input-{number}",
    }
    return Call(role=role, arm=arm, **(usual | seen))


def pairs(count: int = 480, role: str = "stage-2", **of_candidate: Any) -> list[Call]:
    """`count` inputs through both arms; what is given holds for every call of the candidate."""
    return [
        call(number, arm, role, count, **(of_candidate if arm == "candidate" else {}))
        for number in range(count)
        for arm in ("incumbent", "candidate")
    ]


def broken(calls: Iterable[Call], first: int, **seen: Any) -> list[Call]:
    """The same calls, with `seen` on the candidate's first ones."""
    numbers = {f"candidate-{number}" for number in range(first)}
    return [made.model_copy(update=seen) if made.run_id in numbers else made for made in calls]


def with_ratio(calls: Iterable[Call], ratio: float, spread: float, of: str = "seconds") -> list[Call]:
    """The same pairs, the candidate's `of` at this geometric mean ratio; `spread` is that of the log ratios."""
    made = list(calls)
    incumbent = {call.pair_id: getattr(call, of) for call in made if call.arm == "incumbent"}
    for index in range(1, len(made), 2):
        value = incumbent[made[index].pair_id] * ratio * exp(spread if index % 4 == 1 else -spread)
        made[index] = made[index].model_copy(update={of: value})
    return made


def evidence(calls: Iterable[Call], policy: Policy | None = None, window: Window = WINDOW) -> Evidence:
    return aggregate(calls, policy or Policy(), window)


def verdict(calls: Iterable[Call], plan: GatePlan | None = None, circumstances: Circumstances = AFTER) -> Verdict:
    plan = plan or gate()
    return judge(plan, evidence(calls, plan.policy), circumstances)


def proof(found: Verdict, demand: str) -> Proof:
    return next(proof for proof in found.proofs if proof.requirement.demand == demand)


def failing(count: int, of: int = 480) -> list[Call]:
    """`count` failures of the candidate, spread over the window."""
    numbers = {f"candidate-{index * of // max(1, count)}" for index in range(count)}
    update = {"failed": True, "score": None}
    return [made.model_copy(update=update) if made.run_id in numbers else made for made in pairs(of)]
