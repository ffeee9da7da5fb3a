"""Every check of stages 1 to 5, broken once: one place of a good answer is changed and the problem is named."""

from typing import Any

import pytest
from pydantic import ValidationError

from flows.generator.stages import stage
from tests.generator import examples

SHORT = "A short text."

BREAKS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("market_analysis", {"bleeding_neck_problem": "[specific outcome]"}, "error", "bleeding_neck_problem", "placehold"),
    ("market_analysis", {"market_growth_rate": "fast"}, "warning", "market_growth_rate", "no number"),
    ("buyer_psychology", {"top_fears[0].quote": "TBD"}, "error", "top_fears[2].quote", "placeholder"),
    (
        "buyer_psychology",
        {f"buyer_language[{index}].exact_phrase": "Same words" for index in range(3)},
        "error",
        "buyer_language",
        "9 different",
    ),
    (
        "buyer_psychology",
        {f"buyer_language[{index}].exact_phrase": "Same words" for index in range(2)},
        "warning",
        "buyer_language",
        "2 times",
    ),
    (
        "buyer_psychology",
        {"top_desires[1].name": "staying alive", "top_desires[2].name": "Staying alive!"},
        "error",
        "top_desires",
        "2 different",
    ),
    ("buyer_psychology", {"top_fears[1].name": "Having to sell to a chain"}, "error", "top_fears", "2 different"),
    (
        "buyer_psychology",
        {"top_pain_points[0].frustration": SHORT, "top_pain_points[1].frustration": SHORT},
        "error",
        "top_pain_points",
        "4 different",
    ),
    ("buyer_psychology", {"barriers[1].barrier": "It costs more than my accountant"}, "warning", "barriers", "2 times"),
    (
        "buyer_psychology",
        {f"barriers[{index}].type": "external" for index in range(7)},
        "warning",
        "barriers",
        "all external",
    ),
    (
        "buyer_psychology",
        {f"top_fears[{index}].is_surface_fear": True for index in range(3)},
        "warning",
        "top_fears",
        "below the surface",
    ),
    ("competitive_analysis", {"positioning_gaps[0]": "coming soon"}, "error", "positioning_gaps[0]", "placeholder"),
    ("competitive_analysis", {"competitors[0].name": "generic fractional cfos"}, "error", "competitors", "2 different"),
    (
        "competitive_analysis",
        {"competitors[0].name": "Tern & Tide Practice Finance"},
        "error",
        "competitors[0].name",
        "business itself",
    ),
    ("competitive_analysis", {"competitors[1].price_point": "dear"}, "warning", "competitors[1].price_point", "figure"),
    ("competitive_analysis", {"positioning_gaps[1]": SHORT, "positioning_gaps[2]": SHORT}, "warning", "positioning_gaps", "2 times"),
    (
        "competitive_analysis",
        {"differentiation_opportunities": [SHORT] * 5},
        "error",
        "differentiation_opportunities",
        "1 different",
    ),
    ("competitive_analysis", {"why_business_wins[0]": SHORT, "why_business_wins[1]": SHORT}, "error", "why_business_wins", "4 different"),
    ("avatar_creation", {"recommended_tone": "N/A"}, "error", "recommended_tone", "placeholder"),
    ("avatar_creation", {"day_in_life.morning_routine": SHORT}, "warning", "day_in_life.morning_routine", "150 to 200"),
    ("avatar_creation", {"day_in_life.workday_experience": SHORT}, "warning", "day_in_life.workday_experience", "250"),
    ("avatar_creation", {"day_in_life.evening_routine": SHORT}, "warning", "day_in_life.evening_routine", "3 words"),
    ("avatar_creation", {"day_in_life.weekend_routine": SHORT}, "warning", "day_in_life.weekend_routine", "3 words"),
    ("avatar_creation", {"day_in_life.pain_point_moments": [SHORT] * 5}, "error", "day_in_life.pain_point_moments", "1 different"),
    ("avatar_creation", {"psychographics.core_values[1]": "independence"}, "warning", "psychographics.core_values", "2 times"),
    ("avatar_creation", {"psychographics.media_consumption": ["Radio"] * 3}, "error", "psychographics.media_consumption", "1 different"),
    ("avatar_creation", {"buying_triggers.optimal_contact_days": ["Sunday", "Sunday"]}, "warning", "buying_triggers.optimal_contact_days", "2 times"),
    (
        "avatar_creation",
        {"online_communities[1].platform": "Facebook", "online_communities[1].name": "Independent Clinic Owners"},
        "warning",
        "online_communities",
        "2 times",
    ),
    ("avatar_creation", {"online_communities[0].url": "owners group"}, "warning", "online_communities[0].url", "address"),
    ("avatar_creation", {"top_3_hopes[0]": SHORT, "top_3_hopes[1]": SHORT}, "error", "top_3_hopes", "2 different"),
    ("avatar_creation", {"top_3_fears[0]": SHORT, "top_3_fears[1]": SHORT}, "error", "top_3_fears", "2 different"),
    (
        "avatar_creation",
        {"top_3_barriers[0].barrier": SHORT, "top_3_barriers[1].barrier": SHORT},
        "error",
        "top_3_barriers",
        "2 different",
    ),
    (
        "market_analysis",
        {"targetability.targeting_interests[0]": SHORT, "targetability.targeting_interests[1]": SHORT},
        "warning",
        "targetability.targeting_interests",
        "2 times",
    ),
    ("avatar_creation", {"avatar_name": "Maren"}, "warning", "avatar_name", "last name"),
    ("avatar_creation", {"demographics.age_range": "middle age"}, "warning", "demographics.age_range", "no figure"),
    ("avatar_creation", {"demographics.household_income": "good"}, "warning", "demographics.household_income", "figure"),
    ("offer_design", {"core_offer.offer_name": "[offer name]"}, "error", "core_offer.offer_name", "placeholder"),
    ("offer_design", {"pricing_tiers[0].price": 15000}, "error", "pricing_tiers", "different prices"),
    ("offer_design", {"pricing_tiers[0].price": 8000}, "warning", "pricing_tiers[0].price", "40-50 %"),
    ("offer_design", {"pricing_tiers[2].price": 31000}, "warning", "pricing_tiers[2].price", "150-200 %"),
    ("offer_design", {"pricing_tiers[0].tier_name": "programme"}, "error", "pricing_tiers", "2 different"),
    ("offer_design", {"pricing_tiers[1].deliverables[1]": "weekly pack", "pricing_tiers[1].deliverables[3]": "Weekly pack"}, "warning", "pricing_tiers[1].deliverables", "2 times"),
    ("offer_design", {"payment_plans[0].total_cost": 14900}, "warning", "payment_plans[0].total_cost", "10-15 % off"),
    ("offer_design", {"payment_plans[1].total_cost": 15500}, "warning", "payment_plans[1].total_cost", "10-20 % more"),
    ("offer_design", {"payment_plans[0].name": "monthly"}, "error", "payment_plans", "1 different"),
    ("offer_design", {"marketing_messages[0].type": "curiosity"}, "error", "marketing_messages", "6 curiosity"),
    ("offer_design", {"marketing_messages[3].headline": "Too short"}, "warning", "marketing_messages", "1 headlines"),
    (
        "offer_design",
        {"marketing_messages[1].headline": "Fully booked all month and still guessing on Friday about Tuesday's payroll?"},
        "error",
        "marketing_messages",
        "14 different",
    ),
    ("offer_design", {"first_campaign.message": "Another line"}, "warning", "first_campaign.message", "none of"),
    ("offer_design", {"guarantee.guarantee_text": SHORT}, "warning", "guarantee.guarantee_text", "50 to 100"),
    ("offer_design", {"bonuses[0].name": "Front desk script for new prices"}, "error", "bonuses", "2 different"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "changes", "severity", "field", "message"), BREAKS)
