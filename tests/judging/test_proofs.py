"""Given these calls, then this proof of a requirement, in words an engineer can check."""

from typing import Any

import pytest

from tasks.judging.observations import Call
from tasks.judging.policy import FieldRule, Policy
from tests.judging.given import ONLY_FAILURES, broken, failing, gate, pairs, proof, verdict, with_ratio


def test_the_proof_sentence_tells_the_engineer_what_was_seen_and_shown() -> None:
    found = proof(verdict(failing(1, of=480)), "failures")
    assert found.sentence == (
        "Stage 2: 1 failure in 480 calls; the failure rate is below 0.99 % with 95 % confidence, the limit is 1 %."
    )
    assert (found.finding, found.n, found.more, found.advice) == ("proven", 480, None, "")


def test_two_failures_leave_the_plan_open_and_say_how_many_more_calls_settle_it() -> None:
    found = verdict(failing(2), gate(ONLY_FAILURES))
    assert (found.act, proof(found, "failures").more) == ("hold", 628 - 480)
    assert found.missing == ("Stage 2: 148 more calls without a failure.",)
    assert proof(found, "failures").sentence.endswith("with 95 % confidence, which does not prove the limit of 1 %.")
    assert found.cheapest == (
        "Replay 148 inputs through both lineups (Stage 2) (about 2.5 hours one after the other, cost 37.00), or stop."
    )


def test_failures_at_the_limit_are_not_to_be_proven_by_more_calls() -> None:
    found = verdict(failing(5), gate(ONLY_FAILURES))
    assert (found.act, proof(found, "failures").more) == ("hold", None)
    assert found.cheapest == "Stop: more data would not settle all of it."


def test_a_clean_series_shorter_than_the_plan_is_open() -> None:
    found = verdict(pairs(400), gate(ONLY_FAILURES))
    assert proof(found, "failures").sentence.endswith("the limit is 1 %; the plan is 473 calls.")
    assert found.missing == ("Stage 2: 73 more calls without a failure.",)


def test_an_unknown_price_in_the_evidence_is_never_a_pass() -> None:
    found = verdict(broken(pairs(), 1, cost=None))
    assert (found.act, proof(found, "cost").finding, proof(found, "cost").more) == ("hold", "open", None)
    assert "an unknown cost is never a pass" in proof(found, "cost").sentence
    assert found.missing == ("Stage 2: set the prices in both model blocks; more calls do not help.",)


def test_a_candidate_that_is_no_longer_free_is_refuted() -> None:
    calls = [made.model_copy(update={"cost": 0.0}) if made.arm == "incumbent" else made for made in pairs()]
    assert "the incumbent is free and the candidate is not" in verdict(calls).sentence
    free = proof(verdict([made.model_copy(update={"cost": 0.0}) for made in pairs()]), "cost")
    assert (free.finding, free.sentence) == ("proven", "Stage 2: on 480 inputs the candidate is free.")


@pytest.mark.parametrize(("ratio", "finding"), [(0.7, "proven"), (0.895, "open"), (1.0, "refuted")])
def test_the_claim_to_be_faster_is_reported_and_not_required(ratio: float, finding: str) -> None:
    claim = proof(verdict(with_ratio(pairs(200), ratio, 0.1)), "claim")
    assert (claim.finding, claim.requirement.required) == (finding, False)
    assert f'the claim "10 % faster" is {finding}.' in claim.sentence


def test_lower_quality_is_open_or_refuted() -> None:
    lower = [m.model_copy(update={"score": 96.0 - n % 4}) if m.arm == "candidate" else m for n, m in enumerate(pairs())]
    quality = proof(verdict(lower, gate(Policy(demands=("quality",), watched=("failures",)))), "quality")
    assert quality.finding == "refuted"
    assert ", the margin is -2.00." in quality.sentence


def test_equal_scores_are_counted() -> None:
    calls = [made.model_copy(update={"score": 100.0}) for made in pairs(59)]
    plan = gate(Policy(demands=("quality",)))
    assert (
        "fewer than 5 % of inputs go beyond the limit with 95 % confidence"
        in proof(verdict(calls, plan), "quality").sentence
    )
    fewer = proof(verdict(calls[: 2 * 50], plan), "quality")
    assert (fewer.finding, fewer.more) == ("open", 9)
    worse = [m.model_copy(update={"score": 96.0}) if m.arm == "candidate" else m for m in calls]
    assert "all of them go beyond the limit" in proof(verdict(worse, plan), "quality").sentence


