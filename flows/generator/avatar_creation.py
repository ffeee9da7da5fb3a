"""Stage 4, avatar creation: one ideal customer in more than forty fields. The protected stage."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from flows.generator.alone import stage_flow
from flows.generator.checks import at_least, distinct, placeholders, words
from flows.generator.stage import Answer, Essay, Inputs, Phrase, Problem, Sentence, Stage, warning

Level = Literal["high", "medium", "low"]
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
Choices = Annotated[list[Phrase], Field(min_length=1, max_length=5)]
Three = Annotated[list[Sentence], Field(min_length=3, max_length=3)]


class Demographics(Answer):
    age_range: Phrase
    """Age, from and to."""
    household_income: Phrase
    """Yearly household income, from and to."""
    geographic_location: Phrase
    """Region, and whether city, suburb or country."""
    profession_industry: Phrase
    """Profession, role and industry."""
    family_status: Phrase
    """Partner, children, who lives at home."""
    education: Phrase
    """Highest education."""


class Psychographics(Answer):
    core_values: Annotated[list[Phrase], Field(min_length=3, max_length=7)]
    """Five to seven values that decide for this person."""
    beliefs_about_niche: Sentence
    """What this person holds true about the field, right or wrong."""
    daily_lifestyle: Sentence
    """How this person lives and spends free time."""
    media_consumption: Annotated[list[Phrase], Field(min_length=3, max_length=7)]
    """What this person reads, watches and listens to."""


class DayInLife(Answer):
    morning_routine: Essay
    """From waking to the start of work, told as a story in 150 to 200 words."""
    workday_experience: Essay
    """The working day with its troubles, told as a story in 200 to 250 words."""
    evening_routine: Essay
    """From the end of work to sleep, told as a story in 150 to 200 words."""
    weekend_routine: Essay
    """Saturday and Sunday, told as a story in 150 to 200 words."""
    pain_point_moments: Annotated[list[Sentence], Field(min_length=3, max_length=7)]
    """Five to seven moments of the week in which the problem hurts."""


class BuyingTriggers(Answer):
    optimal_contact_days: Annotated[list[Weekday], Field(min_length=1, max_length=5)]
    """Days of the week on which this person listens, best first."""
    optimal_contact_times: Choices
    """Times of day, best first."""
    decision_making_windows: Sentence
    """When in the month or year decisions of this size are made."""
    platform_preferences: Choices
    """Where to reach this person, best first."""
    content_format_preferences: Choices
    """Formats this person finishes, best first."""


class Community(Answer):
    platform: Phrase
    """The platform it lives on."""
    name: Phrase
    """Its name."""
    url: Phrase | None = None
    """Its web address, only if you are certain of it."""
    member_count: Phrase
    """About how many members it has."""
    engagement_level: Level
    """How lively it is."""
    trust_factor: Sentence
    """Why members believe each other there."""
    tone_and_norms: Sentence
    """How people talk there, and what is frowned upon."""
    top_topics: Annotated[list[Phrase], Field(min_length=5, max_length=7)]
    """What is discussed most."""
    top_post_examples: Annotated[list[Sentence], Field(min_length=3, max_length=5)]
    """Titles of posts that would draw many replies."""
    advertising_opportunity: Sentence
    """How the business can be present without annoying anyone."""


class AvatarBarrier(Answer):
    barrier: Sentence
    """What keeps this person from buying."""
    solution: Sentence
    """What removes it."""


class AvatarCreation(Answer):
    avatar_name: Phrase
    """First and last name of an invented person."""
    demographics: Demographics
    psychographics: Psychographics
    day_in_life: DayInLife
    buying_triggers: BuyingTriggers
    online_communities: Annotated[list[Community], Field(min_length=3, max_length=7)]
    """Communities this person takes part in."""
    top_3_hopes: Three
    """What this person hopes for most."""
    top_3_fears: Three
    """What this person fears most."""
    top_3_barriers: Annotated[list[AvatarBarrier], Field(min_length=3, max_length=3)]
    """The three barriers that weigh most."""
    recommended_tone: Sentence
    """How to speak to this person."""
    price_sensitivity: Level
    """How strongly the price decides."""
    price_sensitivity_justification: Sentence
    """Why it does, or does not."""


def check(output: AvatarCreation, inputs: Inputs) -> Sequence[Problem]:
    return [
        *placeholders(output),
        *_lengths(output.day_in_life),
        *_repetitions(output),
        *_short_lists(output),
        *_plausibility(output),
    ]


def _lengths(day: DayInLife) -> list[Problem]:
    return [
        *words("day_in_life.morning_routine", day.morning_routine, 150, 200),
        *words("day_in_life.workday_experience", day.workday_experience, 200, 250),
        *words("day_in_life.evening_routine", day.evening_routine, 150, 200),
        *words("day_in_life.weekend_routine", day.weekend_routine, 150, 200),
    ]


def _repetitions(output: AvatarCreation) -> list[Problem]:
    return [
        *distinct("psychographics.core_values", output.psychographics.core_values, least=3),
        *distinct("psychographics.media_consumption", output.psychographics.media_consumption, least=3),
        *distinct("day_in_life.pain_point_moments", output.day_in_life.pain_point_moments, least=3),
        *distinct("buying_triggers.optimal_contact_days", output.buying_triggers.optimal_contact_days),
        *distinct(
            "online_communities", [f"{each.platform} {each.name}" for each in output.online_communities], least=3
        ),
        *distinct("top_3_hopes", output.top_3_hopes, least=3),
        *distinct("top_3_fears", output.top_3_fears, least=3),
        *distinct("top_3_barriers", [each.barrier for each in output.top_3_barriers], least=3),
    ]


def _short_lists(output: AvatarCreation) -> list[Problem]:
    return [
        *at_least("psychographics.core_values", output.psychographics.core_values, 5, "five to seven"),
        *at_least("day_in_life.pain_point_moments", output.day_in_life.pain_point_moments, 5, "five to seven"),
        *at_least("online_communities", output.online_communities, 5, "five to seven"),
    ]


def _plausibility(output: AvatarCreation) -> list[Problem]:
    problems = []
    if len(output.avatar_name.split()) < 2:
        problems.append(warning("avatar_name", "is not a first and a last name"))
    for name in ("age_range", "household_income"):
        if not any(character.isdigit() for character in getattr(output.demographics, name)):
            problems.append(warning(f"demographics.{name}", "names no figure"))
    for index, community in enumerate(output.online_communities):
        if community.url and not community.url.startswith(("http://", "https://")):
            problems.append(warning(f"online_communities[{index}].url", "is not a web address"))
    return problems


STAGE = Stage(
    number=4,
    key="avatar_creation",
    name="Avatar Creation",
    kind="creative",
    answer=AvatarCreation,
    output=AvatarCreation,
    max_tokens=5500,
    task=(
        "Invent one believable person who stands for the best buyers: everything about this person must follow from "
        "the findings. Tell the day as scenes with hours, places and people, and let the troubles show in them instead "
        "of naming them. Describe five to seven online communities, how to reach this person and what decides the "
        "purchase. Keep to the lengths asked for."
    ),
    brief_reads=("business_name", "niche", "target_market_hypothesis", "unique_mechanism"),
    reads={
        "market_analysis": (
            "power_4_percent.demographics",
            "power_4_percent.psychographics",
            "purchasing_power.average_household_income",
        ),
        "buyer_psychology": ("top_fears[:3].name", "top_desires[:3].name", "top_pain_points[:3].frustration"),
        "competitive_analysis": ("unique_value_proposition",),
    },
    check=check,
    error_points=5,
    warning_points=2,
    upgrade_phase=None,
    protected=True,
)

avatar_creation = stage_flow(STAGE)
