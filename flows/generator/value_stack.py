"""Stage 8, value stack: what the buyer gets, piece by piece, and what each piece is worth."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import amounts_agree, distinct, placeholders, within
from flows.generator.digest import digest_and
from flows.generator.stage import Answer, Inputs, Paragraph, Phrase, Problem, Sentence, Stage

Dollars = Annotated[int, Field(ge=1, le=1_000_000)]


class Component(Answer):
    component_name: Phrase
    """Name of the component."""
    what_it_is: Sentence
    """What the buyer receives."""
    what_it_does: Sentence
    """What changes for the buyer through it."""
    desire_addressed: Sentence
    """The desire it serves."""
    delivery_format: Phrase
    """How it is delivered."""
    perceived_value: Dollars
    """What a buyer would pay for it alone, in whole dollars."""


class ValueStackAnswer(Answer):
    core_components: Annotated[list[Component], Field(min_length=5, max_length=7)]
    """The parts of the offer, each of use on its own."""
    value_stack_summary: Paragraph
    """How the parts work together, in two or three sentences without figures."""


class ValueStack(ValueStackAnswer):
    total_perceived_value: Annotated[int, Field(ge=1)]
    """Sum of the components' values, in whole dollars."""


def add_up(answer: ValueStackAnswer, inputs: Inputs) -> ValueStack:
    total = sum(component.perceived_value for component in answer.core_components)
    return ValueStack.model_validate(answer.model_dump() | {"total_perceived_value": total})


def check(output: ValueStack, inputs: Inputs) -> Sequence[Problem]:
    price = inputs.earlier["offer_design"]["pricing_tiers"][0]["price"]
    total = output.total_perceived_value
    known = [total, *(component.perceived_value for component in output.core_components)]
    return [
        *placeholders(output),
        *distinct("core_components", [component.component_name for component in output.core_components], least=5),
        *within("total_perceived_value", total, 3 * price, 10 * price, "three to ten times the recommended tier"),
        *amounts_agree("value_stack_summary", output.value_stack_summary, known),
    ]


STAGE = Stage(
    number=8,
    key="value_stack",
    name="Value Stack",
    kind="strategic",
    answer=ValueStackAnswer,
    output=ValueStack,
    max_tokens=2500,
    task=(
        "Break the recommended option into five to seven components. Use the frameworks, tools and access the business "
        "owns, and give weight to what is to be emphasised. Value each component at what a buyer would pay for it "
        "alone, so that all together are worth five to ten times the price of the recommended tier. Do not add up."
    ),
    brief_reads=("business_name", "service_type", "delivery_format", "offer_duration", "unique_mechanism"),
    preference_reads=(
        "primary_transformation",
        "proprietary_frameworks",
        "unique_tools_resources",
        "exclusive_access",
        "emphasize_components",
    ),
    reads=digest_and(
        buyer_psychology=("top_desires[:2].aspirational_quote", "buyer_language[:1].exact_phrase"),
        offer_rationale=(
            "recommended.big_promise",
            "recommended.unique_mechanism_name",
            "recommended.mechanism_explanation",
            "recommended.strategic_angle",
        ),
    ),
    complete=add_up,
    check=check,
    upgrade_phase=2,
)

value_stack = stage_flow(STAGE)
