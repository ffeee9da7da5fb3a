"""Stage 2, buyer psychology: what buyers say, fear, want and suffer from, in their own words."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import at_least, distinct, placeholders
from flows.generator.stage import Answer, Inputs, Paragraph, Phrase, Problem, Sentence, Stage, warning

Intensity = Annotated[int, Field(ge=1, le=10)]


class BuyerPhrase(Answer):
    exact_phrase: Phrase
    """The phrase as a buyer says it, in the first person."""
    meaning_context: Sentence
    """What the buyer means by it, and when it is said."""
    emotional_tone: Literal["fear", "hope", "frustration", "pride", "shame", "desire"]
    """The feeling behind it."""
    usage_frequency: Literal["high", "medium", "low"]
    """How often it is heard."""
    marketing_application: Sentence
    """Where in the marketing it works best."""


class Fear(Answer):
    name: Phrase
    """The fear in a few words."""
    intensity: Intensity
    """How strong it is: 1 faint, 10 overwhelming."""
    quote: Sentence
    """How a buyer would voice it."""
    root_emotion: Phrase
    """The feeling underneath."""
    purchase_blocker: Sentence
    """How it keeps the buyer from buying."""
    how_offer_addresses: Sentence
    """What in the offer takes it away."""
    is_surface_fear: bool
    """True if buyers admit it openly, false if it lies deeper."""


class Desire(Answer):
    name: Phrase
    """The desire in a few words."""
    intensity: Intensity
    """How strong it is: 1 faint, 10 overwhelming."""
    aspirational_quote: Sentence
    """How a buyer would voice it."""
    deeper_meaning: Literal["freedom", "validation", "balance", "impact", "security"]
    """What it stands for."""
    timeline_expectation: Phrase
    """How soon the buyer expects it."""
    willingness_to_pay: Sentence
    """What the buyer would pay for it, and why."""
    how_business_delivers: Sentence
    """What in this business brings it about."""


class PainPoint(Answer):
    frustration: Sentence
    """What goes wrong in the buyer's week."""
    quote: Sentence
    """How a buyer would complain about it."""
    root_emotion: Literal["fear", "guilt", "overwhelm", "shame", "anger"]
    """The feeling underneath."""
    what_theyve_tried: Annotated[list[Phrase], Field(min_length=2, max_length=3)]
    """Earlier attempts to solve it."""
    why_it_didnt_work: Sentence
    """Why those attempts failed."""
    how_unique_mechanism_solves: Sentence
    """What this business's mechanism does instead."""


class Barrier(Answer):
    barrier: Sentence
    """What stands between the buyer and the purchase."""
    type: Literal["internal", "external"]
    """Whether it is in the buyer's head or in the buyer's circumstances."""
    objection_handling_script: Sentence
    """What a salesperson answers."""


class BuyerPsychology(Answer):
    buyer_language: Annotated[list[BuyerPhrase], Field(min_length=10, max_length=15)]
    """Phrases these buyers use, each a different thought."""
    top_fears: Annotated[list[Fear], Field(min_length=3, max_length=5)]
    """The strongest fears, at least one of them below the surface."""
    top_desires: Annotated[list[Desire], Field(min_length=3, max_length=5)]
    """The strongest desires."""
    top_pain_points: Annotated[list[PainPoint], Field(min_length=5, max_length=5)]
    """The five worst everyday troubles."""
    barriers: Annotated[list[Barrier], Field(min_length=2, max_length=10)]
    """Seven to ten reasons not to buy, internal and external ones."""
    price_justification: Paragraph
    """Why the price is worth it to these buyers, in their terms."""


def strongest_first(answer: BuyerPsychology, inputs: Inputs) -> BuyerPsychology:
    """Fears and desires by falling intensity: later stages read the first two or three as the strongest."""
    fears = sorted(answer.top_fears, key=lambda fear: -fear.intensity)
    desires = sorted(answer.top_desires, key=lambda desire: -desire.intensity)
    return answer.model_copy(update={"top_fears": fears, "top_desires": desires})


def check(output: BuyerPsychology, inputs: Inputs) -> Sequence[Problem]:
    problems = placeholders(output)
    problems += distinct("buyer_language", [phrase.exact_phrase for phrase in output.buyer_language], least=10)
    problems += distinct("top_fears", [fear.name for fear in output.top_fears], least=3)
    problems += distinct("top_desires", [desire.name for desire in output.top_desires], least=3)
    problems += distinct("top_pain_points", [pain.frustration for pain in output.top_pain_points], least=5)
    problems += distinct("barriers", [barrier.barrier for barrier in output.barriers], least=2)
    problems += at_least("barriers", output.barriers, 7, "seven to ten")
    if len({barrier.type for barrier in output.barriers}) == 1:
        problems.append(warning("barriers", f"are all {output.barriers[0].type}; both kinds are wanted"))
    if all(fear.is_surface_fear for fear in output.top_fears):
        problems.append(warning("top_fears", "name no fear below the surface"))
    return problems


STAGE = Stage(
    number=2,
    key="buyer_psychology",
    name="Buyer Psychology",
    kind="analytical",
    answer=BuyerPsychology,
    output=BuyerPsychology,
    max_tokens=4500,
    task=(
        "Describe how the best buyers think and speak. Write phrases and quotes in the first person, as said to a "
        "friend, not as advertising. Separate the fears they admit from those below the surface. For each everyday "
        "trouble say what they tried and why it failed. Name the reasons not to buy and an honest answer to each. "
        "Keep every entry different from the others and short."
    ),
    brief_reads=(
        "business_name",
        "current_offer_description",
        "niche",
        "target_market_hypothesis",
        "target_demographics",
        "target_psychographics",
        "biggest_customer_pain_point",
        "unique_mechanism",
    ),
    reads={
        "market_analysis": ("bleeding_neck_problem", "power_4_percent.demographics", "power_4_percent.psychographics")
    },
    complete=strongest_first,
    check=check,
    error_points=5,
    warning_points=2,
    upgrade_phase=1,
)

buyer_psychology = stage_flow(STAGE)
