"""Stage 11, premium bonuses: three to five additions that arrive in the first week."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import amounts_agree, distinct, placeholders, within
from flows.generator.digest import digest_and
from flows.generator.stage import Answer, Inputs, Paragraph, Phrase, Problem, Sentence, Stage


class Bonus(Answer):
    bonus_name: Phrase
    """Name of the bonus."""
    what_it_is: Sentence
    """What the buyer receives."""
    what_it_does: Sentence
    """What changes for the buyer through it."""
    desire_pain_addressed: Sentence
    """The desire it serves or the trouble it ends."""
    delivery_timing: Literal["at once", "within two days", "within the first week"]
    """When the buyer has it."""
    perceived_value: Annotated[int, Field(ge=100, le=2000)]
    """What a buyer would pay for it alone, in whole dollars."""
    why_its_valuable: Sentence
    """Why it is worth that, in one sentence."""


class PremiumBonusesAnswer(Answer):
    bonuses: Annotated[list[Bonus], Field(min_length=3, max_length=5)]
    """The bonuses, strongest first."""
    strategic_bonus_summary: Paragraph
    """How the bonuses speed up the result, in two or three sentences without figures."""


class PremiumBonuses(PremiumBonusesAnswer):
    total_bonus_value: Annotated[int, Field(ge=300)]
    """Sum of the bonuses' values, in whole dollars."""


def add_up(answer: PremiumBonusesAnswer, inputs: Inputs) -> PremiumBonuses:
    total = sum(bonus.perceived_value for bonus in answer.bonuses)
    return PremiumBonuses.model_validate(answer.model_dump() | {"total_bonus_value": total})


def check(output: PremiumBonuses, inputs: Inputs) -> Sequence[Problem]:
    total = output.total_bonus_value
    known = [total, *(bonus.perceived_value for bonus in output.bonuses)]
    return [
        *placeholders(output),
        *distinct("bonuses", [bonus.bonus_name for bonus in output.bonuses], least=3),
        *within("total_bonus_value", total, 500, 3000, "the sum of all bonuses"),
        *amounts_agree("strategic_bonus_summary", output.strategic_bonus_summary, known),
    ]


STAGE = Stage(
    number=11,
    key="premium_bonuses",
    name="Premium Bonuses",
    kind="creative",
    answer=PremiumBonusesAnswer,
    output=PremiumBonuses,
    max_tokens=2500,
    task=(
        "Design three to five bonuses the business can really give, out of the frameworks, tools and access it owns. "
        "Each takes away one trouble or serves one desire, is in the buyer's hands within the first week, and is worth "
        "$100 to $2,000; all together are worth $500 to $3,000. Do not add up."
    ),
    brief_reads=("business_name", "unique_mechanism"),
    preference_reads=("proprietary_frameworks", "unique_tools_resources", "exclusive_access"),
    reads=digest_and(buyer_psychology=("top_desires[:2].aspirational_quote", "buyer_language[:1].exact_phrase")),
    complete=add_up,
    check=check,
    upgrade_phase=3,
)

premium_bonuses = stage_flow(STAGE)
