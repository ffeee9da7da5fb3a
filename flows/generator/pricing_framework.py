"""Stage 9, pricing framework: the price, what it is anchored to, and how the objection to it is met."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import distinct, placeholders, within
from flows.generator.digest import digest_and
from flows.generator.money import amounts
from flows.generator.stage import Answer, Inputs, Paragraph, Phrase, Problem, Sentence, Stage, error, warning


class PriceAnchoring(Answer):
    reference_points: Annotated[list[Sentence], Field(min_length=3, max_length=3)]
    """Three costs a buyer compares the price with."""
    framing_technique: Sentence
    """How the comparison is put before the buyer."""


class PaymentStructure(Answer):
    primary_option: Sentence
    """The way of paying to offer first."""
    alternative_options: Annotated[list[Sentence], Field(min_length=2, max_length=2)]
    """Two other ways of paying."""


class SensitivityMitigation(Answer):
    top_objection: Sentence
    """The strongest objection to the price."""
    response_strategy: Paragraph
    """How to meet it."""


class PricingFrameworkAnswer(Answer):
    recommended_price: Annotated[int, Field(ge=1, le=1_000_000)]
    """The price in whole dollars, inside the comfortable range."""
    pricing_rationale: Paragraph
    """Why this price, in three or four sentences."""
    price_anchoring_strategy: PriceAnchoring
    payment_structure: PaymentStructure
    price_sensitivity_mitigation: SensitivityMitigation
    competitive_positioning: Sentence
    """Where the price stands among the alternatives, in two sentences."""


class PricingFramework(PricingFrameworkAnswer):
    value_to_price_ratio: Annotated[float, Field(ge=0)]
    """Total perceived value of the value stack, divided by the price, to one decimal."""
    value_to_price: Phrase
    """The same ratio as people write it: so many to one."""


def divide(answer: PricingFrameworkAnswer, inputs: Inputs) -> PricingFramework:
    ratio = round(inputs.earlier["value_stack"]["total_perceived_value"] / answer.recommended_price, 1)
    computed = {"value_to_price_ratio": ratio, "value_to_price": f"{ratio:g}:1"}
    return PricingFramework.model_validate(answer.model_dump() | computed)


def check(output: PricingFramework, inputs: Inputs) -> Sequence[Problem]:
    return [
        *placeholders(output),
        *_range(output.recommended_price, inputs),
        *_ratio(output.value_to_price_ratio, inputs),
        *_lifetime_share(output.recommended_price, inputs),
        *distinct("price_anchoring_strategy.reference_points", output.price_anchoring_strategy.reference_points),
        *distinct("payment_structure.alternative_options", output.payment_structure.alternative_options),
    ]


def _range(price: int, inputs: Inputs) -> list[Problem]:
    low, high = _comfortable(inputs)
    if low <= price <= high:
        return []
    return [error("recommended_price", f"is {price:,}, outside the comfortable range {low:,g} to {high:,g}")]


def _comfortable(inputs: Inputs) -> tuple[float, float]:
    comfortable = inputs.preferences["comfortable_price_range"]
    return comfortable["min"], comfortable["max"]


def _ratio(ratio: float, inputs: Inputs) -> list[Problem]:
    """An error outside 3:1 to 10:1, but only where a price inside the range could do better: the value is stage 8's."""
    if not 3 <= ratio <= 10:
        low, high = _comfortable(inputs)
        value = inputs.earlier["value_stack"]["total_perceived_value"]
        if value < 3 * low or value > 10 * high:
            return [warning("value_to_price_ratio", f"is {ratio:g}:1, and no price in the range makes it 3:1 to 10:1")]
        return [error("value_to_price_ratio", f"is {ratio:g}:1; 5:1 to 10:1 is wanted, 3:1 the least")]
    if ratio < 5:
        return [warning("value_to_price_ratio", f"is {ratio:g}:1; 5:1 to 10:1 is wanted")]
    return []


def _lifetime_share(price: int, inputs: Inputs) -> list[Problem]:
    """1-3 % of a customer's lifetime value, but only where that leaves a price inside the range: the range wins."""
    lifetime = amounts(inputs.earlier["market_analysis"]["power_4_percent"]["lifetime_value"])
    if not lifetime:
        return []
    low, high = 0.01 * min(lifetime), 0.03 * max(lifetime)
    least, most = _comfortable(inputs)
    if high < least or low > most:
        return []
    return within("recommended_price", price, low, high, "1-3 % of a customer's lifetime value")


STAGE = Stage(
    number=9,
    key="pricing_framework",
    name="Pricing Framework",
    kind="analytical",
    answer=PricingFrameworkAnswer,
    output=PricingFramework,
    max_tokens=2500,
    task=(
        "Set the price. It must lie inside the comfortable range and follow the pricing strategy; the total perceived "
        "value should be five to ten times as much, and one to three per cent of a customer's lifetime value is a "
        "guide where the range allows it. Anchor the price to three costs the buyer knows, name the strongest "
        "objection and meet it. Do not state a ratio of value to price."
    ),
    brief_reads=("business_name", "price_point_current", "desired_price_point", "offer_duration"),
    preference_reads=("pricing_strategy", "comfortable_price_range", "primary_transformation"),
    reads=digest_and(
        market_analysis=("power_4_percent.lifetime_value", "purchasing_power.average_household_income"),
        buyer_psychology=("top_fears[:1].name",),
        competitive_analysis=("competitors[:1].name", "competitors[:1].price_point"),
        value_stack=("total_perceived_value",),
    ),
    complete=divide,
    check=check,
    upgrade_phase=2,
)

pricing_framework = stage_flow(STAGE)