@pytest.mark.parametrize(
    ("ratio", "curable", "advice"),
    [
        (1.08, True, "more inputs through both models for latency."),
        (1.12, False, "latency is on average beyond the limit; more pairs would not prove it."),
    ],
)
def test_an_open_ratio_says_whether_more_pairs_would_settle_it(ratio: float, curable: bool, advice: str) -> None:
    calls = with_ratio(pairs(60), ratio, 0.25)
    latency = proof(verdict(calls, gate(Policy(demands=("latency",)))), "latency")
    assert (latency.finding, latency.more is not None) == ("open", curable)
    assert latency.advice.endswith(advice)
    assert ", which does not prove it." in latency.sentence


def test_inputs_without_both_answers_are_named() -> None:
    assert "(1 input without both answers left out)" in proof(verdict(failing(1)), "latency").sentence


def test_calls_that_loaded_the_model_are_named_beside_the_ratio() -> None:
    made = [
        one.model_copy(update={"cold": one.arm == "candidate" and n < 4, "seconds": 2.0})
        for n, one in enumerate(pairs())
    ]
    found = proof(verdict(made), "latency")
    assert "Left out: 2 calls that loaded the model first, 2.0 s on average." in found.sentence
    assert found.n == 478
    assert "Left out" not in proof(verdict(made), "quality").sentence


def test_many_calls_of_few_runs_are_worth_few() -> None:
    calls = [made.model_copy(update={"run_id": f"run-{n // 26}"}) for n, made in enumerate(pairs(624))]
    found = proof(verdict(calls, gate(ONLY_FAILURES)), "failures")
    assert (found.n, found.finding) == (48, "open")
    assert "0 failures in 624 calls, worth 48 independent ones" in found.sentence
    trusted = gate(Policy(demands=("failures",), icc=0.0))
    assert proof(verdict(calls, trusted), "failures").finding == "proven"


@pytest.mark.parametrize(("wrong", "finding"), [(0, "proven"), (1, "proven"), (2, "open"), (12, "refuted")])
def test_fields_of_transcripts(wrong: int, finding: str) -> None:
    policy = Policy(demands=(), fields=(FieldRule(role="stage-2", field="amount"),), failure_limit=0.4)
    calls = [made.model_copy(update={"fields": {"amount": True}}) for made in pairs(48)]
    found = proof(verdict(broken(calls, wrong, fields={"amount": False}), gate(policy)), "field")
    assert found.finding == finding
    assert found.sentence.startswith(f"Stage 2, amount: {wrong} wrong value{'s' * (wrong != 1)} in 48 transcripts; ")


def test_a_field_nobody_checked_is_open() -> None:
    policy = Policy(demands=(), fields=(FieldRule(role="stage-2", field="amount"),))
    found = verdict(pairs(), gate(policy))
    assert found.proofs[0].sentence == "Stage 2, amount: not one transcript was seen, and no data is never a proof."
    assert found.missing == ("Stage 2, amount: 46 more transcripts with the right value.",)


def test_a_field_of_calls_that_all_failed_is_wrong_in_each() -> None:
    policy = Policy(demands=(), fields=(FieldRule(role="stage-2", field="amount"),))
    found = verdict(pairs(3, failed=True, score=None, fields={}), gate(policy)).proofs[0]
    assert found.sentence.startswith("Stage 2, amount: 3 wrong values in 3 transcripts; ")


def test_too_few_good_answers_ask_for_other_inputs() -> None:
    found = proof(verdict(pairs(90), gate(Policy(demands=("good_share",)))), "good_share")
    assert found.advice == "Stage 2: 3 more calls with a good score on other inputs."
    assert proof(verdict(pairs(470)), "failures").advice == "Stage 2: 3 more calls without a failure."


def test_an_open_cost_says_how_many_more_pairs_settle_it() -> None:
    cost = proof(verdict(with_ratio(pairs(60), 1.03, 0.15, of="cost")), "cost")
    assert (cost.finding, cost.advice) == ("open", "Stage 2: 323 more inputs through both models for cost.")


def test_a_plan_just_reached_and_still_open_asks_for_more() -> None:
    latency = proof(verdict(with_ratio(pairs(43), 1.05, 0.35)), "latency")
    assert (latency.finding, latency.n, (latency.more or 0) > 0) == ("open", 43, True)
    assert latency.sentence.endswith(", which does not prove it.")


