"""Social posts: what clients said, word for word, from every window; then three posts that name nobody."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from flows.answers import Answer, Problem, error, warning
from flows.transcripts.agent import Agent, Stretch, Whole, WholePart, WindowPart, said
from flows.transcripts.draft_checks import faults
from tasks.transcripts.evidence import Span, find_quote
from tasks.transcripts.household import is_client
from tasks.transcripts.normalise.persons import plain_name
from tasks.transcripts.windows import Window

MOST = 3
"""Quotes of one window."""
MOST_TOGETHER = 6
LONGEST = 300


class Quotes(Answer):
    quotes: list[Annotated[str, Field(min_length=10, max_length=LONGEST)]] = Field(max_length=MOST)
    """Sentences of the client, copied letter by letter; an empty list if none is worth it."""


class Posts(Answer):
    facebook: str = Field(min_length=20, max_length=700)
    """Warm and personal, 50 to 100 words."""
    instagram: str = Field(min_length=20, max_length=500)
    """Short, with up to three hashtags at its end."""
    linkedin: str = Field(min_length=20, max_length=900)
    """For professionals, 60 to 120 words."""


def _answer(stretch: Stretch) -> type[Answer] | None:
    """For a model that cannot copy, whole turns to choose from."""
    if not stretch.picks:
        return Quotes
    short = [piece.text for piece in stretch.window.pieces if 10 <= len(piece.text) <= LONGEST]
    if not short:
        return None
    quote: Any = Literal[tuple(dict.fromkeys(short))[:20]]
    quotes: Any = Annotated[list[quote], Field(min_length=1, max_length=1)]
    return create_model("PickedQuotes", __base__=Answer, quotes=(quotes, ...))


def _check_quotes(answer: Any, stretch: Stretch) -> Sequence[Problem]:
    return [
        warning(f"quotes[{index}]", "does not stand in the transcript")
        for index, quote in enumerate(answer.quotes)
        if find_quote(stretch.window, quote) is None
    ]


def unite(answers: Iterable[tuple[Window, Any]], clients: Sequence[str]) -> list[str]:
    """The quotes that stand in the call and are a client's, in the transcript's own letters; none of an unknown speaker."""
    spans = (find_quote(window, quote) for window, answer in answers for quote in answer.quotes)
    kept = [span for span in spans if isinstance(span, Span) and span.speaker and is_client(span.speaker, clients)]
    return list(dict.fromkeys(span.text for span in kept))[:MOST_TOGETHER]


def _check_posts(answer: Any, whole: Whole) -> Sequence[Problem]:
    names = {word for person in whole.record.client.persons for word in plain_name(person).split()}
    problems: list[Problem] = []
    for field, text in answer.model_dump().items():
        if names & set(re.findall(r"\w+", plain_name(text))):
            problems.append(error(field, "names a client"))
        problems += faults(field, text, whole)
    return problems


def _material(whole: Whole) -> str:
    return "# What clients said\n\n" + ("\n".join(f"- “{quote}”" for quote in whole.quotes) or "- nothing was noted")


AGENT = Agent(
    key="social",
    name="Social posts",
    writes=(
        "communications.client_quotes",
        "communications.facebook",
        "communications.instagram",
        "communications.linkedin",
    ),
    window=WindowPart(
        answer=_answer,
        task=said(
            "Choose up to three sentences of the client, not of the advisor, that show why people plan their estate: a "
            "worry, a wish, a relief. Copy them letter by letter."
        ),
        max_tokens=400,
        check=_check_quotes,
    ),
    whole=WholePart(
        answer=Posts,
        task=(
            "Write one post for each network about what this kind of call is good for. Use the thoughts of the quotes in "
            "your own words. Never name a person, a place, an amount or a date."
        ),
        material=_material,
        max_tokens=1100,
        check=_check_posts,
    ),
)
