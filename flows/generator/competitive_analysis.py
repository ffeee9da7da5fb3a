"""Stage 3, competitive analysis: who else sells this, what they leave open, and why this business wins."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import at_least, distinct, placeholders, same
from flows.generator.stage import Answer, Inputs, Paragraph, Phrase, Problem, Sentence, Stage, error, warning

Points = Annotated[list[Phrase], Field(min_length=2, max_length=3)]


class Competitor(Answer):
    name: Phrase
    """Name of the competitor, or of the kind of competitor if no single one is known."""
    price_point: Phrase
    """What it charges, in money and for how long."""
    positioning: Sentence
    """How it presents itself."""
    strengths: Points
    """What it does well."""
    weaknesses: Points
    """Where it falls short for these buyers."""
    target_audience: Sentence
    """Whom it serves."""


class CompetitiveAnalysis(Answer):
    competitors: Annotated[list[Competitor], Field(min_length=3, max_length=5)]
    """The alternatives a buyer compares."""
    positioning_gaps: Annotated[list[Sentence], Field(min_length=3, max_length=7)]
    """Places in the market nobody holds."""
    differentiation_opportunities: Annotated[list[Sentence], Field(min_length=3, max_length=7)]
    """What this business can do that the others do not."""
    unique_value_proposition: Sentence
    """Whom the business helps to what outcome, by which mechanism, without what drawback."""
    competitive_pricing_analysis: Paragraph
    """The budget, middle and premium price bands, and where this business belongs."""
    why_business_wins: Annotated[list[Sentence], Field(min_length=5, max_length=7)]
    """Reasons a buyer chooses this business."""


def check(output: CompetitiveAnalysis, inputs: Inputs) -> Sequence[Problem]:
    problems = placeholders(output)
    problems += distinct("competitors", [competitor.name for competitor in output.competitors], least=3)
    problems += distinct("positioning_gaps", output.positioning_gaps, least=3)
    problems += distinct("differentiation_opportunities", output.differentiation_opportunities, least=3)
    problems += at_least("positioning_gaps", output.positioning_gaps, 5, "five to seven")
    problems += at_least("differentiation_opportunities", output.differentiation_opportunities, 5, "five to seven")
    problems += distinct("why_business_wins", output.why_business_wins, least=5)
    own_name = same(str(inputs.brief["business_name"]))
    for index, competitor in enumerate(output.competitors):
        if same(competitor.name) == own_name:
            problems.append(error(f"competitors[{index}].name", "is the business itself"))
        if not any(character.isdigit() for character in competitor.price_point) and "free" not in same(
            competitor.price_point
        ):
            problems.append(warning(f"competitors[{index}].price_point", "names no figure"))
    return problems


STAGE = Stage(
    number=3,
    key="competitive_analysis",
    name="Competitive Analysis",
    kind="analytical",
    answer=CompetitiveAnalysis,
    output=CompetitiveAnalysis,
    max_tokens=2500,
    task=(
        "Compare the alternatives these buyers have, the ones named in the brief first. Do not invent companies: where "
        "you know no real one, describe the kind. Judge strengths as fairly as weaknesses. Find five to seven gaps and "
        "five to seven ways to stand apart, say in which price band the business belongs, and why it wins."
    ),
    brief_reads=(
        "business_name",
        "current_offer_description",
        "niche",
        "price_point_current",
        "desired_price_point",
        "unique_mechanism",
        "competitors_offers",
    ),
    reads={
        "market_analysis": ("bleeding_neck_problem", "power_4_percent.demographics"),
        "buyer_psychology": (
            "top_fears[:3].name",
            "top_fears[:3].intensity",
            "top_desires[:3].name",
            "top_desires[:3].intensity",
        ),
    },
    check=check,
    error_points=8,
    warning_points=3,
    upgrade_phase=1,
)

competitive_analysis = stage_flow(STAGE)
