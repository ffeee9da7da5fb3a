"""From calls to counts and moments; what is left out, and what counts against the candidate."""

from datetime import timedelta
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.judging.evidence import ArmTally, FieldTally, PairTally, RoleEvidence, Routed
from tasks.judging.observations import Call, Window
from tasks.judging.policy import Policy
from tests.judging.given import START, WINDOW, call, evidence, pairs


def candidate(*calls: Call) -> ArmTally:
    return evidence(calls).role("stage-2").candidate


def seen(*calls: Call) -> RoleEvidence:
    return evidence(calls).role("stage-2")


def test_arms_and_roles_are_counted_apart() -> None:
    found = evidence([call(1), call(2), call(1, "incumbent"), call(1, role="stage-3")])
    assert (found.role("stage-2").candidate.calls, found.role("stage-2").incumbent.calls) == (2, 1)
    assert found.role("stage-3").candidate.calls == 1


def test_an_unseen_role_has_empty_evidence() -> None:
    assert evidence([]).role("stage-2") == RoleEvidence(buckets=(0,) * 24)
    assert evidence([]).last_seen is None


def test_a_failed_call_has_no_answer_to_count_in() -> None:
    broken = call(1, failed=True, score=None, placeholders=2)
    tally = candidate(broken, call(2, placeholders=1), call(3, echoes=4), call(4), call(5))
    assert (tally.failures, tally.placeholders, tally.echoes, tally.spoiled, tally.scored) == (1, 1, 1, 3, 4)


def test_scores_are_good_from_the_threshold_on() -> None:
    tally = candidate(call(1, score=95), call(2, score=94.9), call(3, score=None), call(4, score=100))
    assert (tally.scored, tally.good, tally.scores.mean) == (3, 2, pytest.approx(289.9 / 3))


def test_runs_are_counted_once() -> None:
    assert candidate(call(1, run_id="a"), call(2, run_id="a"), call(3, run_id="b")).runs == 2


def test_fields_are_counted_by_name() -> None:
    tally = candidate(call(1, fields={"amount": True, "email": False}), call(2, fields={"amount": False}))
    assert tally.fields == {
        "amount": FieldTally(checked=2, wrong=1, transcripts=2),
        "email": FieldTally(checked=1, wrong=1, transcripts=1),
    }


def test_cold_calls_are_kept_out_of_ratios_and_reported() -> None:
    found = seen(call(1, cold=True, seconds=60), call(1, "incumbent", seconds=2), call(2, seconds=3))
    assert (found.pairs.pairs, found.pairs.seconds.n) == (1, 0)
    assert (found.candidate.cold_seconds.n, found.candidate.cold_seconds.mean) == (1, 60)


def test_a_pair_needs_an_answer_from_both() -> None:
    found = seen(call(1), call(1, "incumbent", failed=True), call(2), call(3), call(3, "incumbent")).pairs
    assert (found.pairs, found.incomplete, found.scores.n) == (2, 1, 1)


def test_calls_without_a_partner_make_no_pairs() -> None:
    assert seen(call(1, pair_id=None), call(1, "incumbent", pair_id=None)).pairs.pairs == 0


def test_repeats_of_an_input_are_one_difference() -> None:
    repeats = [call(n, arm, pair_id="x", score=s) for n, arm, s in ((1, "candidate", 90), (2, "candidate", 100))]
    found = seen(*repeats, call(3, "incumbent", pair_id="x", score=96)).pairs
    assert (found.scores.n, found.scores.mean, found.worse) == (1, -1, 0)


def test_repeats_are_averaged_over_what_was_measured() -> None:
    first, second = call(1, pair_id="x", seconds=4, cost=0.02), call(2, pair_id="x", seconds=9, cost=None, cold=True)
    third = call(3, pair_id="x", seconds=6, cost=0.04)
    other = call(4, "incumbent", pair_id="x", seconds=5, cost=0.03)
    found = seen(first, second, third, other).pairs
    assert (found.seconds.mean, found.costs.unknown) == (0.0, 1)
    assert seen(first, third, other).pairs.costs.logs.mean == pytest.approx(0.0)
    assert seen(second, second, other).pairs.seconds.n == 0
    unmeasured = call(5, pair_id="x", seconds=None, score=None)
    assert seen(first, unmeasured, other).pairs.seconds.mean == pytest.approx(log(4 / 5))


@pytest.mark.parametrize(
    ("incumbent", "of_candidate", "worse", "better"),
    [(95, 90, 1, 0), (90, 100, 0, 1), (100, 95, 0, 0), (80, 60, 0, 0)],
)
def test_worse_and_better_are_changes_between_good_and_not(
    incumbent: float, of_candidate: float, worse: int, better: int
) -> None:
    found = seen(call(1, score=of_candidate), call(1, "incumbent", score=incumbent)).pairs
    assert (found.worse, found.better) == (worse, better)


@pytest.mark.parametrize(("seconds", "slower"), [(11.1, 1), (10.9, 0), (5.0, 0)])
def test_slower_means_beyond_the_allowed_ratio(seconds: float, slower: int) -> None:
    assert seen(call(1, seconds=seconds), call(1, "incumbent", seconds=10)).pairs.slower == slower


