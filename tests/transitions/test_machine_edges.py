"""Edges of the table of moves that broken code showed untested: exact limits, and the reasons people read."""

from datetime import timedelta
from typing import Any

import pytest

from flows.transitions.machine import Move, Weigh, extension_refused, override_refused
from tasks.judging.policy import Policy
from tasks.judging.requirements import Proof
from tests.transitions.scenes import given, plan, verdict


def test_an_approval_waits_until_the_blocks_are_as_the_last_move_says() -> None:
    scene = given("MONITORING", canary=True).recorded("weighted", percent=10)
    scene.recorded("moved", to="AWAITING_APPROVAL", reason="").answered("Grace").then(None)


@pytest.mark.parametrize("act", ["ask_for_approval", "roll_back", "hold"])
def test_monitoring_gives_the_verdict_as_its_reason(act: Any) -> None:
    scene = given("MONITORING").when(verdict=verdict(act))
    assert scene.step is not None
    assert scene.step.reason == verdict(act).sentence  # type: ignore[union-attr]


def test_a_rejection_without_a_reason_says_so() -> None:
    given("HELD").answered("Grace", decision="reject", reason="").then(
        "ROLLED_BACK", "Rejected by Grace: no reason given"
    )


def test_blocks_have_ten_minutes_to_follow_and_no_more() -> None:
    scene = given("PROMOTED", settled=False)
    scene.when(after=timedelta(minutes=10)).then(None)
    scene.when(after=timedelta(minutes=10, seconds=1)).then("ROLLED_BACK", "did not reach the blocks in time")


def test_stable_says_why() -> None:
    given("PROMOTED").when(after=timedelta(hours=24)).then("STABLE", "Served a whole window without harm.")


@pytest.mark.parametrize(
    ("steps", "percent", "following"),
    [
        ((), None, None),
        (((0.0, 5), (0.5, 5)), None, 50),
        (((0.5, 5), (1.0, 5)), 50, 100),
        (((0.5, 5), (1.0, 5)), 100, None),
    ],
)
def test_a_canary_of_before_ends_with_everybody_and_sends_nobody_without_a_step(
    steps: tuple[tuple[float, int], ...], percent: int | None, following: int | None
) -> None:
    scene = given("MONITORING", canary=True, policy=Policy(canary=steps))
    scene = scene.recorded("weighted", percent=percent).recorded("settled") if percent else scene
    step = scene.when(verdict=verdict("wait"), step_runs=5).step
    assert (step.percent if isinstance(step, Weigh) else step) == following


def test_a_canary_sends_exactly_the_planned_share_and_says_why() -> None:
    scene = given("MONITORING", canary=True, policy=Policy(canary=((0.99, 5),))).when(verdict=verdict("wait"))
    assert scene.step == Weigh(99, "Monitoring has begun.")
    scene = scene.recorded("weighted", percent=99).recorded("settled").when(step_runs=5)
    assert scene.step == Weigh(100, "5 runs at 99 % without harm.")


@pytest.mark.parametrize(
    "known", [{"harm": ("Drift.",), "verdict": verdict("hold")}, {"verdict": verdict("roll_back")}]
)
def test_harm_of_either_kind_refuses_more_time(known: dict[str, Any]) -> None:
    scene = given("HELD").when(**known)
    assert extension_refused(scene.gate, scene.facts) == "harm is proven"


def test_a_gate_that_was_held_before_monitoring_gets_no_more_time() -> None:
    scene = given("TESTING").recorded("moved", to="HELD", reason="no brief")
    assert extension_refused(scene.gate, scene.facts) == "it never came to monitoring; plan a new gate"


def test_a_refuted_demand_takes_it_back_as_soon_as_the_suite_has_run() -> None:
    wanted = next(one for one in plan().requirements if one.required)
    proofs = tuple(
        Proof.model_construct(requirement=wanted, finding=finding, sentence=f"It is {finding}.")
        for finding in ("proven", "refuted", "open")
    )
    seen = verdict("wait").model_copy(update={"proofs": proofs})
    scene = given("TESTING").when(verdict=seen)
    scene.then(None)
    scene.recorded("tested", outcome="done", detail="").then("ROLLED_BACK", "It is refuted.")


