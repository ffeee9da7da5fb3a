"""The plan before the gate: what it takes, what it costs, and when it is refused."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from blocks.errors import GateError
from tasks.judging.planning import Budget, GatePlan, plan_gate
from tasks.judging.policy import FieldRule, Policy, critical, protected
from tests.judging.given import gate, workload


def planned(policy: Policy | None = None, budget: Budget | None = None, **known: object) -> GatePlan:
    return plan_gate(
        policy or Policy(), ("stage-2",), (workload(**known),), budget=budget, labels={"stage-2": "Stage 2"}
    )


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
    assert (plan.efforts[0].pairs_needed, plan.efforts[0].replay_calls, plan.refusals) == (0, 157, ())


def test_live_traffic_lessens_replay() -> None:
    effort = planned(live_calls_per_hour=10, live_pairs_per_hour=1).efforts[0]
    assert (effort.calls_expected, effort.pairs_expected) == (240, 24)
    assert (effort.replay_pairs, effort.replay_calls) == (43 - 24, 473 - 240 - 19)


def test_enough_live_traffic_needs_no_replay() -> None:
    effort = planned(live_calls_per_hour=30, live_pairs_per_hour=2).efforts[0]
    assert (effort.replay_pairs, effort.replay_calls, effort.hours, effort.money) == (0, 0, 0, 0)


def test_sparse_traffic_is_replayed_over_the_hours() -> None:
    plan = planned(Policy(demands=("good_share",)), live_calls_per_hour=1.9)
    assert plan.efforts[0].replay_calls == max(93 - 45, 20)


def test_replayed_pairs_cover_the_hours_too() -> None:
    assert planned(Policy(demands=("latency",))).efforts[0].replay_calls == 0


def test_hours_and_money() -> None:
    plan = planned(budget=Budget(concurrency=2), incumbent_cost=0.02, candidate_cost=0.03)
    assert plan.hours == pytest.approx((43 * 2 + 430) * 5 / 3600 / 2)
    assert plan.money == pytest.approx(43 * 0.02 + 473 * 0.03)


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (planned(candidate_cost=None), "a price is unknown, so its cost can never be proven"),
        (planned(incumbent_cost=0, candidate_cost=0.01), "the incumbent is free and the candidate is not"),
        (planned(budget=Budget(replay_calls=100)), "It takes 516 replay calls; the budget has 100."),
        (planned(budget=Budget(money=5)), "It costs 5.16; the budget is 5.00."),
        (planned(Policy(demands=("failures",)), Budget(money=5), incumbent_cost=None), "an unknown amount"),
        (planned(seconds_per_call=200), "Replay takes 28.7 hours; the window has 24.0."),
        (planned(failure_rate=0.02), "would pass in 0.075 % of gates; the limit is 1 %"),
        (plan_gate(Policy(), (), ()), "changes no role"),
        (plan_gate(Policy(), ("a", "b"), (workload("b"),)), "Nothing is known about the work of a"),
        (planned(Policy(fields=(FieldRule(role="other", field="email"),))), "The fields email belong to a role"),
    ],
)
def test_a_gate_that_cannot_pass_is_refused_with_the_reason(plan: GatePlan, reason: str) -> None:
    with pytest.raises(GateError) as refused:
        plan.require_possible()
    assert reason in str(refused.value)


def test_a_gate_that_can_pass_is_not_refused() -> None:
    plan = planned(budget=Budget(replay_calls=516, money=5.16), failure_rate=0.001)
    assert plan.require_possible() is plan
    assert plan.efforts[0].chance == pytest.approx(0.918, abs=1e-3)


def test_an_expected_rate_without_the_demand_refuses_nothing() -> None:
    assert planned(Policy(demands=("quality",)), failure_rate=0.5).refusals == ()


def test_an_unknown_price_matters_only_if_cost_is_demanded() -> None:
    plan = planned(Policy(demands=("failures",)), candidate_cost=None)
    assert (plan.refusals, plan.money) == ((), None)


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
