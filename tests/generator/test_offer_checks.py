"""Every check of stages 7 to 13, broken once, and what these stages compute."""

from typing import Any

import pytest
from pydantic import ValidationError

from flows.generator.stage import Problem
from flows.generator.stages import stage
from tests.generator import examples

BREAKS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("offer_rationale", {"option_2.why_now": "TODO"}, "error", "option_2.why_now", "placeholder"),
    ("offer_rationale", {"option_3.unique_mechanism_name": "the four-number clinic"}, "error", "option_3.unique_mechanism_name", "same as"),
    ("offer_rationale", {"option_2.big_promise": "Know every Monday how many days of cash the clinic has."}, "warning", "option_2.big_promise", "few words"),
    ("offer_rationale", {"option_2.strategic_angle": "Certainty: the end of the Friday guess"}, "error", "option_2.strategic_angle", "same as"),
    ("offer_rationale", {"option_1.differentiation[1]": "A page instead of a pack"}, "warning", "option_1.differentiation", "2 times"),
    ("offer_rationale", {"option_1.who_its_for": "Owners who hustle."}, "warning", "", "to avoid: hustle"),
    ("offer_rationale", {"option_3.mechanism_explanation": "Twice a year we decide."}, "warning", "", "include: calm"),
    ("value_stack", {"core_components[0].what_it_is": "Details ..."}, "error", "core_components[0].what_it_is", "placeholder"),
    ("value_stack", {"core_components[0].component_name": "Owners' table"}, "warning", "core_components", "2 times"),
    ("value_stack", {"core_components[2].perceived_value": 90000}, "warning", "total_perceived_value", "three to ten times"),
    ("value_stack", {"value_stack_summary": "Together worth $99,999."}, "warning", "value_stack_summary", "$99,999"),
    ("pricing_framework", {"pricing_rationale": "To be determined"}, "error", "pricing_rationale", "placeholder"),
    ("pricing_framework", {"recommended_price": 18001}, "error", "recommended_price", "comfortable range"),
    ("pricing_framework", {"price_anchoring_strategy.reference_points[1]": "Six months of a generalist finance chief"}, "warning", "price_anchoring_strategy.reference_points", "2 times"),
    ("pricing_framework", {"payment_structure.alternative_options": ["Three payments.", "Three payments"]}, "warning", "payment_structure.alternative_options", "2 times"),
    ("payment_plans", {"payment_plans[0].best_for": "unknown"}, "error", "payment_plans[0].best_for", "placeholder"),
    ("payment_plans", {"payment_plans[0].plan_name": "monthly plan"}, "warning", "payment_plans", "2 times"),
    ("payment_plans", {"recommended_default": "The cheap one"}, "error", "recommended_default", "name of a plan"),
    ("payment_plans", {"payment_plans[0].total_price": 12000}, "warning", "payment_plans[0].total_price", "5-10 % off"),
    ("payment_plans", {"payment_plans[1].total_price": 15600}, "warning", "payment_plans[1].total_price", "10-15 % more"),
    ("payment_plans", {"payment_plans[2].total_price": 20000}, "warning", "payment_plans[2].total_price", "20-30 % more"),
    ("payment_plans", {"payment_plans[1].payment_structure": "Three times $5,000."}, "warning", "payment_plans[1].payment_structure", "$5,000"),
    ("payment_plans", {"payment_plans[0].instalments": 2, "payment_plans[0].total_price": 16800}, "warning", "payment_plans", "paid in full"),
    ("premium_bonuses", {"bonuses[0].what_it_does": "lorem ipsum"}, "error", "bonuses[0].what_it_does", "placeholder"),
    ("premium_bonuses", {"bonuses[0].bonus_name": "Guest seat at the owners' table"}, "error", "bonuses", "2 different"),
    ("premium_bonuses", {"bonuses[0].perceived_value": 1900}, "warning", "total_bonus_value", "500 to 3,000"),
    ("premium_bonuses", {"strategic_bonus_summary": "Worth $5,000 in all."}, "warning", "strategic_bonus_summary", "$5,000"),
    ("power_guarantee", {"recommendation_rationale": "[TBD]"}, "error", "recommendation_rationale", "placeholder"),
    ("power_guarantee", {"guarantee_options[1].guarantee_name": "First-Page Promise"}, "error", "guarantee_options[1].guarantee_name", "same as"),
    ("power_guarantee", {"guarantee_options[1].guarantee_terms": "If the weekly page is not live after 60 days, the programme stops at no further cost. The owner keeps the rebuilt books."}, "warning", "guarantee_options[1].guarantee_terms", "few words"),
    ("power_guarantee", {"guarantee_options[2].risk_level": "moderate", "guarantee_options[2].duration_days": 80}, "warning", "guarantee_options", "each risk level"),
    ("power_guarantee", {"guarantee_options[0].duration_days": 90}, "warning", "guarantee_options[0].duration_days", "30 to 60"),
    ("power_guarantee", {"guarantee_options[1].duration_days": 45}, "warning", "guarantee_options[1].duration_days", "60 to 90"),
    ("power_guarantee", {"guarantee_options[2].duration_days": 365}, "warning", "guarantee_options[2].duration_days", "90 to 180"),
    ("power_guarantee", {"recommended_guarantee": "3"}, "error", "recommended_guarantee", "tolerance is moderate"),
    ("scarcity_upsells", {"upsell_1.delivery": "not specified"}, "error", "upsell_1.delivery", "placeholder"),
    ("scarcity_upsells", {"order_bumps[0].bump_name": "Payroll week planner"}, "error", "order_bumps", "4 different"),
    ("scarcity_upsells", {"upsell_1.perceived_value": 400}, "warning", "upsell_1.perceived_value", "three to five times"),
    ("scarcity_upsells", {"upsell_2.perceived_value": 9000}, "warning", "upsell_2.perceived_value", "three to five times"),
    ("scarcity_upsells", {"monetization_summary": "Adds $500 a buyer."}, "warning", "monetization_summary", "$500"),
    ("scarcity_upsells", {"scarcity_mechanisms.bonus_scarcity": "Gone on Friday."}, "warning", "scarcity_mechanisms.bonus_scarcity", "48 to 72"),
    ("scarcity_upsells", {"scarcity_mechanisms.social_proof_scarcity": "17 people are viewing this page."}, "error", "scarcity_mechanisms.social_proof_scarcity", "live crowd"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "changes", "severity", "field", "message"), BREAKS)
