"""The table of moves, line by line: given a gate, when this is known, then it moves there, or waits."""

from datetime import timedelta
from typing import Any, get_args

import pytest

from flows.transitions.machine import MOVES, Remind, Weigh, approvals_needed, extension_refused
from flows.transitions.story import State
from tasks.judging.policy import Policy
from tests.transitions.scenes import DAY, ROLE, given, verdict

OPEN: tuple[State, ...] = ("PLANNED", "TESTING", "MONITORING", "AWAITING_APPROVAL", "HELD", "PROMOTED")
CANARY: dict[str, Any] = {"canary": True}


class TestBeforeTesting:
    def test_starts_when_all_preconditions_hold(self) -> None:
        given("PLANNED").then("TESTING")

    def test_does_not_start_with_one_unmet(self) -> None:
        given("PLANNED").when(unmet=("The drill is old.",)).then("ROLLED_BACK", "The drill is old.")


class TestTesting:
    def test_goes_on_once_the_suite_has_run(self) -> None:
        scene = given("TESTING").when(verdict=verdict("wait"))
        scene.then(None)
        scene.recorded("tested", outcome="done", detail="2 briefs").then("MONITORING", "2 briefs")

    def test_a_suite_that_cannot_run_is_held(self) -> None:
        scene = given("TESTING").when(verdict=verdict("wait"))
        scene.recorded("tested", outcome="impossible", detail="no brief").then("HELD", "no brief")

    def test_rolls_back_on_a_failed_verdict_while_it_runs(self) -> None:
        given("TESTING").when(verdict=verdict("roll_back")).then("ROLLED_BACK")

    def test_waits_until_the_preview_lineup_names_the_candidate(self) -> None:
        scene = given("TESTING", settled=False).when(verdict=verdict("wait"))
        scene.recorded("tested", outcome="done", detail="").then(None)

    def test_rolls_back_when_the_preview_lineup_cannot_be_written(self) -> None:
        scene = given("TESTING", settled=False).when(verdict=verdict("wait"))
        scene.recorded("unsettled", reason="no such block").then("ROLLED_BACK", "no such block")

    def test_a_suite_that_never_ends_is_rolled_back(self) -> None:
        given("TESTING").when(verdict=verdict("wait"), after=timedelta(hours=73)).then("ROLLED_BACK", "in time")


class TestMonitoring:
    @pytest.mark.parametrize(
        ("act", "state"),
        [("ask_for_approval", "AWAITING_APPROVAL"), ("roll_back", "ROLLED_BACK"), ("hold", "HELD"), ("wait", None)],
    )
    def test_follows_the_verdict(self, act: Any, state: State | None) -> None:
        given("MONITORING").when(verdict=verdict(act)).then(state)

    def test_waits_without_a_verdict(self) -> None:
        given("MONITORING").when(verdict=None).then(None)


class TestApproval:
    def test_nobody_answered(self) -> None:
        given("AWAITING_APPROVAL").then(None)

    def test_one_approval_promotes(self) -> None:
        given("AWAITING_APPROVAL").answered("Grace").then("PROMOTED", "Approved by Grace")

    def test_the_starter_alone_never_does(self) -> None:
        given("AWAITING_APPROVAL").answered("ada").then(None)

    def test_a_protected_role_takes_two_people(self) -> None:
        scene = given("AWAITING_APPROVAL", protected=True).answered("Grace", "grace")
        scene.then(None)
        scene.answered("Alan").then("PROMOTED", "and Alan")

    @pytest.mark.parametrize("bound", [{"evidence_digest": "other"}, {"change_digest": "other"}])
    def test_an_approval_of_something_else_does_not_count(self, bound: dict[str, str]) -> None:
        given("AWAITING_APPROVAL").answered("Grace", **bound).then(None)

    @pytest.mark.parametrize(
        "known", [{"verdict": None}, {"verdict": verdict("wait", evidence=None)}, {"verdict": verdict("hold")}]
    )
    def test_what_is_not_proven_any_more_is_not_promoted(self, known: dict[str, Any]) -> None:
        given("AWAITING_APPROVAL").answered("Grace").when(**known).then(None)

    def test_a_rejection_rolls_back_at_once(self) -> None:
        scene = given("AWAITING_APPROVAL").answered("Grace", decision="reject", reason="too dear")
        scene.answered("Alan").then("ROLLED_BACK", "too dear")

    def test_harm_beats_an_approval(self) -> None:
        given("AWAITING_APPROVAL").answered("Grace").when(harm=("Stage 4 is dead.",)).then("ROLLED_BACK", "dead")

    def test_people_are_reminded_once(self) -> None:
        scene = given("AWAITING_APPROVAL").when(after=DAY)
        assert scene.step == Remind()
        scene.recorded("reminded").then(None)

    def test_expires(self) -> None:
        given("AWAITING_APPROVAL").when(after=3 * DAY).then("ROLLED_BACK", "Nobody decided within 72 hours")

    def test_a_late_approval_does_not_help(self) -> None:
        given("AWAITING_APPROVAL").answered("Grace").when(after=3 * DAY).then("ROLLED_BACK")


