"""From calls in memory to the evidence of a verdict: one pass over the calls, one over their pairs."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

from tasks.judging.cost import CostPairs
from tasks.judging.evidence import ArmTally, Evidence, FieldTally, PairTally, RoleEvidence, Routed
from tasks.judging.moments import Moments
from tasks.judging.observations import Arm, Call, Window
from tasks.judging.policy import Policy
from tasks.judging.ratios import log_ratio


def aggregate(calls: Iterable[Call], policy: Policy, window: Window) -> Evidence:
    """Evidence of all roles. Calls outside the window count for every rate and pair, but cover no bucket."""
    by_role: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        by_role[call.role].append(call)
    return Evidence(
        window=window,
        roles={role: _role(of_role, policy, window) for role, of_role in sorted(by_role.items())},
        last_seen=max((call.at for of_role in by_role.values() for call in of_role), default=None),
    )


def spoiled(call: Call) -> bool:
    """Whether a call counts as harm: an invariant broken in the answer fails the call."""
    return bool(call.failed or call.placeholders or call.echoes)


def _role(calls: Sequence[Call], policy: Policy, window: Window) -> RoleEvidence:
    arms: dict[Arm, list[Call]] = {"incumbent": [], "candidate": []}
    for call in calls:
        arms[call.arm].append(call)
    return RoleEvidence(
        incumbent=_arm(arms["incumbent"], policy),
        candidate=_arm(arms["candidate"], policy),
        pairs=_pairs(calls, policy),
        routed=_routed(calls),
        buckets=_buckets(arms["candidate"], window),
    )


def _arm(calls: Sequence[Call], policy: Policy) -> ArmTally:
    answers = [call for call in calls if not call.failed]
    scores = [call.score for call in answers if call.score is not None]
    return ArmTally(
        calls=len(calls),
        runs=len({call.run_id for call in calls}),
        failures=len(calls) - len(answers),
        placeholders=sum(call.placeholders > 0 for call in answers),
        echoes=sum(call.echoes > 0 for call in answers),
        spoiled=sum(map(spoiled, calls)),
        scored=len(scores),
        good=sum(score >= policy.good_score for score in scores),
        scores=Moments.of(scores),
        fields=_fields(answers),
        cold_seconds=Moments.of(call.seconds for call in answers if call.cold and call.seconds is not None),
    )


def _fields(answers: Iterable[Call]) -> dict[str, FieldTally]:
    checks: dict[str, list[bool]] = defaultdict(list)
    for call in answers:
        for field, right in call.fields.items():
            checks[field].append(right)
    return {
        field: FieldTally(checked=len(rights), wrong=rights.count(False)) for field, rights in sorted(checks.items())
    }


def _buckets(calls: Iterable[Call], window: Window) -> tuple[int, ...]:
    counts = [0] * window.buckets
    for call in calls:
        index = window.bucket_of(call.at)
        if index is not None:
            counts[index] += 1
    return tuple(counts)


def _routed(calls: Iterable[Call]) -> tuple[Routed, ...]:
    by_weight: dict[float, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for call in calls:
        if call.weight is not None:
            by_weight[call.weight][call.arm] += 1
            by_weight[call.weight][f"{call.arm}_spoiled"] += spoiled(call)
    return tuple(Routed.model_validate({"weight": weight, **counts}) for weight, counts in sorted(by_weight.items()))


class _Side(NamedTuple):
    """What one arm answered to one input."""

    score: float | None
    seconds: float | None
    cost: float | None


def _side(calls: Sequence[Call]) -> _Side:
    """The valid answers of one arm to one input; repeats are averaged, and one unknown cost makes the cost unknown."""
    if len(calls) == 1:  # nearly always, and four times as fast
        return _Side(calls[0].score, None if calls[0].cold else calls[0].seconds, calls[0].cost)
    costs = [call.cost for call in calls if call.cost is not None]
    return _Side(
        score=_mean([call.score for call in calls if call.score is not None]),
        seconds=_mean([call.seconds for call in calls if call.seconds is not None and not call.cold]),
        cost=_mean(costs) if len(costs) == len(calls) else None,
    )


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _pairs(calls: Iterable[Call], policy: Policy) -> PairTally:
    asked: dict[str, tuple[list[Call], list[Call]]] = defaultdict(lambda: ([], []))
    for call in calls:
        if call.pair_id is not None:
            asked[call.pair_id][call.arm == "candidate"].append(call)
    both = [sides for sides in asked.values() if all(sides)]
    answered = [tuple([call for call in side if not call.failed] for side in sides) for sides in both]
    sides = [(_side(incumbent), _side(candidate)) for incumbent, candidate in answered if incumbent and candidate]
    scores = [(a.score, b.score) for a, b in sides if a.score is not None and b.score is not None]
    logs = [log_ratio(a.seconds, b.seconds) for a, b in sides if a.seconds is not None and b.seconds is not None]
    good = [(a >= policy.good_score, b >= policy.good_score) for a, b in scores]
    slow = log_ratio(1.0, policy.latency_limit)
    return PairTally(
        pairs=len(both),
        incomplete=len(both) - len(sides),
        scores=Moments.of(b - a for a, b in scores),
        worse=good.count((True, False)),
        better=good.count((False, True)),
        seconds=Moments.of(logs),
        slower=sum(log > slow for log in logs),
        costs=CostPairs.of((a.cost, b.cost) for a, b in sides),
    )