def test_a_broken_rule_is_the_one_problem(
    key: str, changes: dict[str, Any], severity: str, field: str, message: str
) -> None:
    [problem] = examples.problems(key, examples.changed(examples.answer(key), changes))
    assert (problem.severity, problem.field) == (severity, field)
    assert message in problem.message


# What is computed


def test_the_recommended_option_is_kept_for_the_value_stack() -> None:
    answer = examples.answer("offer_rationale") | {"recommended_option": "option_2"}
    output = examples.finish(stage("offer_rationale"), answer, examples.outputs())
    assert output.recommended.unique_mechanism_name == "The Fee Gap Ladder"


def test_totals_are_sums() -> None:
    outputs = examples.outputs()
    assert outputs["value_stack"]["total_perceived_value"] == 96_000
    assert outputs["premium_bonuses"]["total_bonus_value"] == 2_800
    assert outputs["scarcity_upsells"]["total_order_bump_revenue_potential"] == 111
    assert outputs["scarcity_upsells"]["total_upsell_revenue_potential"] == 1_144


def test_the_ratio_divides_the_total_of_the_value_stack_by_the_price() -> None:
    framework = examples.outputs()["pricing_framework"]
    assert (framework["value_to_price_ratio"], framework["value_to_price"]) == (6.4, "6.4:1")


def test_instalments_and_the_recommended_plan_are_computed() -> None:
    plans = examples.outputs()["payment_plans"]["payment_plans"]
    assert [plan["instalment_amount"] for plan in plans] == [14_100, 5_600, 2_300]
    assert [plan["is_recommended"] for plan in plans] == [False, True, False]


# Rules that depend on an earlier stage


def judged_after(key: str, changes: dict[str, Any]) -> list[Problem]:
    """The problems of this run's own answer, had the earlier stages said something else."""
    earlier = examples.changed(examples.outputs(), changes)
    output = examples.finish(stage(key), examples.answer(key), earlier)
    return list(stage(key).check(output, examples.inputs(key, earlier)))


