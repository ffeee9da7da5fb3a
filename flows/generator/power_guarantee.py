"""Stage 12, power guarantee: three guarantees of rising risk, and the one the owner can bear."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import clearly_different, placeholders, within
from flows.generator.digest import digest_and
from flows.generator.stage import Answer, Inputs, Paragraph, Phrase, Problem, Sentence, Stage, error, warning

Risk = Literal["low", "moderate", "high"]
DAYS: dict[Risk, tuple[int, int]] = {"low": (30, 60), "moderate": (60, 90), "high": (90, 180)}
"""How long a guarantee of each risk runs."""
TOLERATED: dict[str, Risk] = {"conservative": "low", "moderate": "moderate", "aggressive": "high"}
"""The risk that fits each risk tolerance of the preferences."""


class GuaranteeOption(Answer):
    guarantee_name: Phrase
    """Name of the guarantee."""
    guarantee_terms: Paragraph
    """The promise, in two or three sentences."""
    duration_days: Annotated[int, Field(ge=1, le=365)]
    """How many days it runs."""
    whats_covered: Sentence
    """What it covers, and what not."""
    trigger_conditions: Sentence
    """When the buyer may call on it."""
    refund_remedy_terms: Sentence
    """What the buyer then gets, and by when."""
    psychological_impact: Sentence
    """Which fear it takes away."""
    risk_level: Risk
    """Risk for the business."""


class PowerGuarantee(Answer):
    guarantee_options: Annotated[list[GuaranteeOption], Field(min_length=3, max_length=3)]
    """Three guarantees, one of each risk level, the safest first."""
    recommended_guarantee: Literal["1", "2", "3"]
    """Number of the guarantee that fits the owner's risk tolerance, counted from the first."""
    recommendation_rationale: Paragraph
    """Why this one, in two or three sentences."""


def check(output: PowerGuarantee, inputs: Inputs) -> Sequence[Problem]:
    options = output.guarantee_options
    problems = placeholders(output)
    for name in ("guarantee_name", "guarantee_terms"):
        problems += clearly_different(
            {f"guarantee_options[{index}].{name}": getattr(option, name) for index, option in enumerate(options)}
        )
    if len({option.risk_level for option in options}) < 3:
        problems.append(warning("guarantee_options", "are not one of each risk level"))
    for index, option in enumerate(options):
        rule = f"a guarantee of {option.risk_level} risk"
        problems += within(
            f"guarantee_options[{index}].duration_days", option.duration_days, *DAYS[option.risk_level], rule
        )
    return problems + _tolerance(options[int(output.recommended_guarantee) - 1], inputs)


def _tolerance(chosen: GuaranteeOption, inputs: Inputs) -> list[Problem]:
    tolerance = inputs.preferences["guarantee_risk_tolerance"]
    if chosen.risk_level == TOLERATED[tolerance]:
        return []
    message = f"points to {chosen.risk_level} risk, but the risk tolerance is {tolerance}"
    return [error("recommended_guarantee", message)]


STAGE = Stage(
    number=12,
    key="power_guarantee",
    name="Power Guarantee",
    kind="strategic",
    answer=PowerGuarantee,
    output=PowerGuarantee,
    max_tokens=2500,
    task=(
        "Write three guarantees the business can keep: a conservative one of low risk that runs 30 to 60 days, one of "
        "moderate risk over 60 to 90 days, and an aggressive one of high risk over 90 to 180 days. State plainly what "
        "triggers each and what the buyer gets back. Recommend the one that fits the owner's risk tolerance."
    ),
    brief_reads=("business_name", "service_type", "offer_duration"),
    preference_reads=("guarantee_risk_tolerance", "primary_transformation"),
    reads=digest_and(buyer_psychology=("top_fears[:1].name", "buyer_language[:1].exact_phrase")),
    check=check,
    upgrade_phase=3,
)

power_guarantee = stage_flow(STAGE)
