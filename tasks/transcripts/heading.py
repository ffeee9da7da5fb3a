"""The header of a transcript, its lines recognised by shape.

Exports order the lines differently and leave some out (four layouts seen), so a position means nothing:
an e-mail looks like one, an id is 6 to 12 digits, minutes are a small decimal, a title speaks of a meeting. A date
without a time of day, or with a time but no zone, gives the day only.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from tasks.transcripts.normalise.calendar_days import YEARS
from tasks.transcripts.normalise.dates import parse_date
from tasks.transcripts.normalise.emails import valid_email
from tasks.transcripts.normalise.letters import is_letter
from tasks.transcripts.transcript import Header

LONGEST_LINE = 500
MOST_OTHER_LINES = 50

_ID = re.compile(r"\d{6,12}", re.ASCII)
_MINUTES = re.compile(r"\d{1,3}(\.\d+)?", re.ASCII)
_URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})", re.ASCII)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = re.compile(
    rf"(?:[a-z]{{3,9}},?\s)?(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}/\d{{1,2}}/\d{{4}}|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH},?\s\d{{4}})(?:(?:T|,?\s(?:at\s)?)\d{{1,2}}:\d{{2}}[^@]{{0,30}})?",
    re.ASCII | re.IGNORECASE,
)
_LONGEST_NAME = 120
_BETWEEN_LETTERS = frozenset("_.,'’&/ -")


def parse_header(lines: Iterable[str], speakers: tuple[str, ...] = ()) -> Header:
    """`speakers` decide the one unclear case: a single unknown line that is a speaker's name is the client's name."""
    shaped: dict[str, object] = {}
    rest: list[str] = []
    for line in (" ".join(raw.split()) for raw in lines):
        if not line:
            continue
        found = _by_shape(line)
        if found and found[0] not in shaped:
            shaped[found[0]] = found[1]
        else:
            rest.append(line[:LONGEST_LINE])
    title, name, other = _title_and_name(rest, speakers)
    return Header.model_validate(
        shaped | {"title": title, "client_name": name, "other": tuple(other[:MOST_OTHER_LINES])}
    )


def _by_shape(line: str) -> tuple[str, object] | None:
    if len(line) > LONGEST_LINE:
        return None
    if "@" in line and (email := valid_email(line)):
        return "client_email", email
    if _MOMENT.fullmatch(line):
        return _moment(line)
    if _DAY.fullmatch(line) and (day := parse_date(line, None)):
        return "held_on", day
    if _ID.fullmatch(line):
        return "transcript_id", line
    if _MINUTES.fullmatch(line):
        return "duration_minutes", Decimal(line)
    if _URL.fullmatch(line):
        return "url", line
    return None


def _moment(line: str) -> tuple[str, object] | None:
    try:
        moment = datetime.fromisoformat(line)
    except ValueError:
        return None  # the 31st of February is some other line
    return ("started_at", moment.astimezone(UTC)) if moment.year in YEARS else None


def _title_and_name(rest: list[str], speakers: tuple[str, ...]) -> tuple[str | None, str | None, list[str]]:
    rest = list(rest)
    spoken = {speaker.casefold() for speaker in speakers}
    title = next((line for line in rest if ":" in line and "meeting" in line.lower()), None)
    if title is None and rest and not (len(rest) == 1 and rest[0].casefold() in spoken):
        title = rest[0]
    if title is not None:
        rest.remove(title)
    name = next((line for line in rest if _is_name(line)), None)
    if name is not None:
        rest.remove(name)
    return title, name, rest


def _is_name(line: str) -> bool:
    letters = all(is_letter(char) or char.isdigit() or char in _BETWEEN_LETTERS for char in line)
    return letters and line[0].isalpha() and len(line) <= _LONGEST_NAME and len(line.split()) <= 10
