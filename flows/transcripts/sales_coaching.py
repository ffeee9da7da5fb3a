"""Sales coaching: what the advisor did well and what to try next time."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from flows.answers import Answer, Problem, warning
from flows.transcripts.agent import Agent, Stretch, Whole, WholePart, WindowPart, fixed, said

Point = Annotated[str, Field(min_length=5, max_length=300)]


class CoachingNotes(Answer):
    strengths: list[Point] = Field(min_length=1, max_length=3)
    """What the advisor did well, each with what it did for the client."""
    opportunities: list[Point] = Field(min_length=1, max_length=3)
    """What the advisor missed or could have done better."""
    suggestion: str = Field(min_length=5, max_length=400)
    """The one thing to practise next."""
    objection_rebuttals: list[Point] = Field(max_length=3)
    """For objections that came up: a better answer to each; an empty list if none came up."""
    question_based_selling_opportunities: list[Point] = Field(max_length=3)
    """Questions that would have moved the call on; an empty list if there are none."""


TASK = (
    "Coach the advisor on this call: strengths, missed opportunities, the one thing to practise, better answers to the "
    "objections that came up, and questions worth asking. Be specific to what was said."
)


def _repeats(answer: Any, seen: Stretch | Whole) -> Sequence[Problem]:
    points = [*answer.strengths, *answer.opportunities]
    same = len(points) - len({point.casefold() for point in points})
    return [warning("strengths", "says the same as another point")] * same


def _material(whole: Whole) -> str:
    parts = []
    for number, notes in enumerate(whole.notes, start=1):
        lines = [f"- {name}: {text}" for name, text in _points(notes)]
        parts.append("\n".join([f"# Your notes on part {number}", "", *lines]))
    return "\n\n".join(parts)


def _points(notes: Any) -> list[tuple[str, str]]:
    listed = ("strengths", "opportunities", "objection_rebuttals", "question_based_selling_opportunities")
    points = [(name.replace("_", " "), text) for name in listed for text in getattr(notes, name)]
    return [*points, ("suggestion", notes.suggestion)]


AGENT = Agent(
    key="coaching",
    name="Sales coaching",
    writes=("coaching",),
    window=WindowPart(answer=fixed(CoachingNotes), task=said(TASK), max_tokens=1300, check=_repeats),
    whole=WholePart(
        answer=CoachingNotes,
        task="Make one coaching note for the whole call from your notes on its parts: keep what matters most.",
        material=_material,
        max_tokens=1300,
        check=_repeats,
    ),
    whole_for_one=False,
)
