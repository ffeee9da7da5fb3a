"""Stage 5, offer design: the core offer, three price tiers, fifteen messages and the first campaign."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import distinct, placeholders, same, within, words
from flows.generator.stage import Answer, Inputs, Paragraph, Phrase, Problem, Sentence, Stage, error, warning

Dollars = Annotated[int, Field(ge=1, le=1_000_000)]
Points = Annotated[list[Phrase], Field(min_length=3, max_length=5)]


class CoreOffer(Answer):
    offer_name: Phrase
    """Name of the offer."""
    target_outcome: Sentence
    """What the buyer has at the end, and by when."""
    pain_points_solved: Points
    """Troubles it ends."""
    desires_delivered: Points
    """Desires it fulfils."""
    unique_positioning: Sentence
    """What makes it unlike every alternative."""


class Tier(Answer):
    tier_name: Phrase
    """Name of the tier."""
    price: Dollars
    """Price in whole dollars."""
    deliverables: Annotated[list[Phrase], Field(min_length=5, max_length=8)]
    """What the buyer gets."""
    best_for: Sentence
    """Who should choose it."""


class PricingTier(Tier):
    tier_number: Annotated[int, Field(ge=1, le=3)]
    """Its place, counted from the cheapest."""
    is_recommended: bool
    """True for the middle tier."""


class TierPlan(Answer):
    name: Phrase
    """Name of the plan."""
    structure: Sentence
    """When each part is due."""
    instalments: Annotated[int, Field(ge=1, le=24)]
    """Number of payments; 1 means paid in full."""
    total_cost: Dollars
    """Sum of all payments for the middle tier, in whole dollars."""


class MarketingMessage(Answer):
    type: Literal["pain-based", "desire-based", "curiosity"]
    """What it appeals to."""
    headline: Phrase
    """The headline, in 10 to 15 words."""
    usage: Sentence
    """Where and when to use it."""


class Guarantee(Answer):
    guarantee_text: Paragraph
    """The promise and what happens if it is not kept, in 50 to 100 words."""
    why_it_works: Sentence
    """Which fear it takes away."""


class TierBonus(Answer):
    name: Phrase
    """Name of the bonus."""
    value: Dollars
    """What it would cost on its own, in whole dollars."""
    addresses_desire: Sentence
    """The desire it serves."""
    how_it_speeds_results: Sentence
    """How the buyer gets there sooner with it."""


class FirstCampaign(Answer):
    platform: Phrase
    """Where it runs."""
    message: Phrase
    """One of the headlines above, unchanged."""
    offer_configuration: Sentence
    """Which tier, plan and bonuses it presents."""
    launch_timeline: Sentence
    """What happens in which week."""


class OfferDesignAnswer(Answer):
    core_offer: CoreOffer
    pricing_tiers: Annotated[Sequence[Tier], Field(min_length=3, max_length=3)]
    """Three tiers, cheapest first; the middle one is the one to sell."""
    payment_plans: Annotated[list[TierPlan], Field(min_length=2, max_length=3)]
    """Ways to pay for the middle tier, one of them in full."""
    marketing_messages: Annotated[list[MarketingMessage], Field(min_length=15, max_length=15)]
    """Five messages of each type."""
    guarantee: Guarantee
    bonuses: Annotated[list[TierBonus], Field(min_length=3, max_length=5)]
    """Additions that speed up the result."""
    first_campaign: FirstCampaign


class OfferDesign(OfferDesignAnswer):
    pricing_tiers: Annotated[Sequence[PricingTier], Field(min_length=3, max_length=3)]
    """Three tiers, cheapest first; the middle one is recommended."""


def number_tiers(answer: OfferDesignAnswer, inputs: Inputs) -> OfferDesign:
    """Cheapest first, numbered; the middle tier is the recommended one by rule."""
    tiers = sorted(answer.pricing_tiers, key=lambda tier: tier.price)
    numbered = [
        {**tier.model_dump(), "tier_number": number, "is_recommended": number == 2}
        for number, tier in enumerate(tiers, start=1)
    ]
    return OfferDesign.model_validate(answer.model_dump() | {"pricing_tiers": numbered})


def check(output: OfferDesign, inputs: Inputs) -> Sequence[Problem]:
    return [
        *placeholders(output),
        *_tiers(output.pricing_tiers),
        *_plans(output.payment_plans, output.pricing_tiers[1].price),
        *_messages(output),
        *words("guarantee.guarantee_text", output.guarantee.guarantee_text, 50, 100),
        *distinct("bonuses", [bonus.name for bonus in output.bonuses], least=3),
    ]


def _tiers(tiers: Sequence[PricingTier]) -> list[Problem]:
    low, middle, high = (tier.price for tier in tiers)
    problems = distinct("pricing_tiers", [tier.tier_name for tier in tiers], least=3)
    if low < middle < high:
        problems += within("pricing_tiers[0].price", low, 0.4 * middle, 0.5 * middle, "40-50 % of the middle tier")
        problems += within("pricing_tiers[2].price", high, 1.5 * middle, 2 * middle, "150-200 % of the middle tier")
    else:
        problems.append(error("pricing_tiers", "are not three different prices"))
    for index, tier in enumerate(tiers):
        problems += distinct(f"pricing_tiers[{index}].deliverables", tier.deliverables, least=5)
    return problems


def _plans(plans: Sequence[TierPlan], price: int) -> list[Problem]:
    problems = distinct("payment_plans", [plan.name for plan in plans], least=2)
    for index, plan in enumerate(plans):
        path = f"payment_plans[{index}].total_cost"
        if plan.instalments == 1:
            problems += within(path, plan.total_cost, 0.85 * price, 0.9 * price, "payment in full, 10-15 % off,")
        else:
            problems += within(path, plan.total_cost, 1.1 * price, 1.2 * price, "payment by instalments, 10-20 % more,")
    return problems


def _messages(output: OfferDesign) -> list[Problem]:
    messages = output.marketing_messages
    headlines = [message.headline for message in messages]
    problems = distinct("marketing_messages", headlines, least=15)
    for kind, count in Counter(message.type for message in messages).items():
        if count > 5:
            problems.append(error("marketing_messages", f"hold {count} {kind} messages, five of each type are wanted"))
    if odd := sum(bool(words("headline", headline, 10, 15)) for headline in headlines):
        problems.append(warning("marketing_messages", f"hold {odd} headlines that have not 10 to 15 words"))
    if same(output.first_campaign.message) not in map(same, headlines):
        problems.append(warning("first_campaign.message", "is none of the headlines"))
    return problems


STAGE = Stage(
    number=5,
    key="offer_design",
    name="Offer Design",
    kind="strategic",
    answer=OfferDesignAnswer,
    output=OfferDesign,
    max_tokens=3500,
    task=(
        "Design the offer. The middle tier is the one to sell; the lowest costs 40 to 50 per cent of it, the highest "
        "150 to 200 per cent. Paying in full saves 10 to 15 per cent, instalments cost 10 to 20 per cent more. Write "
        "five pain-based, five desire-based and five curiosity headlines of 10 to 15 words that this customer would "
        "stop at. Promise a result the business can keep, and plan the first campaign around one headline."
    ),
    brief_reads=(
        "business_name",
        "current_offer_description",
        "price_point_current",
        "desired_price_point",
        "unique_mechanism",
    ),
    reads={
        "market_analysis": ("power_4_percent.demographics", "power_4_percent.lifetime_value"),
        "buyer_psychology": ("top_fears[:3].name", "top_desires[:3].name"),
        "competitive_analysis": ("unique_value_proposition",),
        "avatar_creation": (
            "avatar_name",
            "price_sensitivity",
            "price_sensitivity_justification",
            "buying_triggers.optimal_contact_days",
            "buying_triggers.optimal_contact_times",
        ),
    },
    complete=number_tiers,
    check=check,
    error_points=6,
    warning_points=3,
    upgrade_phase=2,
)

offer_design = stage_flow(STAGE)
