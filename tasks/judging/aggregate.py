"""From calls in memory to the evidence of a verdict: one pass over the calls, one over their pairs."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tasks.judging.evidence import ArmTally, Evidence, FieldTally, PairTally, RoleEvidence, Routed
from tasks.judging.moments import Moments
from tasks.judging.observations import Arm, Call, Window
from tasks.judging.pairing import Pair, Side, mean, mean_known, tally_pairs
from tasks.judging.policy import Policy


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
        inputs=len({call.about for call in calls}),
        failed_inputs=len({call.about for call in calls if call.failed}),
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
    checks: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    for call in answers:
        for field, right in call.fields.items():
            checks[field].append((right, call.about))
    return {
        field: FieldTally(
            checked=len(found),
            wrong=sum(not right for right, _ in found),
            transcripts=len({about for _, about in found}),
        )
        for field, found in sorted(checks.items())
    }


def _buckets(calls: Iterable[Call], window: Window) -> tuple[int, ...]:
    counts = [0] * window.buckets
    for call in calls:
        index = window.bucket_of(call.at)
        if index is not None:
            counts[index] += 1
    return tuple(counts)


def _routed(calls: Iterable[Call]) -> tuple[Routed, ...]:
    by_weight: dict[float, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for call in calls:
        if call.weight is not None:
            by_weight[call.weight][call.arm].add(call.run_id)
            if spoiled(call):
                by_weight[call.weight][f"{call.arm}_spoiled"].add(call.run_id)
    return tuple(
        Routed.model_validate({"weight": weight, **{name: len(runs) for name, runs in found.items()}})
        for weight, found in sorted(by_weight.items())
    )


def _pairs(calls: Iterable[Call], policy: Policy) -> PairTally:
    asked: dict[str, tuple[list[Call], list[Call]]] = defaultdict(lambda: ([], []))
    for call in calls:
        if call.pair_id is not None:
            asked[call.pair_id][call.arm == "candidate"].append(call)
    both = [(min(call.at for side in sides for call in side), key, sides) for key, sides in asked.items() if all(sides)]
    return tally_pairs([_pair(*sides) for _, _, sides in sorted(both, key=lambda found: found[:2])], policy)


def _pair(incumbent: Sequence[Call], candidate: Sequence[Call]) -> Pair:
    return Pair(min(call.about for call in (*incumbent, *candidate)), _side(incumbent), _side(candidate))


def _side(calls: Sequence[Call]) -> Side:
    """The valid answers of one arm to one input; those of its parts are averaged."""
    if len(calls) == 1:  # nearly always, and four times as fast
        (call,) = calls
        return Side(not call.failed, call.score, None if call.cold else call.seconds, call.cost)
    valid = [call for call in calls if not call.failed]
    return Side(
        answered=bool(valid),
        score=mean([call.score for call in valid if call.score is not None]),
        seconds=mean([call.seconds for call in valid if call.seconds is not None and not call.cold]),
        cost=mean_known([call.cost for call in valid]),
    )
