"""Summary: what happened in the call, for the next person who opens the record."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from flows.answers import Answer, Problem
from flows.transcripts.agent import Agent, Whole, WholePart, WindowPart, fixed, no_problems, said
from flows.transcripts.draft_checks import faults


class Summary(Answer):
    summary: str = Field(min_length=20, max_length=1200)
    """What was talked about, decided and left open, in 60 to 150 words."""


def _check(answer: Any, whole: Whole) -> Sequence[Problem]:
    return faults("summary", answer.summary, whole)


AGENT = Agent(
    key="summary",
    name="Summary",
    writes=("summary",),
    window=WindowPart(
        answer=fixed(Summary),
        task=said("Summarise this part of the call: situation of the client, what was offered, decided and left open."),
        max_tokens=500,
        check=no_problems,
    ),
    whole=WholePart(
        answer=Summary,
        task="Make one summary of the whole call from the summaries of its parts and the facts.",
        material=lambda whole: "\n\n".join(
            f"# Part {number}\n\n{notes.summary}"  # type: ignore[attr-defined]
            for number, notes in enumerate(whole.notes, start=1)
        ),
        max_tokens=500,
        check=_check,
    ),
    whole_for_one=False,
)