@pytest.mark.parametrize(
    ("total", "severities"),
    [
        (44_000, ["error"]),
        (45_000, ["warning"]),
        (75_000, []),
        (150_000, []),
        (152_000, ["error"]),
        (2_000, ["warning"]),  # no price in the comfortable range would do
        (900_000, ["warning"]),
    ],
)
def test_value_is_five_to_ten_times_the_price_and_three_times_at_least(total: int, severities: list[str]) -> None:
    found = judged_after("pricing_framework", {"value_stack.total_perceived_value": total})
    assert [problem.severity for problem in found] == severities


@pytest.mark.parametrize(
    ("lifetime_value", "problems"),
    [
        ("$48,000-$66,000 over four years", 0),  # no share of it lies in the comfortable range: the range wins
        ("$350,000-$450,000", 1),  # 3,500 to 13,500: below the price
        ("$400,000-$500,000", 0),
        ("$1.6M-$1.7M", 1),  # 16,000 to 51,000: above the price
        ("large", 0),
    ],
)
def test_the_price_is_a_share_of_the_lifetime_value_where_the_range_allows_it(
    lifetime_value: str, problems: int
) -> None:
    change = {"market_analysis.power_4_percent.lifetime_value": lifetime_value}
    assert len(judged_after("pricing_framework", change)) == problems


def test_payment_plans_follow_the_price_of_the_pricing_framework() -> None:
    found = judged_after("payment_plans", {"pricing_framework.recommended_price": 12_000})
    assert [problem.field for problem in found] == [f"payment_plans[{index}].total_price" for index in range(3)]


def test_an_upsell_costs_less_than_the_offer() -> None:
    [problem] = judged_after("scarcity_upsells", {"pricing_framework.recommended_price": 890})
    assert (problem.severity, problem.field) == ("warning", "upsell_2.price")


@pytest.mark.parametrize(("bonus", "problems"), [("A workshop worth $800.", 0), ("A mug worth $20.", 1)])
def test_payment_in_full_may_add_a_bonus_instead_of_a_saving(bonus: str, problems: int) -> None:
    changes = {"payment_plans[0].total_price": 15_000, "payment_plans[0].incentive": bonus}
    answer = examples.changed(examples.answer("payment_plans"), changes)
    assert len(examples.problems("payment_plans", answer)) == problems


@pytest.mark.parametrize(("window", "problems"), [("2 days", 0), ("60-hour", 0), ("24 hours", 1), ("4 days", 1)])
def test_a_bonus_is_offered_for_48_to_72_hours(window: str, problems: int) -> None:
    changes = {"scarcity_mechanisms.bonus_scarcity": f"Held for a {window} window."}
    assert (
        len(examples.problems("scarcity_upsells", examples.changed(examples.answer("scarcity_upsells"), changes)))
        == problems
    )


# Bounds of the schema


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("scarcity_upsells", {"order_bumps[0].price": 26}),
        ("scarcity_upsells", {"order_bumps[0].price": 48}),
        ("scarcity_upsells", {"order_bumps[0].price": "$37"}),
        ("scarcity_upsells", {"order_bumps[0].price": None}),
        ("scarcity_upsells", {"order_bumps[0].perceived_value": 99}),
        ("scarcity_upsells", {"order_bumps": []}),
        ("scarcity_upsells", {"upsell_1.price": 298}),
        ("scarcity_upsells", {"upsell_1.price": 96}),
        ("scarcity_upsells", {"upsell_2.price": 496}),
        ("scarcity_upsells", {"upsell_2.price": 998}),
        ("scarcity_upsells", {"scarcity_mechanisms.enrollment_scarcity": ""}),
        ("premium_bonuses", {"bonuses[0].perceived_value": 2001}),
        ("premium_bonuses", {"bonuses[0].delivery_timing": "next year"}),
        ("power_guarantee", {"recommended_guarantee": "4"}),
        ("power_guarantee", {"guarantee_options": []}),
        ("value_stack", {"core_components": []}),
        ("value_stack", {"total_perceived_value": 96_000}),
        ("offer_rationale", {"option_1.differentiation": ["one", "two"]}),
        ("payment_plans", {"payment_plans[0].instalments": 0}),
        ("pricing_framework", {"recommended_price": 0}),
    ],
)
def test_what_breaks_the_schema_is_no_answer(key: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        stage(key).answer.model_validate(examples.changed(examples.answer(key), changes))
