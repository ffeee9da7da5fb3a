"""What a person gives the generator: a business brief and the preferences for the offer.

The models are the form in the Prefect UI (docstrings are its help texts) and the rules of a file. Enumerations are
those of the original form; the maximum lengths are new and keep every prompt inside a 24,000-token window. In scripts
that take more tokens a letter than Latin a long brief may not fit: then the stage that it is too long for says so.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from blocks.errors import BriefError
from flows.generator.brief_problems import explain, in_words


def _printable(text: str | None) -> str | None:
    if text and any(ord(character) < 32 and character not in "\n\r\t" for character in text):
        raise ValueError("holds a control character, which no text needs")
    return text


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Text = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_printable)]
LongText = Annotated[str, Field(min_length=50, max_length=4000), AfterValidator(_printable)]
Materials = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_printable)]
OptionalText = Annotated[
    Annotated[str, Field(max_length=300)] | None, BeforeValidator(_blank_is_none), AfterValidator(_printable)
]
OptionalLongText = Annotated[
    Annotated[str, Field(max_length=4000)] | None, BeforeValidator(_blank_is_none), AfterValidator(_printable)
]

Priority = Literal[
    "maximize_conversion_rate",
    "maximize_average_order_value",
    "maximize_lifetime_value",
    "build_trust_authority",
    "create_urgency_scarcity",
    "differentiate_from_competitors",
]
Emphasis = Literal[
    "premium_bonuses",
    "payment_flexibility",
    "fast_action_rewards",
    "money_back_guarantee",
    "results_guarantee",
    "done_with_you_support",
]


class _Given(BaseModel):
    """Base of what a person fills in: immutable, an unknown field is an error, blanks at the ends do not count."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, str_strip_whitespace=True)


class BusinessBrief(_Given, title="Business brief"):
    """The business, its market and its current offer."""

    business_name: Text
    """Name of the business."""
    current_offer_description: LongText
    """What is sold today, how it is delivered and what buyers have at the end; 100 words or more serve best."""
    niche: Text
    """The field the business works in, as narrow as it really is."""
    specialization_keywords: OptionalText = None
    """Key words of the specialisation, separated by commas."""
    business_stage: Literal["startup", "growth", "scaling"]
    """startup: up to 2 years; growth: 2 to 5 years; scaling: more than 5 years."""
    revenue_range: Literal["<10k", "10k-50k", "50k-100k", "100k-500k", "500k+"]
    """Revenue a year in dollars."""
    preferred_market_category: Literal["health", "wealth", "relationships"]
    """The large market the offer belongs to."""
    target_market_hypothesis: Text
    """Who is believed to need this most."""
    target_demographics: LongText
    """Age, region, household income, profession and family of the best buyers."""
    target_psychographics: LongText
    """What the best buyers value, dislike, believe and hope for."""
    current_customers_description: OptionalLongText = None
    """Who buys today."""
    biggest_customer_pain_point: LongText
    """The problem that makes them look for help, as they would tell it."""
    service_type: Literal["coaching", "consulting", "product", "hybrid"]
    """What kind of service it is."""
    delivery_format: Literal["1:1", "group", "self-study", "hybrid"]
    """How it is delivered."""
    price_point_current: Text
    """Today's price and what it covers, in words."""
    desired_price_point: OptionalText = None
    """The price wished for, in words."""
    offer_duration: Text
    """How long the offer runs."""
    unique_mechanism: LongText
    """The way of working that brings the result and that others do not have."""
    competitors_offers: OptionalLongText = None
    """What competitors offer, and at what price."""


class ProofAssets(_Given, title="Proof assets available"):
    """Proof the business can show."""

    testimonials: bool = False
    """Statements of customers."""
    case_studies: bool = False
    """Cases told from beginning to end."""
    before_after: bool = False
    """Comparisons of before and after."""
    certifications: bool = False
    """Certificates and licences."""
    media_mentions: bool = False
    """Mentions in the press."""


class PriceRange(_Given, title="Comfortable price range"):
    """Prices the owner is comfortable with, in whole dollars."""

    min: Annotated[int, Field(gt=0, le=1_000_000)]
    """The lowest price."""
    max: Annotated[int, Field(gt=0, le=1_000_000)]
    """The highest price, above the lowest."""


def _rising(prices: PriceRange) -> PriceRange:
    if prices.max <= prices.min:
        raise ValueError(f"runs from {prices.min:,} to {prices.max:,}; the highest price must be above the lowest")
    return prices


class VoicePreferences(_Given, title="Voice preferences"):
    """How the offer should sound."""

    tone: Literal["professional", "conversational", "inspiring", "direct"] | None = None
    """The tone of the texts."""
    avoid_words: OptionalText = None
    """Words not to use, separated by commas."""
    must_include_concepts: OptionalText = None
    """Concepts that must appear, separated by commas."""


class OfferPreferences(_Given, title="Offer preferences"):
    """What the owner wants of the offer."""

    strategic_priorities: Annotated[list[Priority], Field(min_length=1, max_length=6)]
    """What the offer should achieve; three to five serve best."""
    primary_transformation: LongText
    """From what state to what state the offer takes a buyer."""
    proof_assets_available: ProofAssets
    """Proof the business can show."""
    pricing_strategy: Literal["value-based", "premium-positioning", "market-competitive"]
    """What the price is to follow."""
    comfortable_price_range: Annotated[PriceRange, AfterValidator(_rising)]
    """Prices the owner is comfortable with, in whole dollars."""
    proprietary_frameworks: Materials
    """Frameworks and methods the business owns."""
    unique_tools_resources: Materials
    """Tools, templates and resources the business owns."""
    exclusive_access: Materials
    """Access only this business can give."""
    guarantee_risk_tolerance: Literal["conservative", "moderate", "aggressive"]
    """How much risk a guarantee may carry."""
    emphasize_components: Annotated[list[Emphasis], Field(max_length=6)] = []
    """Parts of the offer to put forward."""
    voice_preferences: VoicePreferences | None = None
    """How the offer should sound."""