@pytest.mark.parametrize("missing", [{"score": None}, {"seconds": None}, {"cost": None}])
def test_what_was_not_measured_makes_no_difference(missing: dict[str, None]) -> None:
    found = seen(call(1, **missing), call(1, "incumbent")).pairs
    assert (found.scores.n, found.seconds.n, found.costs.logs.n).count(0) == 1
    assert found.costs.unknown == ("cost" in missing)


def test_routed_calls_are_counted_by_weight() -> None:
    calls = [call(1, weight=0.1, failed=True), call(2, "incumbent", weight=0.1), call(3, weight=0.5), call(4)]
    assert seen(*calls).routed == (
        Routed(weight=0.1, candidate=1, incumbent=1, candidate_spoiled=1),
        Routed(weight=0.5, candidate=1),
    )


def test_only_calls_inside_the_window_cover_it() -> None:
    at = [START - timedelta(seconds=1), START, START + timedelta(hours=23.9), WINDOW.end]
    buckets = seen(*(call(n, at=when) for n, when in enumerate(at))).buckets
    assert (len(buckets), sum(buckets), buckets[0], buckets[23]) == (24, 2, 1, 1)


def test_a_window_of_seconds_has_the_same_parts() -> None:
    window = Window(start=START, length=timedelta(seconds=12))
    assert [window.bucket_of(START + timedelta(seconds=s)) for s in (0, 0.6, 11.9, 12)] == [0, 1, 23, None]


@given(st.permutations(range(40)))
def test_the_order_of_calls_does_not_matter(order: list[int]) -> None:
    calls = pairs(20)
    assert evidence([calls[index] for index in order]).digest() == evidence(calls).digest()


def test_equal_evidence_has_equal_digests_and_other_evidence_another() -> None:
    assert evidence(pairs(5)).digest() == evidence(pairs(5)).digest() != evidence(pairs(6)).digest()


@pytest.mark.parametrize(
    "wrong",
    [{"at": START.replace(tzinfo=None)}, {"score": 101}, {"seconds": 0}, {"cost": float("nan")}, {"model": "x"}],
)
def test_impossible_calls_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        call(1, **wrong)


@pytest.mark.parametrize(
    ("tally", "counts"),
    [
        (ArmTally, {"calls": 3, "failures": 4, "spoiled": 4}),
        (ArmTally, {"calls": 3, "failures": 2, "spoiled": 1}),
        (ArmTally, {"calls": 3, "runs": 4}),
        (ArmTally, {"calls": 3, "scored": 1, "good": 2}),
        (ArmTally, {"calls": 3, "failures": 1, "spoiled": 1, "scored": 3}),
        (ArmTally, {"calls": 3, "placeholders": 4}),
        (ArmTally, {"calls": 3, "echoes": 4}),
        (FieldTally, {"checked": 1, "wrong": 2, "transcripts": 1}),
        (FieldTally, {"checked": 1, "wrong": 0, "transcripts": 2}),
        (ArmTally, {"calls": 3, "inputs": 4}),
        (PairTally, {"pairs": 1, "incomplete": 2}),
        (PairTally, {"pairs": 1, "worse": 1}),
        (PairTally, {"pairs": 1, "slower": 1}),
    ],
)
def test_counts_of_a_wrong_query_are_refused(tally: type[ArmTally], counts: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="the counts do not belong together"):
        tally(**counts)


def test_counts_that_just_fit_are_accepted() -> None:
    ArmTally(calls=3, runs=3, failures=1, spoiled=1, scored=2, good=2, placeholders=2, echoes=2)
    PairTally(pairs=1, incomplete=1)


def test_repeats_of_one_input_are_one_pair_with_their_mean_difference() -> None:
    calls = [
        call(n, arm, pair_id=f"pair-{n}", input_id="brief", score=score)
        for n, scores in enumerate([(96, 90), (96, 100), (96, 99)])
        for arm, score in zip(("incumbent", "candidate"), scores, strict=True)
    ]  # fmt: skip
    found = seen(*calls).pairs
    assert (found.pairs, found.scores.n, found.scores.mean) == (1, 1, pytest.approx(1 / 3))
    assert (found.worse, found.better) == (1, 0), "the harm watch keeps to what the first time said"
    assert (found.seconds.n, found.costs.pairs) == (1, 1)


def test_an_input_is_incomplete_only_if_no_time_gave_both_answers() -> None:
    once = [call(1, input_id="a", failed=True, score=None), call(1, "incumbent", input_id="a")]
    again = [call(2, input_id="a"), call(2, "incumbent", input_id="a")]
    assert (seen(*once).pairs.incomplete, seen(*once, *again).pairs.incomplete) == (1, 0)


def test_parts_of_one_answer_cost_their_mean() -> None:
    parts = [call(1, pair_id="a", run_id=f"part-{n}", cost=cost, seconds=4.0) for n, cost in enumerate((0.01, 0.03))]
    costs = seen(*parts, call(1, "incumbent", pair_id="a", cost=0.01)).pairs.costs
    assert (costs.pairs, costs.unknown, costs.logs.mean) == (1, 0, pytest.approx(log(2)))


def test_an_input_exactly_at_the_latency_limit_is_not_slower() -> None:
    calls = [call(1, arm, seconds=seconds) for arm, seconds in (("incumbent", 1.0), ("candidate", 2.0))]
    slower = [evidence(calls, Policy(latency_limit=limit)).role("stage-2").pairs.slower for limit in (2.0, 1.9)]
    assert slower == [0, 1]