@pytest.mark.parametrize(("state", "hours"), [("AWAITING_APPROVAL", 10), ("HELD", 20)])
def test_people_have_the_time_of_the_policy_for_each_state(state: Any, hours: int) -> None:
    policy = Policy(approval_within=timedelta(hours=10), held_within=timedelta(hours=20))
    scene = given(state, policy=policy).when(verdict=verdict("hold"))
    assert "Nobody decided" not in str(scene.when(after=timedelta(hours=hours - 0.1)).step)
    scene.when(after=timedelta(hours=hours)).then("ROLLED_BACK", f"Nobody decided within {hours} hours.")


def test_only_a_promotion_without_proof_is_marked() -> None:
    proven = given("AWAITING_APPROVAL").answered("Grace").step
    unproven = given("HELD").when(verdict=verdict("hold")).answered("Grace", "Alan").step
    assert isinstance(proven, Move)
    assert isinstance(unproven, Move)
    assert (proven.overridden, unproven.overridden) == (False, True)
    assert (proven.reason, unproven.reason[-36:]) == ("Approved by Grace.", ", although not everything is proven.")


def test_an_incident_lets_a_failed_suite_go_back() -> None:
    given("TESTING").when(verdict=verdict("roll_back"), frozen=True).then("ROLLED_BACK", "fail.")


@pytest.mark.parametrize(
    ("state", "known", "reason"),
    [
        ("PLANNED", {"unmet": ("The drill is old.", "No baseline.")}, "Not started: The drill is old. No baseline."),
        ("PLANNED", {}, "All preconditions hold."),
        ("TESTING", {"verdict": verdict("wait"), "after": timedelta(hours=73)}, "The suite did not come to an end in time."),
        ("HELD", {"verdict": verdict("roll_back")}, "fail."),
        ("PROMOTED", {"after": timedelta(hours=24)}, "Served a whole window without harm."),
    ],
)  # fmt: skip
def test_a_move_says_why_in_a_whole_sentence(state: Any, known: dict[str, Any], reason: str) -> None:
    step = given(state).when(**known).step
    assert isinstance(step, Move)
    assert step.reason == reason


def test_a_promotion_that_comes_too_late_says_so() -> None:
    step = given("PROMOTED", settled=False).when(after=timedelta(minutes=11)).step
    assert step == Move("ROLLED_BACK", "The promotion did not reach the blocks in time.")


def test_a_suite_has_the_whole_time_of_the_policy() -> None:
    scene = given("TESTING", policy=Policy(held_within=timedelta(hours=20))).when(verdict=verdict("wait"))
    scene.when(after=timedelta(hours=20)).then(None)
    scene.when(after=timedelta(hours=20, seconds=1)).then("ROLLED_BACK")


def test_only_a_gate_that_nobody_decided_about_is_marked_as_expired() -> None:
    expired = given("HELD").when(verdict=verdict("hold"), after=timedelta(days=30)).step
    rejected = given("HELD").answered("Grace", decision="reject").step
    assert isinstance(expired, Move)
    assert isinstance(rejected, Move)
    assert (expired.expired, rejected.expired) == (True, False)


def test_a_suite_is_waited_for_without_a_verdict() -> None:
    given("TESTING").when(verdict=None).then(None)


def test_without_a_verdict_nobody_can_approve() -> None:
    given("AWAITING_APPROVAL").when(verdict=None).answered("Grace").then(None)


def test_why_an_override_is_refused_is_said() -> None:
    untested = given("TESTING").recorded("moved", to="HELD", reason="no brief").gate
    assert override_refused(untested) == "its suite never ran, so nothing is known of the new model"
    assert (
        override_refused(given("HELD", protected=True).gate) == "a protected role never changes on what is not proven"
    )
    assert override_refused(given("HELD").gate) == override_refused(given("MONITORING").gate) == ""
