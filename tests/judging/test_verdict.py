"""Given a gate, when these calls are seen, then this verdict, with the sentence that proves it."""

from datetime import timedelta
from itertools import product

import pytest

from tasks.judging.alarms import crooked_routers
from tasks.judging.evidence import Circumstances, Evidence
from tasks.judging.observations import Arm, Window
from tasks.judging.planning import GatePlan, Passage, plan_gate
from tasks.judging.policy import Policy, protected
from tasks.judging.verdict import Situation, decide, judge
from tests.judging.given import (
    AFTER,
    DURING,
    LABELS,
    ONLY_FAILURES,
    PASSAGE,
    START,
    WINDOW,
    broken,
    call,
    evidence,
    failing,
    gate,
    pairs,
    verdict,
    workload,
)


def test_a_candidate_like_the_incumbent_passes_after_the_window() -> None:
    found = verdict(pairs())
    assert (found.state, found.act, found.missing, found.alarms) == ("pass", "ask_for_approval", (), ())
    assert found.sentence.startswith("Pass: 7 of 7 requirements proven")


def test_nothing_passes_before_the_window_is_over() -> None:
    found = verdict(pairs(), circumstances=Circumstances(now=WINDOW.end - timedelta(minutes=6)))
    assert (found.state, found.act, found.cheapest) == ("inconclusive", "wait", "")
    assert found.missing == ("The window ends in 6 minutes.",)
    assert found.sentence == "Inconclusive: 7 of 7 requirements proven so far. The window ends in 6 minutes."


def test_an_empty_series_is_never_a_pass() -> None:
    found = verdict([])
    assert (found.state, found.act) == ("inconclusive", "hold")
    assert all(p.finding == "open" and "no data is never a proof" in p.sentence for p in found.proofs)


@pytest.mark.parametrize("changed", [(), ("stage-2",)])
def test_a_plan_without_requirements_never_passes(changed: tuple[str, ...]) -> None:
    found = verdict(pairs(), GatePlan(policy=Policy(), changed=changed, passage=PASSAGE))
    assert (found.state, found.act) == ("inconclusive", "hold")
    subject = "stage-2" if changed else "The phase"
    assert f"{subject}: nothing is required, so nothing can be proven." in found.missing
    assert found.cheapest == ""


def test_a_refused_plan_never_passes() -> None:
    found = verdict(pairs(), gate(failure_rate=0.5))
    assert found.act == "hold"
    assert found.missing[0].startswith("The plan was refused: Stage 2: with the expected failures")


@pytest.mark.parametrize("calls", [3, 25, 480])
def test_a_dead_stage_fails_after_three_calls_even_during_the_window(calls: int) -> None:
    found = verdict(pairs(calls, failed=True, score=None)[: 2 * 3], circumstances=DURING)
    assert (found.state, found.act) == ("fail", "roll_back")
    assert found.alarms[0] == (
        "Stage 2: 3 failed or spoiled calls of 3 (agreed: 1 %); the evidence of harm is 22,360, at or above the alarm at 75."
    )
    assert found.sentence == f"Fail: harm is proven. {found.alarms[0]}"


@pytest.mark.parametrize(
    ("calls", "of_candidate", "evidence"),
    [(480, 0, "0.0013, below the alarm at 75."), (480, 480, "e^1876, at or above the alarm at 75."), (1, 1, "15,")],
)
def test_evidence_of_harm_is_readable_at_any_size(calls: int, of_candidate: int, evidence: str) -> None:
    reading = verdict(broken(pairs(calls), of_candidate, failed=True)).harm[0]
    assert evidence in reading.sentence


def test_harm_in_a_stage_that_was_not_changed_fails_too() -> None:
    found = verdict([*pairs(), *pairs(4, role="stage-9", failed=True, score=None)])
    assert (found.state, found.alarms[0][:8]) == ("fail", "Stage 9:")


def test_placeholders_are_harm() -> None:
    assert verdict(broken(pairs(), 20, placeholders=1)).act == "roll_back"


def test_worse_answers_are_harm() -> None:
    found = verdict(broken(pairs(), 40, score=60), circumstances=DURING)
    assert found.alarms[0].startswith("Stage 2: 40 inputs worse and 0 better")


