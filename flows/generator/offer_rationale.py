"""Stage 7, offer rationale: three different ways to sell the offer, and which one to take."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import clearly_different, distinct, placeholders, same, texts
from flows.generator.digest import digest_and
from flows.generator.stage import Answer, Inputs, Paragraph, Phrase, Problem, Sentence, Stage, warning

OptionName = Literal["option_1", "option_2", "option_3"]


class OfferOption(Answer):
    big_promise: Sentence
    """The result promised, in the customer's words."""
    unique_mechanism_name: Phrase
    """Name of the mechanism in this option."""
    mechanism_explanation: Paragraph
    """How the mechanism brings the result, in two or three sentences."""
    who_its_for: Sentence
    """The customers this option speaks to."""
    why_now: Sentence
    """Why waiting costs them."""
    proof_strategy: Sentence
    """Which of the available proof is shown, and how."""
    differentiation: Annotated[list[Sentence], Field(min_length=3, max_length=3)]
    """Three ways it differs from the alternatives."""
    strategic_angle: Sentence
    """The thought that sets this option apart from the other two."""


class OfferRationaleAnswer(Answer):
    option_1: OfferOption
    option_2: OfferOption
    option_3: OfferOption
    recommended_option: OptionName
    """The option to take."""
    recommendation_rationale: Paragraph
    """Why this option, in two or three sentences that weigh it against the lifetime value of a customer."""


class OfferRationale(OfferRationaleAnswer):
    recommended: OfferOption
    """The recommended option once more, for the stages that build on it."""


def pick_recommended(answer: OfferRationaleAnswer, inputs: Inputs) -> OfferRationale:
    values = answer.model_dump()
    return OfferRationale.model_validate(values | {"recommended": values[answer.recommended_option]})


def check(output: OfferRationale, inputs: Inputs) -> Sequence[Problem]:
    options = {name: getattr(output, name) for name in ("option_1", "option_2", "option_3")}
    problems = placeholders(OfferRationaleAnswer.model_validate(output.model_dump(exclude={"recommended"})))
    for name in ("big_promise", "unique_mechanism_name", "strategic_angle"):
        problems += clearly_different({f"{key}.{name}": getattr(option, name) for key, option in options.items()})
    for key, option in options.items():
        problems += distinct(f"{key}.differentiation", option.differentiation)
    return problems + _voice(output, inputs.preferences.get("voice_preferences") or {})


def _voice(output: OfferRationale, voice: Mapping[str, Any]) -> list[Problem]:
    """The words the owner avoids, and the concepts that must appear."""
    written = f" {same(' '.join(text for _, text in texts(output)))} "
    used = [word for word in _listed(voice.get("avoid_words")) if f" {word} " in written]
    missing = [concept for concept in _listed(voice.get("must_include_concepts")) if concept not in written]
    return [
        *(warning("", f"uses a word to avoid: {word}") for word in used),
        *(warning("", f"leaves out a concept to include: {concept}") for concept in missing),
    ]


def _listed(text: str | None) -> list[str]:
    return [word for part in (text or "").split(",") if (word := same(part))]


STAGE = Stage(
    number=7,
    key="offer_rationale",
    name="Offer Rationale",
    kind="strategic",
    answer=OfferRationaleAnswer,
    output=OfferRationale,
    max_tokens=2500,
    task=(
        "Work out three ways to sell this offer that differ in their angle, not in their wording. Each must answer the "
        "strongest fear and rest only on proof the business has. Keep to the wished-for tone, leave out the words to "
        "avoid and bring in the concepts to include. Then recommend one and weigh its price against the lifetime "
        "value of a customer."
    ),
    brief_reads=(
        "business_name",
        "current_offer_description",
        "service_type",
        "delivery_format",
        "price_point_current",
        "offer_duration",
        "unique_mechanism",
    ),
    preference_reads=(
        "strategic_priorities",
        "primary_transformation",
        "proof_assets_available",
        "voice_preferences",
    ),
    reads=digest_and(
        market_analysis=("power_4_percent.demographics", "power_4_percent.lifetime_value"),
        buyer_psychology=("top_fears[:1].name", "buyer_language[:1].exact_phrase"),
    ),
    complete=pick_recommended,
    check=check,
    upgrade_phase=2,
)

offer_rationale = stage_flow(STAGE)
