"""Stage 13, scarcity and upsells: three order bumps, two upsells and limits that are real."""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import amounts_agree, distinct, placeholders, within
from flows.generator.digest import digest_and
from flows.generator.stage import Answer, Inputs, Paragraph, Phrase, Problem, Sentence, Stage, error, warning

_LIVE_CROWD = re.compile(r"\b\d+\s+(?:\w+\s+){0,3}(?:are\s+)?(?:view|watch|look|brows|check)ing\b", re.IGNORECASE)
_HOURS = re.compile(r"\b(\d+)[\s-]*(hour|day)", re.IGNORECASE)


class OrderBump(Answer):
    bump_name: Phrase
    """Name of the order bump."""
    what_it_is: Sentence
    """What the buyer receives."""
    why_add_it: Sentence
    """Why to add it, in one sentence."""
    price: Annotated[int, Field(ge=27, le=47)]
    """Price in whole dollars."""
    perceived_value: Annotated[int, Field(ge=100, le=200)]
    """What it would cost elsewhere, in whole dollars."""
    best_for: Sentence
    """Who should add it."""
    conversion_hook: Sentence
    """The line beside the tick box."""


class Upsell(Answer):
    upsell_name: Phrase
    """Name of the upsell."""
    what_it_is: Sentence
    """What the buyer receives."""
    why_upgrade: Sentence
    """Why to upgrade, in two sentences."""
    price: Annotated[int, Field(ge=97, le=997)]
    """Price in whole dollars."""
    perceived_value: Annotated[int, Field(ge=97, le=10_000)]
    """What it would cost elsewhere, in whole dollars: three to five times the price."""
    best_for: Sentence
    """Who should upgrade."""
    conversion_hook: Paragraph
    """What the page says, in two or three sentences."""
    delivery: Sentence
    """How and when it is delivered."""


class FirstUpsell(Upsell):
    price: Annotated[int, Field(ge=97, le=297)]
    """Price in whole dollars."""


class SecondUpsell(Upsell):
    price: Annotated[int, Field(ge=497, le=997)]
    """Price in whole dollars."""


class Scarcity(Answer):
    enrollment_scarcity: Paragraph
    """Why places are limited, in two or three sentences."""
    bonus_scarcity: Paragraph
    """Until when a bonus is there, 48 to 72 hours, and why, in two or three sentences."""
    price_scarcity: Paragraph | None = None
    """When and why the price rises, only if it will."""
    social_proof_scarcity: Paragraph
    """What true figures about customers or places may be shown, in two or three sentences."""


class ScarcityUpsellsAnswer(Answer):
    order_bumps: Annotated[list[OrderBump], Field(min_length=3, max_length=3)]
    """Three small additions at the checkout."""
    upsell_1: FirstUpsell
    """The upsell right after the purchase."""
    upsell_2: SecondUpsell
    """The larger upsell after it."""
    scarcity_mechanisms: Scarcity
    monetization_summary: Paragraph
    """How the additions fit the main offer, in three or four sentences without totals."""


class ScarcityUpsells(ScarcityUpsellsAnswer):
    total_order_bump_revenue_potential: Annotated[int, Field(ge=81, le=141)]
    """Sum of the three order bumps' prices, in whole dollars."""
    total_upsell_revenue_potential: Annotated[int, Field(ge=594, le=1294)]
    """Sum of the two upsells' prices, in whole dollars."""


def add_up(answer: ScarcityUpsellsAnswer, inputs: Inputs) -> ScarcityUpsells:
    totals = {
        "total_order_bump_revenue_potential": sum(bump.price for bump in answer.order_bumps),
        "total_upsell_revenue_potential": answer.upsell_1.price + answer.upsell_2.price,
    }
    return ScarcityUpsells.model_validate(answer.model_dump() | totals)


def check(output: ScarcityUpsells, inputs: Inputs) -> Sequence[Problem]:
    names = [*(bump.bump_name for bump in output.order_bumps), output.upsell_1.upsell_name, output.upsell_2.upsell_name]
    return [
        *placeholders(output),
        *distinct("order_bumps", names, least=5),
        *_upsell("upsell_1", output.upsell_1),
        *_upsell("upsell_2", output.upsell_2),
        *_prices(output, inputs.earlier["pricing_framework"]["recommended_price"]),
        *_honest(output.scarcity_mechanisms),
    ]


def _upsell(path: str, upsell: Upsell) -> list[Problem]:
    value = f"{path}.perceived_value"
    return within(value, upsell.perceived_value, 3 * upsell.price, 5 * upsell.price, "three to five times the price")


def _prices(output: ScarcityUpsells, price: int) -> list[Problem]:
    """Every figure in the summary is one of the offer's, and no upsell costs as much as the offer itself."""
    known = [
        price,
        output.total_order_bump_revenue_potential,
        output.total_upsell_revenue_potential,
        *(bump.price for bump in output.order_bumps),
        output.upsell_1.price,
        output.upsell_2.price,
    ]
    problems = amounts_agree("monetization_summary", output.monetization_summary, known)
    if output.upsell_2.price >= price:
        problems.append(warning("upsell_2.price", f"is not below the price of the offer, ${price:,}"))
    return problems


def _honest(scarcity: Scarcity) -> list[Problem]:
    """No invented live crowd; a bonus window of 48 to 72 hours."""
    problems = [
        error(f"scarcity_mechanisms.{name}", "claims a live crowd nobody counts")
        for name, text in scarcity.model_dump(exclude_none=True).items()
        if _LIVE_CROWD.search(text)
    ]
    windows = [
        int(count) * (24 if unit.lower() == "day" else 1) for count, unit in _HOURS.findall(scarcity.bonus_scarcity)
    ]
    if not any(48 <= hours <= 72 for hours in windows):
        problems.append(warning("scarcity_mechanisms.bonus_scarcity", "names no window of 48 to 72 hours"))
    return problems


STAGE = Stage(
    number=13,
    key="scarcity_upsells",
    name="Scarcity & Upsells",
    kind="creative",
    answer=ScarcityUpsellsAnswer,
    output=ScarcityUpsells,
    max_tokens=3000,
    task=(
        "Design three order bumps at $27 to $47 and two upsells, the first at $97 to $297, the second at $497 to $997, "
        "that suit someone who has just paid the recommended price. Limits must be genuine: capacity, dates and "
        "figures the business can prove, never an invented crowd or a deadline that starts again. Offer one bonus for "
        "48 to 72 hours in digits."
    ),
    brief_reads=("business_name", "service_type", "unique_mechanism"),
    reads=digest_and(
        market_analysis=("power_4_percent.psychographics",),
        buyer_psychology=("buyer_language[:1].exact_phrase", "top_desires[:1].aspirational_quote"),
        pricing_framework=("recommended_price",),
    ),
    complete=add_up,
    check=check,
    error_points=7,
    warning_points=3,
    upgrade_phase=3,
)

scarcity_upsells = stage_flow(STAGE)
