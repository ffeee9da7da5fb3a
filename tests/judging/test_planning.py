"""The plan before the gate: what it takes, what it costs, and when it is refused."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from blocks.errors import GateError
from tasks.judging.planning import GatePlan, Passage, plan_gate
from tasks.judging.policy import FieldRule, Policy, critical, protected
from tests.judging.given import PASSAGE, gate, workload


def planned(
    policy: Policy | None = None,
    budget: float | None = None,
    passage: Passage = PASSAGE,
    tests: int = 0,
    **known: object,
) -> GatePlan:
    return plan_gate(
        policy or Policy(), ("stage-2",), (workload(**known),), passage, budget=budget, tests=tests,
        labels={"stage-2": "Stage 2"},
    )  # fmt: skip


def needed(plan: GatePlan) -> dict[str, int]:
    return {requirement.field or requirement.demand: requirement.needed for requirement in plan.requirements}


def test_default_plan() -> None:
    assert needed(planned()) == {
        "failures": 473,
        "placeholders": 473,
        "echoes": 473,
        "good_share": 93,
        "quality": 40,
        "latency": 43,
        "claim": 28,
        "cost": 26,
    }


def test_a_wider_spread_needs_more_pairs() -> None:
    plan = needed(planned(score_sd=10, latency_sd=0.40, latency_ratio=0.85))
    assert (plan["quality"], plan["latency"], plan["claim"]) == (155, 109, 303)


def test_protected_roles_need_surer_proofs_and_two_people() -> None:
    policy = protected()
    assert needed(planned(policy))["failures"] == 1001
    assert (policy.approvers, policy.invariants, policy.harm_alpha) == (2, "zero", 0.01)
    assert protected(cost_limit=1.25).cost_limit == 1.25


def test_critical_phases_have_a_surer_harm_watch() -> None:
    assert (critical().harm_alpha, critical().alpha) == (0.01, 0.05)


def test_fields_of_transcripts_are_planned_one_by_one() -> None:
    rules = (FieldRule(role="stage-2", field="amount"), FieldRule(role="stage-2", field="email", share=0.97))
    plan = planned(Policy(demands=(), fields=rules))
    assert needed(plan) == {"amount": 46, "email": 157}
    assert (plan.efforts[0].inputs_needed, plan.efforts[0].replays, plan.refusals) == (157, 157, ())


def test_live_traffic_and_tests_lessen_replay() -> None:
    effort = planned(live_calls_per_hour=10, live_pairs_per_hour=1, suite_inputs=93, tests=100).efforts[0]
    assert (effort.calls_needed, effort.calls_expected, effort.replays) == (473, 240, 473 - 240 - 100)
    assert (effort.inputs_needed, effort.inputs_expected) == (93, 93 + 24)


def test_enough_live_traffic_needs_no_replay() -> None:
    plan = planned(live_calls_per_hour=30, live_pairs_per_hour=5)
    assert (plan.replays, plan.hours, plan.money) == (0, 0, 0)


def test_sparse_traffic_is_replayed_over_the_hours() -> None:
    plan = planned(Policy(demands=("good_share",)), live_calls_per_hour=1.9, suite_inputs=93, tests=93)
    assert plan.efforts[0].replays == 20


def test_a_replay_is_a_whole_run_of_all_stages_under_both_lineups() -> None:
    plan = planned(passage=Passage(calls=2 * 20, seconds=90, money=0.5), suite_inputs=93, tests=93)
    assert (plan.tests, plan.replays, plan.calls) == (93, 380, 473 * 40)
    assert plan.hours == pytest.approx(380 * 90 / 3600)
    assert plan.test_hours == pytest.approx(93 * 90 / 3600)
    assert plan.money == pytest.approx(473 * 0.5)


def test_several_changed_roles_share_their_replays() -> None:
    both = plan_gate(Policy(), ("stage-2", "stage-3"), (workload(), workload("stage-3")), PASSAGE)
    assert (both.replays, both.hours, both.money) == (planned().replays, planned().hours, planned().money)


UNPRICED = Passage(calls=26, seconds=60)
SLOW = Passage(calls=26, seconds=200, money=0)


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"candidate_cost": None}, "- Stage 2: a price is unknown, so its cost can never be proven; run `phasegate trial --baseline`"),
        ({"incumbent_cost": 0, "candidate_cost": 0.01}, "- Stage 2: the incumbent is free and the candidate is not"),
        ({"budget": 5}, "Tests and replay cost 118.25; the budget is 5.00."),
        ({"budget": 5, "passage": UNPRICED}, "an unknown amount"),
        ({"budget": float("nan")}, "the budget is nan"),
        ({"passage": SLOW}, "Replay takes 26.3 hours: 473 inputs, each a whole run"),
        ({"tests": 2000, "passage": SLOW}, "The tests take 111.1 hours"),
        ({"suite_inputs": 2, "tests": 2}, "put 91 more into the suite"),
        ({"failure_rate": 0.02}, "- Stage 2: with the expected failures it would pass in 0.075 % of gates; the limit is 1 %"),
        ({"policy": Policy(fields=(FieldRule(role="other", field="email"),))}, "The fields email belong to a role"),
    ],
)  # fmt: skip
def test_a_gate_that_cannot_pass_is_refused_with_the_reason(known: dict[str, Any], reason: str) -> None:
    with pytest.raises(GateError) as refused:
        planned(**known).require_possible()
    assert reason in str(refused.value)


QUALITY = Policy(demands=("quality",))


@pytest.mark.parametrize(("tests", "live", "seconds"), [(0, 0, 24 * 3600 / 40), (100, 20, 72 * 3600 / 100)])
def test_what_takes_exactly_the_time_there_is_can_be_done(tests: int, live: int, seconds: float) -> None:
    def refusals(each: float) -> int:
        return len(
            planned(QUALITY, None, Passage(calls=26, seconds=each, money=0), tests, live_calls_per_hour=live).refusals
        )

    assert (refusals(seconds), refusals(seconds + 1)) == (0, 1)


def test_too_long_tests_and_replays_say_how_long_and_what_would_help() -> None:
    tests, replay = planned(tests=101, passage=Passage(calls=26, seconds=3600, money=0)).refusals
    assert tests == (
        "The tests take 101.0 hours for 101 inputs and are given 72.0. Take fewer repeats or a smaller suite, or raise "
        "`held_within`."
    )
    assert replay == (
        "Replay takes 372.0 hours: 372 inputs, each a whole run under both lineups of 3600 s together; the window has 24.0. "
        "Extend it, have more of users' runs mirrored (`mirror`), or allow no failure (`failures_allowed`), which takes "
        "fewer calls."
    )


def test_a_role_nothing_is_known_of_cannot_be_planned() -> None:
    plan = plan_gate(Policy(), ("a", "b"), (workload("b"),), PASSAGE)
    assert plan.refusals[0] == "Nothing is known about the work of a; add a workload."


def test_a_suite_that_is_too_small_is_told_what_it_lacks() -> None:
    lacking, *others = planned(suite_inputs=2, live_calls_per_hour=0.5, tests=2).refusals
    assert others == []
    assert lacking == (
        "Stage 2: `good_share` needs 93 different inputs; the suite has 2, and users are expected to bring 12. Asking the "
        "same again proves nothing about others: put 79 more into the suite (a folder of your own, named by "
        "PHASEGATE_SUITES), have more of users' runs mirrored (`mirror` in the policy), or take what is demanded of "
        "answers out of the policy."
    )


def test_a_field_that_needs_more_inputs_than_there_are_is_named() -> None:
    rules = (FieldRule(role="stage-2", field="amount"),)
    plan = planned(Policy(demands=("failures",), fields=rules), suite_inputs=45)
    assert "Stage 2: `amount` needs 46 different inputs; the suite has 45" in plan.refusals[0]


@pytest.mark.parametrize(("suite", "refused"), [(92, 1), (93, 0)])
def test_a_suite_just_large_enough_is_enough(suite: int, refused: int) -> None:
    assert len(planned(suite_inputs=suite).refusals) == refused


@pytest.mark.parametrize(
    ("policy", "chance"), [(Policy(failures_allowed=0), 0.99**299), (Policy(demands=("quality",)), 1.0)]
)
def test_the_chance_to_pass_is_that_of_the_failure_requirement(policy: Policy, chance: float) -> None:
    (effort,) = planned(policy, failure_rate=0.01).efforts
    assert effort.chance == pytest.approx(chance)


def test_prices_that_are_not_set_are_named() -> None:
    unpriced = {"stage-2": ("the input price of `new`",)}
    plan = plan_gate(Policy(), ("stage-2",), (workload(candidate_cost=None),), PASSAGE, unpriced=unpriced)
    assert "set the input price of `new` (0 where nobody charges), run `phasegate trial" in plan.refusals[0]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, (473, 0, 93, 93, 473)),
        ({"suite_inputs": 50}, (473, 0, 93, 50, 473)),
        ({"live_calls_per_hour": 10, "live_pairs_per_hour": 2}, (473, 240, 93, 93 + 48, 233)),
        ({"live_calls_per_hour": 20}, (473, 480, 93, 93, 93)),
        ({"live_calls_per_hour": 20, "live_pairs_per_hour": 4}, (473, 480, 93, 93 + 96, 0)),
        ({"policy": Policy(demands=("quality",), calls_per_bucket=3)}, (60, 0, 40, 40, 60)),
        ({"policy": Policy(demands=("claim",))}, (40, 0, 0, 0, 40)),
        ({"live_calls_per_hour": 20, "tests": 100}, (473, 480, 93, 93, 0)),
        ({"live_calls_per_hour": 20, "suite_inputs": 50}, (473, 480, 93, 50, 0)),
        (
            {
                "policy": Policy(demands=("quality",), window=timedelta(hours=48)),
                "live_calls_per_hour": 1,
                "suite_inputs": 40,
            },
            (40, 48, 40, 40, 0),
        ),
    ],
)
def test_what_a_role_takes_beyond_its_live_traffic(known: dict[str, Any], expected: tuple[int, ...]) -> None:
    """Calls needed and expected, inputs needed and expected, and replays."""
    (effort,) = planned(**known).efforts
    found = (effort.calls_needed, effort.calls_expected, effort.inputs_needed, effort.inputs_expected, effort.replays)
    assert found == expected


def test_a_refusal_says_all_reasons_what_it_means_and_what_to_do() -> None:
    with pytest.raises(GateError) as refused:
        plan_gate(Policy(), (), (), PASSAGE).require_possible(("An incident is open.",))
    assert (refused.value.happened, refused.value.means, refused.value.do) == (
        "This gate cannot pass:\n- An incident is open.\n- The phase changes no role, so there is nothing to prove.",
        "Nothing was started and nothing was called.",
        "Change what each reason names (policy, budget, window or prices) and plan the gate again.",
    )


def test_a_gate_that_can_pass_is_not_refused() -> None:
    plan = planned(budget=118.25, failure_rate=0.001)
    assert plan.require_possible() is plan
    assert plan.efforts[0].chance == pytest.approx(0.918, abs=1e-3)


def test_an_expected_rate_without_the_demand_refuses_nothing() -> None:
    assert planned(Policy(demands=("quality",)), failure_rate=0.5).refusals == ()


def test_an_unknown_price_matters_only_if_cost_is_demanded() -> None:
    plan = planned(Policy(demands=("failures",)), candidate_cost=None)
    assert plan.refusals == ()


def test_the_digest_is_that_of_the_content() -> None:
    assert gate().digest() == gate().digest() == GatePlan.model_validate_json(gate().canonical()).digest()
    assert gate(Policy(failure_limit=0.02)).digest() != gate().digest()


def test_the_plan_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        gate().policy.failure_limit = 0.5


@pytest.mark.parametrize(
    "wrong",
    [
        {"buckets_needed": 25},
        {"demands": ()},
        {"failure_limit": 0},
        {"alpha": 0.5},
        {"quality_pairs": 19},
        {"limit": 1},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate(wrong)


def test_every_part_of_the_window_may_be_demanded() -> None:
    assert Policy(buckets=4, buckets_needed=4).buckets_needed == 4


def test_defaults_of_the_waiting_times() -> None:
    policy = Policy()
    assert (policy.window, policy.blind_after) == (timedelta(hours=24), timedelta(hours=1))
    assert (policy.approval_within, policy.held_within) == (timedelta(hours=72), timedelta(hours=72))


def test_a_role_without_a_workload_has_none() -> None:
    plan = planned()
    assert (plan.workload("stage-2"), plan.workload("stage-3")) == (plan.workloads[0], None)