def test_slower_answers_are_harm() -> None:
    found = verdict(pairs(20, seconds=9.0), circumstances=DURING)
    assert found.alarms[0].startswith("Stage 2: 20 inputs slower by more than the allowed ratio, 0 not")


def test_failures_beyond_the_candidates_share_of_a_canary_are_harm() -> None:
    policy = Policy(watched=("excess",))
    calls = [call(n, weight=0.1, pair_id=None, failed=n < 5) for n in range(50)]
    calls += [call(n, "incumbent", weight=0.1, pair_id=None) for n in range(450)]
    found = verdict(calls, gate(policy), DURING)
    assert found.alarms[0].startswith(
        "Stage 2: 5 failed or spoiled runs of the candidate and 0 of the incumbent in the canary"
    )


def test_a_router_draws_runs_and_not_their_calls() -> None:
    """Ninety runs of ten calls each, nine of them sent to the candidate: exactly the weight."""
    calls = [
        call(n, "candidate" if n // 10 % 10 == 0 else "incumbent", run_id=f"run-{n // 10}", weight=0.1, pair_id=None)
        for n in range(900)
    ]
    assert crooked_routers(gate(), evidence(calls)) == ()
    (routed,) = evidence(calls).role("stage-2").routed
    assert (routed.candidate, routed.incumbent) == (9, 81)


@pytest.mark.parametrize("changed", [("stage-5", "stage-2"), ("stage-2", "stage-5")])
def test_runs_that_broke_off_before_a_role_do_not_make_the_router_crooked(changed: tuple[str, ...]) -> None:
    arms: tuple[Arm, Arm] = ("incumbent", "candidate")
    calls = [call(n, arm, weight=0.5, failed=arm == "candidate" and n % 2 == 0) for n in range(200) for arm in arms]
    calls += [made.model_copy(update={"role": "stage-5"}) for made in calls if not made.failed]
    plan = gate(changed=changed)
    assert crooked_routers(plan, evidence(calls)) == ()
    (sentence,) = crooked_routers(plan, evidence(made for made in calls if made.role == "stage-5"))
    assert sentence.startswith("Stage 5: 100 of 300 runs went to the candidate at a weight of 50 %")


def test_one_placeholder_fails_a_protected_role() -> None:
    plan = gate(protected())
    found = verdict(broken(pairs(), 1, placeholders=1), plan)
    assert found.alarms == (
        "Stage 2: 1 answer with placeholders and 0 answers with echoes of the prompt; this policy tolerates none.",
    )
    assert verdict(broken(pairs(), 1, echoes=1), plan).act == "roll_back"
    assert verdict(pairs(), plan).alarms == ()


def test_a_reason_from_outside_fails_at_once() -> None:
    reasons = Circumstances(now=DURING.now, alarms=("The probe of the incumbent failed.",))
    assert (
        verdict(pairs(), circumstances=reasons).sentence == "Fail: harm is proven. The probe of the incumbent failed."
    )


def test_a_doubt_from_outside_holds_a_gate_that_would_pass() -> None:
    found = verdict(pairs(), circumstances=Circumstances(now=WINDOW.end, doubts=("The last drill is 9 days old.",)))
    assert (found.state, found.act, found.missing) == ("inconclusive", "hold", ("The last drill is 9 days old.",))


def test_a_refuted_requirement_fails_when_the_window_is_over_and_not_before() -> None:
    costly = pairs(cost=0.02)
    assert verdict(costly, circumstances=DURING).act == "wait"
    found = verdict(costly)
    assert (found.state, found.act) == ("fail", "roll_back")
    assert found.sentence.startswith("Fail: 1 requirement refuted. Stage 2: on 480 inputs the candidate costs 2.0")


def test_live_traffic_offers_to_wait() -> None:
    plan = gate(live_calls_per_hour=10, live_pairs_per_hour=5, score_sd=10)
    found = verdict(pairs(60), plan)
    assert "Replay 413 inputs through both lineups, 95 of them not asked before (Stage 2)" in found.cheapest
    assert found.cheapest.endswith(", extend the window by 42 hours, or stop.")


def test_pairs_that_never_come_from_live_traffic_have_to_be_replayed() -> None:
    assert "extend" not in verdict(pairs(60), gate(live_calls_per_hour=10, score_sd=10)).cheapest


def test_uncovered_hours_hold_the_gate() -> None:
    found = verdict([made.model_copy(update={"at": START}) for made in pairs()])
    assert found.missing == ("Stage 2: 1 of 24 parts of the window have 2 calls or more; 20 are needed.",)
    assert found.cheapest == "Extend the window by 19.0 hours, or stop."


def test_uncovered_hours_and_missing_calls_are_mended_together() -> None:
    found = verdict(pairs(480)[:400], gate(ONLY_FAILURES))
    assert found.cheapest.endswith("while the window is extended by 10.0 hours, or stop.")


def test_unknown_money_is_said() -> None:
    plan = gate(ONLY_FAILURES, passage=Passage(calls=26, seconds=60, money=None))
    assert "cost unknown" in verdict(pairs(400), plan).cheapest


def test_a_claim_that_is_required_holds_or_fails_the_gate() -> None:
    found = verdict(pairs(), gate(Policy(claim_required=True)))
    assert (found.state, 'the claim "10 % faster" is refuted' in found.sentence) == ("fail", True)


def test_a_crooked_router_holds_the_gate() -> None:
    calls = [made.model_copy(update={"weight": 0.1}) for made in pairs()]
    found = verdict(calls)
    assert (found.act, found.missing[0]) == (
        "hold",
        "Stage 2: 480 of 960 runs went to the candidate at a weight of 10 %; the arms cannot be compared until that is"
        " explained.",
    )


@pytest.mark.parametrize(("exposed", "act"), [(True, "roll_back"), (False, "wait")])
def test_an_hour_without_calls_takes_an_exposed_candidate_back(exposed: bool, act: str) -> None:
    early = [made for made in pairs() if made.at < START + timedelta(hours=5)]
    found = verdict(early, circumstances=Circumstances(now=START + timedelta(hours=7), exposed=exposed))
    assert (found.state, found.act) == ("inconclusive", act)
    assert found.missing[0].startswith("No call has been seen for 2.")


@pytest.mark.parametrize("window", [Window(start=START, length=timedelta(hours=1)), Window(start=START, buckets=1)])
def test_another_window_than_the_planned_one_holds_the_gate(window: Window) -> None:
    found = judge(gate(), Evidence(window=window), AFTER)
    assert "The window is not the one that was planned." in found.missing


def test_every_changed_role_has_to_be_proven() -> None:
    both = gate(changed=("stage-2", "stage-3"))
    assert verdict(pairs(), both).act == "hold"
    assert verdict([*pairs(), *pairs(role="stage-3")], both).act == "ask_for_approval"


def test_a_changed_role_left_out_of_the_requirements_never_passes() -> None:
    lame = plan_gate(Policy(), ("stage-2",), (workload(),), PASSAGE, labels=LABELS).model_copy(
        update={"changed": ("stage-2", "x")}
    )
    found = verdict([*pairs(), *pairs(role="x")], lame)
    assert (found.act, found.missing) == ("hold", ("x: nothing is required, so nothing can be proven.",))


def test_the_verdict_names_plan_and_evidence_by_digest_and_is_repeatable() -> None:
    first, second = verdict(failing(1)), verdict(failing(1))
    assert first == second
    assert (first.plan_digest, len(first.evidence_digest or "")) == (gate().digest(), 64)


def test_the_whole_table_of_decisions() -> None:
    for s in (Situation(*flags) for flags in product((True, False), repeat=7)):
        state, act = decide(s)
        lost = s.blind and s.exposed
        clean = s.over and s.proven and not (s.harm or s.refuted or s.doubt or lost)
        assert (state == "pass") is (act == "ask_for_approval") is clean
        assert (state == "fail") is (s.harm or (s.over and s.refuted and not lost))
        assert (act == "roll_back") is (state == "fail" or lost)
        assert (act == "wait") is (not s.over and not s.harm and not lost)