class TestHeld:
    def test_one_person_is_not_enough(self) -> None:
        given("HELD").when(verdict=verdict("hold")).answered("Grace").then(None)

    def test_two_people_with_reasons_promote_and_it_is_marked(self) -> None:
        scene = given("HELD").when(verdict=verdict("hold")).answered("Grace", "Alan")
        scene.then("PROMOTED", "not everything is proven")
        assert scene.recorded("moved", to="PROMOTED", reason="", overridden=True).gate.overridden

    def test_two_people_without_reasons_do_not(self) -> None:
        given("HELD").when(verdict=verdict("hold")).answered("Grace", "Alan", reason=" ").then(None)

    def test_a_protected_role_never(self) -> None:
        given("HELD", protected=True).when(verdict=verdict("hold")).answered("Grace", "Alan").then(None)

    @pytest.mark.parametrize("tested", ["impossible", None])
    def test_a_model_no_suite_was_asked_of_never(self, tested: str | None) -> None:
        scene = given("TESTING").when(verdict=verdict("hold"))
        scene = scene.recorded("tested", outcome=tested, detail="no brief").recorded("moved", to="HELD", reason="")
        scene.answered("Grace", "Alan").then(None)
        scene.recorded("tested", outcome="done", detail="").answered("Grace", "Alan").then("PROMOTED")

    def test_a_failed_gate_never(self) -> None:
        given("HELD").answered("Grace", "Alan").when(verdict=verdict("roll_back")).then("ROLLED_BACK")

    def test_evidence_that_cannot_be_read_never(self) -> None:
        given("HELD").answered("Grace", "Alan").when(verdict=verdict("wait", evidence=None)).then(None)

    def test_expires(self) -> None:
        given("HELD").when(verdict=verdict("hold"), after=3 * DAY).then("ROLLED_BACK")

    def test_is_not_extended_while_an_incident_is_open(self) -> None:
        scene = given("HELD").when(verdict=verdict("hold"), frozen=True)
        assert extension_refused(scene.gate, scene.facts) == "an incident is open"

    def test_may_be_extended_twice(self) -> None:
        scene = given("HELD").when(verdict=verdict("hold"))
        for _ in range(2):
            assert extension_refused(scene.gate, scene.facts) == ""
            scene = scene.recorded("moved", to="MONITORING", reason="", extension={"hours": 12, "replays": 0})
            scene = scene.recorded("moved", to="HELD", reason="")
        assert "2 times already" in extension_refused(scene.gate, scene.facts)
        assert scene.gate.extended == 24


class TestPromoted:
    def test_is_stable_after_a_whole_window(self) -> None:
        scene = given("PROMOTED")
        scene.when(after=DAY - timedelta(seconds=1)).then(None)
        scene.when(after=DAY).then("STABLE")

    def test_is_not_stable_without_a_call(self) -> None:
        given("PROMOTED").when(after=9 * DAY, baked=False).then(None)

    def test_a_failed_probe_takes_it_back(self) -> None:
        given("PROMOTED", settled=False).recorded("unsettled", reason="The probe timed out.").then(
            "ROLLED_BACK", "probe"
        )

    def test_blocks_that_never_follow_take_it_back(self) -> None:
        scene = given("PROMOTED", settled=False)
        scene.when(after=timedelta(minutes=1)).then(None)
        scene.when(after=timedelta(minutes=11)).then("ROLLED_BACK")


@pytest.mark.parametrize("state", OPEN)
def test_harm_rolls_back_from_everywhere(state: State) -> None:
    given(state).when(harm=("Drift.",)).then("ROLLED_BACK", "Drift.")


def test_what_is_over_does_not_move_by_itself() -> None:
    for state in ("STABLE", "ROLLED_BACK"):
        given(state).when(harm=("Drift.",)).then(None)


class TestCanary:
    def test_grows_by_calls_and_ends_at_all(self) -> None:
        scene = given("MONITORING", **CANARY).when(verdict=verdict("wait"))
        for percent, calls in ((10, 0), (50, 50), (100, 100)):
            step = scene.when(step_runs=calls).step
            assert isinstance(step, Weigh)
            assert step.percent == percent
            scene = scene.recorded("weighted", percent=percent).recorded("settled")
        scene.when(step_runs=10_000).then(None)

    def test_stays_until_there_are_enough_calls(self) -> None:
        scene = given("MONITORING", **CANARY).when(verdict=verdict("wait"), step_runs=49)
        scene.recorded("weighted", percent=10).recorded("settled").then(None)

    @pytest.mark.parametrize("act", ["wait", "ask_for_approval"])
    def test_a_share_that_cannot_be_brought_about_takes_it_back(self, act: Any) -> None:
        scene = given("MONITORING", **CANARY).when(verdict=verdict(act)).recorded("weighted", percent=10)
        scene.recorded("unsettled", reason="The model is dead.").then("ROLLED_BACK", "The model is dead.")

    def test_is_off_unless_planned(self) -> None:
        given("MONITORING").when(verdict=verdict("wait"), step_runs=1000).then(None)


@pytest.mark.parametrize("state", get_args(State))
def test_lineups_follow_the_state(state: State) -> None:
    serves = given(state).gate.serves
    candidate = {"production": state in ("PROMOTED", "STABLE"), "preview": state not in ("PLANNED", "ROLLED_BACK")}
    for lineup, roles in serves.items():
        assert roles == {ROLE: "new" if candidate[lineup] else "old"}


def test_only_people_lead_to_promotion() -> None:
    assert [state for state, to in MOVES.items() if "PROMOTED" in to] == ["HELD", "AWAITING_APPROVAL"]
    assert approvals_needed(given("HELD").gate) == 2
    assert approvals_needed(given("AWAITING_APPROVAL", policy=Policy(approvers=3)).gate) == 3


@pytest.mark.parametrize("state", OPEN)
def test_an_open_incident_lets_nothing_go_forward(state: State) -> None:
    scene = given(state).recorded("tested", outcome="done", detail="").answered("Grace", "Alan")
    scene.when(frozen=True, after=timedelta(hours=25)).then(None)
    scene.when(frozen=True, harm=("Harm.",)).then("ROLLED_BACK")


def test_a_gate_that_changed_nothing_puts_nothing_back() -> None:
    assert given("ROLLED_BACK").gate.serves == {}
    assert given("PLANNED").recorded("moved", to="ROLLED_BACK", reason="").gate.settled