@pytest.mark.parametrize(
    ("ratio", "sentence"),
    [
        (
            1.0,
            "1.000 times as long as the incumbent; with 95 % confidence the ratio is at most 1.021, the limit is 1.10.",
        ),
        (
            1.2,
            "1.200 times as long as the incumbent; with 95 % confidence the ratio is at least 1.176, the limit is 1.10.",
        ),
    ],
)
def test_a_ratio_is_shown_with_the_bound_that_decides(ratio: float, sentence: str) -> None:
    latency = proof(verdict(with_ratio(pairs(100), ratio, 0.12)), "latency")
    assert latency.sentence == f"Stage 2: on 100 inputs the candidate takes {sentence}"


@pytest.mark.parametrize(
    ("lower", "sentence"), [(0.0, "at least -0.20 (t and ABC)"), (6.0, "at most -5.80 (t and ABC)")]
)
def test_a_difference_in_quality_is_shown_with_the_bound_that_decides(lower: float, sentence: str) -> None:
    scored = [
        made.model_copy(update={"score": 98 + (-1) ** (n // 2) - lower if n % 2 else 98.0})
        for n, made in enumerate(pairs(72))
    ]
    assert (
        f"; with 95 % confidence it is {sentence}, the margin is -2.00." in proof(verdict(scored), "quality").sentence
    )


def test_nothing_observed_has_no_estimate() -> None:
    assert {found.estimate for found in verdict([]).proofs} == {None}


def test_a_failed_call_counts_as_a_bad_score_and_as_a_wrong_field() -> None:
    policy = Policy(demands=("good_share",), fields=(FieldRule(role="stage-2", field="amount"),))
    calls = [made.model_copy(update={"fields": {} if made.failed else {"amount": True}}) for made in failing(3, of=100)]
    scores, fields = verdict(calls, gate(policy)).proofs
    assert scores.sentence.startswith("Stage 2: 3 calls that failed or scored too low in 100 calls; ")
    assert fields.sentence.startswith("Stage 2, amount: 3 wrong values in 100 transcripts; ")


@pytest.mark.parametrize(("failures", "finding", "more"), [(1, "proven", None), (2, "open", 155), (5, "open", None)])
def test_the_plan_is_reached_with_its_last_call(failures: int, finding: str, more: int | None) -> None:
    found = proof(verdict(failing(failures, of=473), gate(ONLY_FAILURES)), "failures")
    assert (found.finding, found.more, "the plan is" in found.sentence) == (finding, more, False)


def test_a_plan_not_reached_asks_for_the_pairs_that_lack() -> None:
    latency = proof(verdict(pairs(30)), "latency")
    assert (latency.more, latency.sentence.endswith("; the plan is 43 inputs.")) == (13, True)


def repeated(inputs: int, times: int, **of_candidate: Any) -> list[Call]:
    """The same few inputs asked again and again of both arms, each time as a pair and two runs of its own."""
    made = pairs(inputs * times, **of_candidate)
    return [one.model_copy(update={"input_id": f"brief-{n // 2 % inputs}"}) for n, one in enumerate(made)]


def test_copies_of_one_brief_do_not_prove_the_share_of_good_answers() -> None:
    found = proof(verdict(repeated(1, 480)), "good_share")
    assert (found.finding, found.n, found.more) == ("open", 1, 92)
    assert "in 480 calls on 1 different input, worth 1 independent one;" in found.sentence
    assert "the plan is 93 calls, each on a different input" in found.sentence
    assert proof(verdict(repeated(93, 2)), "good_share").finding == "proven"


@pytest.mark.parametrize("demand", ["quality", "latency", "claim", "cost"])
def test_copies_of_one_brief_are_one_pair(demand: str) -> None:
    found = proof(verdict(repeated(1, 480)), demand)
    assert (found.finding, found.n) == ("open", 1)
    assert "on 1 input " in found.sentence


def test_a_failure_rate_is_proven_by_calls_whatever_they_are_about() -> None:
    assert proof(verdict(repeated(1, 480)), "failures").finding == "proven"


def test_copies_of_two_transcripts_are_two_transcripts() -> None:
    policy = Policy(demands=(), fields=(FieldRule(role="stage-2", field="amount"),), failure_limit=0.4)
    found = proof(verdict(repeated(2, 23, fields={"amount": True}), gate(policy)), "field")
    assert (found.finding, found.n) == ("open", 2)
    assert "0 wrong values in 46 checks of 2 transcripts; " in found.sentence