def test_a_broken_rule_is_the_one_problem(
    key: str, changes: dict[str, Any], severity: str, field: str, message: str
) -> None:
    [problem] = examples.problems(key, examples.changed(examples.answer(key), changes))
    assert (problem.severity, problem.field) == (severity, field)
    assert message in problem.message


def test_few_barriers_are_a_warning() -> None:
    answer = examples.answer("buyer_psychology")
    answer["barriers"] = answer["barriers"][3:]
    [problem] = examples.problems("buyer_psychology", answer)
    assert (problem.severity, problem.message) == ("warning", "holds 4, seven to ten are wanted")


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("competitive_analysis", "positioning_gaps"),
        ("competitive_analysis", "differentiation_opportunities"),
        ("avatar_creation", "psychographics.core_values"),
        ("avatar_creation", "day_in_life.pain_point_moments"),
        ("avatar_creation", "online_communities"),
    ],
)
def test_fewer_than_five_are_a_warning(key: str, path: str) -> None:
    answer = examples.answer(key)
    *parts, last = path.split(".")
    place = answer[parts[0]] if parts else answer
    place[last] = place[last][:4]
    [problem] = examples.problems(key, answer)
    assert (problem.severity, problem.field, problem.message) == ("warning", path, "holds 4, five to seven are wanted")


def test_fears_and_desires_are_stored_strongest_first() -> None:
    stored = examples.outputs()["buyer_psychology"]
    assert [fear["intensity"] for fear in stored["top_fears"]] == [9, 8, 7]


def test_tiers_are_stored_cheapest_first_and_the_middle_one_is_recommended() -> None:
    answer = examples.answer("offer_design")
    answer["pricing_tiers"].reverse()
    stored = examples.finish(stage("offer_design"), answer, examples.outputs())
    found = [(tier.tier_number, tier.price, tier.is_recommended) for tier in stored.pricing_tiers]
    assert found == [(1, 6900, False), (2, 15000, True), (3, 25500, False)]


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("market_analysis", {"targetability.difficulty_score": 11}),
        ("market_analysis", {"targetability.targeting_interests": ["one", "two"]}),
        ("buyer_psychology", {"buyer_language": []}),
        ("buyer_psychology", {"top_fears[0].intensity": 0}),
        ("buyer_psychology", {"buyer_language[0].emotional_tone": "joy"}),
        ("competitive_analysis", {"competitors": []}),
        ("avatar_creation", {"buying_triggers.optimal_contact_days": ["Payday"]}),
        ("avatar_creation", {"demographics.education": ""}),
        ("offer_design", {"pricing_tiers[0].price": "$6,900"}),
        ("offer_design", {"pricing_tiers[0].is_recommended": True}),
        ("offer_design", {"marketing_messages": []}),
    ],
)
def test_what_breaks_the_schema_is_no_answer(key: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        stage(key).answer.model_validate(examples.changed(examples.answer(key), changes))