class GeneratorInput(_Given, title="Generator input"):
    """Everything one run of the generator starts from."""

    brief: Annotated[BusinessBrief, Field(title="The business")]
    """The business, its market and its current offer."""
    preferences: OfferPreferences
    """What the owner wants of the offer."""


_ORIGINAL_NAMES = {"business_context": "brief", "user_preferences": "preferences"}
THIN = 100
"""Characters under which a long text gives the stages little to work with."""


def load_input(source: str | Path | Mapping[str, Any]) -> GeneratorInput:
    """A brief and its preferences from JSON text, a JSON file (as a `Path`) or a mapping.

    Takes `{"brief", "preferences"}` and the original `{"business_context", "user_preferences"}`. Raises one BriefError
    that lists every problem.
    """
    given = source if isinstance(source, Mapping) else _parse(_text(source))
    try:
        return GeneratorInput.model_validate(_with_our_names(given))
    except ValidationError as invalid:
        problems = explain(invalid, GeneratorInput)
        raise BriefError(
            f"The brief has {len(problems)} problem{'s' if len(problems) > 1 else ''}:\n"
            + "\n".join(f"- {problem}" for problem in problems),
            means="Nothing was started and no model was asked.",
            do="Correct these fields and start the run again.",
        ) from None


def _text(source: str | Path) -> str:
    if isinstance(source, str):
        return source
    try:
        return source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as undecodable:
        raise BriefError(
            f"{source} is not a text in UTF-8 (byte {undecodable.start}).", do="Save the file as UTF-8 and try again."
        ) from None
    except OSError as unreadable:
        raise BriefError(
            f"{source} cannot be read: {unreadable.strerror}.", do="Give the path of a brief in JSON that can be read."
        ) from None


def _parse(text: str) -> Mapping[str, Any]:
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise BriefError("The brief is empty.", do=_EXAMPLE)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as broken:
        if not text[: broken.pos].strip():  # nothing of it was one
            raise BriefError("The brief is no JSON at all.", do=_EXAMPLE) from None
        raise BriefError(
            f"The brief is not JSON: line {broken.lineno}, column {broken.colno}: {broken.msg}.",
            do="Correct that place; a comma or a quotation mark is often missing just before it.",
        ) from None
    except RecursionError:
        raise BriefError("The brief is nested too deeply to be one.", do=_EXAMPLE) from None
    if not isinstance(value, dict):
        raise BriefError(
            f"The brief is a JSON {_KINDS.get(type(value), 'value')}, not an object.",
            do='Give an object with "brief" and "preferences"; the sample brief shows one.',
        )
    return value


_EXAMPLE = "Start from the sample brief, flows/generator/samples/veterinary-finance.json."
_KINDS: dict[type, str] = {list: "list", str: "text", int: "number", float: "number", bool: "true or false"}


def _with_our_names(given: Mapping[str, Any]) -> dict[str, Any]:
    """The original's names for the two parts become ours; a brief without its envelope gets one."""
    if (
        not given.keys() & {"brief", "preferences", *_ORIGINAL_NAMES}
        and given.keys() & BusinessBrief.model_fields.keys()
    ):
        return {"brief": dict(given)}
    renamed = dict(given)
    for theirs, ours in _ORIGINAL_NAMES.items():
        if theirs in renamed and ours not in renamed:
            renamed[ours] = renamed.pop(theirs)
    return renamed


def warnings(given: GeneratorInput) -> list[str]:
    """What is allowed but will make the result thin, naming each field; nothing is stopped by it."""
    return [*_thin_texts(given), *_vague_brief(given.brief), *_few_preferences(given.preferences)]


def _thin_texts(given: GeneratorInput) -> Iterator[str]:
    for part in (given.brief, given.preferences):
        for name, field in type(part).model_fields.items():
            text = getattr(part, name)
            if field.annotation is str and isinstance(text, str) and _is_long(field.metadata) and len(text) < THIN:
                yield f"{in_words(name)} is thin: {len(text)} characters. {field.description}"


def _is_long(metadata: list[Any]) -> bool:
    return any(getattr(rule, "min_length", 0) >= 50 for rule in metadata)


def _vague_brief(brief: BusinessBrief) -> Iterator[str]:
    if "income" not in brief.target_demographics.casefold():
        yield "Target demographics name no income; the stages judge purchasing power by it."
    if not any(character.isdigit() for character in brief.price_point_current):
        yield "Price point current names no figure; prices can only be compared with one."


def _few_preferences(preferences: OfferPreferences) -> Iterator[str]:
    if not 3 <= len(set(preferences.strategic_priorities)) <= 5:
        yield f"Strategic priorities: {len(set(preferences.strategic_priorities))} chosen, three to five serve best."
    if not any(preferences.proof_assets_available.model_dump().values()):
        yield "Proof assets available: none is ticked, so the offer can show no proof."
