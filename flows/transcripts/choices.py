"""What code has found in a window, numbered: a hint to any model, and all that a very small one may choose from."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from tasks.transcripts.candidates import candidates
from tasks.transcripts.findings import LONGEST_QUOTE, Finding, FindingField
from tasks.transcripts.normalise import categories
from tasks.transcripts.normalise.dates import find_dates
from tasks.transcripts.normalise.states import find_states
from tasks.transcripts.windows import Piece, Window

MOST = 8
"""Choices for one field; more would only blur the list."""
LONGEST_SENTENCE = 240

HINTED: frozenset[FindingField] = frozenset(("client_email", "client_phone_number", "deal", "next_meeting"))
"""What a model of any size is told: addresses, numbers, prices and days, which it gets wrong by a letter or a digit."""
_FIELDS: dict[str, tuple[FindingField, ...]] = {
    "email": ("client_email",),
    "phone": ("client_phone_number",),
    "sum": ("deal", "deposit", "estate_value"),
}
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_PROMISE = re.compile(r"\b(?:I'll|we'll|I will|we will|shall we|let's)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Choice:
    """One value code has found, and the words it stands in."""

    value: str
    quote: str
    timestamp: str


@lru_cache(maxsize=128)  # asked for a window by its plan, its question, and each look at its answer
def choices(window: Window, base: date | None) -> dict[FindingField, list[Choice]]:
    """Field -> what may be its value in this window, in the order of the call; fields with nothing are left out."""
    return _listed([*_candidates(window), *_sentences(window, base)])


@lru_cache(maxsize=128)
def hints(window: Window, base: date | None) -> dict[FindingField, list[Choice]]:
    """The same of the fields that a model of any size is told: those it gets wrong by a letter or a digit."""
    told = [pair for pair in _candidates(window) if pair[0] in HINTED]
    return _listed([*told, *(pair for piece in window.pieces for pair in _meetings(piece, base))])


def _listed(pairs: Iterable[tuple[FindingField, Choice]]) -> dict[FindingField, list[Choice]]:
    found: dict[FindingField, dict[Choice, None]] = {}
    for field, choice in pairs:
        found.setdefault(field, {})[choice] = None
    return {field: list(unique)[:MOST] for field, unique in found.items()}


def finding(field: FindingField, choice: Choice) -> Finding:
    kind = "quoted" if field in ("deal", "deposit") else "stated"
    return Finding.model_validate(
        {"field": field, "value": choice.value, "quote": choice.quote, "timestamp": choice.timestamp, "kind": kind}
    )


def _candidates(window: Window) -> Iterator[tuple[FindingField, Choice]]:
    for candidate in candidates(window, dates=False):
        # An address that is spelled out is quoted with its whole sentence, which without punctuation is a whole turn.
        for field in _FIELDS.get(candidate.kind, ()) if len(candidate.quote) <= LONGEST_QUOTE else ():
            yield field, Choice(candidate.value, candidate.quote, candidate.timestamp)


def _sentences(window: Window, base: date | None) -> Iterator[tuple[FindingField, Choice]]:
    speakers = dict.fromkeys(piece.speaker for piece in window.pieces if piece.speaker)
    for piece in window.pieces:
        for sentence in _SENTENCE.split(piece.text):
            if len(sentence) <= LONGEST_SENTENCE:
                yield from _in_sentence(sentence, piece, tuple(speakers))
        yield from _meetings(piece, base)


def _meetings(piece: Piece, base: date | None) -> Iterator[tuple[FindingField, Choice]]:
    for sentence in _SENTENCE.split(piece.text):
        for mention in find_dates(sentence, base) if len(sentence) <= LONGEST_SENTENCE else ():
            # The whole sentence proves it: the time of day often stands beside the day.
            yield "next_meeting", Choice(sentence[mention.start : mention.end], sentence, piece.timestamp)


def _in_sentence(sentence: str, piece: Piece, speakers: tuple[str, ...]) -> Iterator[tuple[FindingField, Choice]]:
    def choice(value: str) -> Choice:
        return Choice(value, sentence, piece.timestamp)

    words = set(re.findall(r"\w+", sentence))
    for speaker in speakers:
        if speaker != piece.speaker and speaker.split()[0] in words:
            yield "client_name", choice(speaker)
    for state in find_states(sentence):
        yield "client_state", choice(state)
        yield "real_estate_locations", choice(state)
    if status := categories.marital_status(sentence):
        yield "marital_status", choice(status)
    if outcome := categories.outcome(sentence):
        yield "meeting_outcome", choice(outcome)
    if categories.product_category(sentence) not in (None, "Other"):
        yield "products_discussed", choice(sentence)
    if categories.objection_category(sentence) not in (None, "Other"):
        yield "objections_raised", choice(sentence)
    if _PROMISE.search(sentence):
        yield "next_steps", choice(sentence)
