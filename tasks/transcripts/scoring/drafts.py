"""Checks of what agents write: e-mail, posts, quotes, coaching, summary. By code alone; no model judges another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from tasks.transcripts.evidence import is_verbatim
from tasks.transcripts.normalise.dates import find_dates
from tasks.transcripts.normalise.money import find_sums
from tasks.transcripts.normalise.persons import plain_name
from tasks.transcripts.record import CrmRecord
from tasks.transcripts.transcript import Transcript

EMAIL = "follow-up e-mail"
_SUBJECT = re.compile(r"\ASubject: [^\n]*\n")
_THREE_WORDS = re.compile(r"(?:\b[^\W\d_]+\b[^\w\s]{0,3}\s+){2}[^\W\d_]{2}")


@dataclass(frozen=True)
class DraftCheck:
    name: str
    passed: bool
    found: str = ""
    """What was wrong."""


def check_drafts(record: CrmRecord, transcript: Transcript, base: date | None = None) -> list[DraftCheck]:
    """Every check that applies; a text that is not there is not checked. `base` is the day of the meeting."""
    said = "\n".join(turn.text for turn in transcript.turns)
    texts, checks = drafts(record), list[DraftCheck]()
    if email := texts[EMAIL]:
        checks.append(greets_client(email, record.client.persons))
    for name, text in texts.items():
        if text:
            checks.append(has_words(name, text))
            checks.append(only_said_amounts(name, text, said, record))
            checks.append(only_said_dates(name, text, said, record, base))
    checks += [_is_quoted(quote, transcript) for quote in record.communications.client_quotes]
    return checks


def drafts(record: CrmRecord) -> dict[str, str | None]:
    """Name -> text of everything an agent has written; None for what is not there."""
    written, coaching = record.communications, record.coaching
    notes = [
        *coaching.strengths, *coaching.opportunities, coaching.suggestion or "", *coaching.objection_rebuttals,
        *coaching.question_based_selling_opportunities,
    ]  # fmt: skip
    return {
        EMAIL: written.follow_up_email,
        "Facebook post": written.facebook,
        "Instagram post": written.instagram,
        "LinkedIn post": written.linkedin,
        "coaching": "\n".join(filter(None, notes)) or None,
        "summary": record.summary,
    }


def check_written(record: CrmRecord) -> list[DraftCheck]:
    """Whether each text that was asked for is there: silence must not pass for a flawless text."""
    return [
        DraftCheck(f"{name}: written", bool(text), "" if text else "nothing") for name, text in drafts(record).items()
    ]


def greets_client(email: str, persons: Sequence[str]) -> DraftCheck:
    """A client's first name or surname stands in the e-mail."""
    words = set(plain_name(email).split())
    known = {part for person in persons for part in plain_name(person).split()}
    return DraftCheck("e-mail names the client", bool(words & known), "" if words & known else "no name of a client")


def has_words(name: str, text: str) -> DraftCheck:
    """At least three words in a row, below the subject: a form is also filled by digits, marks or one long word."""
    passed = bool(_THREE_WORDS.search(_SUBJECT.sub("", text)))
    return DraftCheck(f"{name}: words", passed, "" if passed else "no sentence of words")


def only_said_amounts(name: str, text: str, said: str, record: CrmRecord) -> DraftCheck:
    """No sum of money that is neither in the call nor in the record."""
    known = _sums(said) | {
        amount for amount in (record.deal.amount, record.deal.deposit, record.client.estate_value) if amount is not None
    }
    invented = sorted({found.value for found in find_sums(text) if found.sure} - known)
    return DraftCheck(f"{name}: amounts", not invented, ", ".join(map(str, invented)))


def only_said_dates(name: str, text: str, said: str, record: CrmRecord, base: date | None) -> DraftCheck:
    """No day that is neither in the call nor in the record."""
    known = _days(said, base) | {step.due for step in record.deal.next_steps}
    known |= {moment.date() for moment in (record.meeting.started_at, record.meeting.next_meeting) if moment}
    known |= {base, record.deal.close_date, record.meeting.held_on, record.meeting.next_meeting_on}
    invented = sorted({mention.day for mention in find_dates(text, base)} - known)
    return DraftCheck(f"{name}: dates", not invented, ", ".join(map(str, invented)))


# A call is searched once for all its drafts; the few kept are those under way.
@lru_cache(maxsize=8)
def _sums(said: str) -> frozenset[Decimal]:
    return frozenset(found.value for found in find_sums(said))


@lru_cache(maxsize=8)
def _days(said: str, base: date | None) -> frozenset[date | None]:
    return frozenset(mention.day for mention in find_dates(said, base))


def _is_quoted(quote: str, transcript: Transcript) -> DraftCheck:
    passed = any(is_verbatim(quote, turn.text) for turn in transcript.turns)
    shown = re.sub(r"\s+", " ", quote)[:80]
    return DraftCheck("quote is verbatim", passed, "" if passed else shown)
