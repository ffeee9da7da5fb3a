"""Stage 1, market analysis: is there a market that grows, can pay and can be reached?"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import distinct, placeholders
from flows.generator.stage import Answer, Inputs, Phrase, Problem, Sentence, Stage, warning


class PurchasingPower(Answer):
    average_household_income: Phrase
    """Average yearly household income of the target market, with the range."""
    discretionary_spending: Sentence
    """What is left to spend after living costs, and on what it goes."""


class Targetability(Answer):
    platform_fit: Sentence
    """Where these buyers can be reached, and why there."""
    targeting_interests: Annotated[list[Phrase], Field(min_length=3, max_length=8)]
    """Interests an advertising platform can select by."""
    targeting_behaviors: Annotated[list[Phrase], Field(min_length=3, max_length=8)]
    """Behaviours an advertising platform can select by."""
    difficulty_score: Annotated[int, Field(ge=1, le=10)]
    """How easy they are to reach: 1 hardest, 10 easiest."""


class Top20Percent(Answer):
    demographics: Sentence
    """Who the best fifth of the buyers are."""
    psychographics: Sentence
    """What they value and fear."""
    characteristics: Sentence
    """What sets them apart from the other buyers."""


class Power4Percent(Answer):
    demographics: Sentence
    """Who the best four per cent of the buyers are."""
    psychographics: Sentence
    """What they value and fear."""
    buying_frequency: Phrase
    """How often they buy."""
    lifetime_value: Phrase
    """What one of them spends in three to five years, in money."""
    differentiation: Sentence
    """Why they buy more than the rest of the top fifth."""


class MarketAnalysis(Answer):
    market_growth_rate: Phrase
    """Yearly growth of the market in per cent, and whether it reaches nine per cent."""
    market_size_2024: Phrase
    """Size of the market in 2024, in money, with the region."""
    market_size_2025_projected: Phrase
    """Projected size in 2025, in money, for the same region."""
    bleeding_neck_problem: Sentence
    """The one problem that cannot wait."""
    purchasing_power: PurchasingPower
    targetability: Targetability
    top_20_percent: Top20Percent
    power_4_percent: Power4Percent


def check(output: MarketAnalysis, inputs: Inputs) -> Sequence[Problem]:
    problems = placeholders(output)
    if not any(character.isdigit() for character in output.market_growth_rate):
        problems.append(warning("market_growth_rate", "names no number"))
    problems += distinct("targetability.targeting_interests", output.targetability.targeting_interests)
    problems += distinct("targetability.targeting_behaviors", output.targetability.targeting_behaviors)
    return problems


STAGE = Stage(
    number=1,
    key="market_analysis",
    name="Market Analysis",
    kind="analytical",
    answer=MarketAnalysis,
    output=MarketAnalysis,
    max_tokens=2500,
    task=(
        "Judge the market for this business. Estimate its size and growth from what you know and say where a figure "
        "is an estimate. Name the one problem buyers cannot leave unsolved, what they can spend, how they can be "
        "reached, and describe the best fifth and the best four per cent of them so that a salesperson would "
        "recognise one."
    ),
    brief_reads=(
        "business_name",
        "niche",
        "preferred_market_category",
        "target_market_hypothesis",
        "target_demographics",
        "biggest_customer_pain_point",
        "delivery_format",
        "price_point_current",
        "desired_price_point",
    ),
    check=check,
    error_points=10,
    warning_points=5,
    upgrade_phase=1,
)

market_analysis = stage_flow(STAGE)
