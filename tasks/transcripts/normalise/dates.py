"""Dates as people say them, resolved against the day of the meeting: "next Tuesday, the twenty-fourth, at two Central".

Weekdays, days of the month and "next" must agree with each other; several days, or one of which nobody can be sure, are
none. Dates of a call lie in the future unless the year is said.
"""

import datetime as dt
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.normalise.calendar_days import MONTHS, existing, later, written_day
from tasks.transcripts.normalise.ordinals import with_digits
from tasks.transcripts.normalise.times import parse_time
from tasks.transcripts.normalise.zones import spoken_zone

_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]}|t)?\\.?" if month != "may" else "may" for month in MONTHS)
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?))?(?!\d)")
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b")
_DAY_NAME = "|".join(_WEEKDAYS)
_WEEKDAY = re.compile(rf"\b(?:(next|following|last|past|previous|every|each)\s+)?({_DAY_NAME})\b", re.IGNORECASE)
_NOT_AHEAD = frozenset(("last", "past", "previous", "every", "each"))
_OTHER_WEEK = re.compile(r"\b(?:next|following)\s+week\b|\bweek\s+after\b", re.IGNORECASE)
_IN_NEXT_WEEK = re.compile(
    rf"\b(?:{_DAY_NAME}),?\s+(?:of\s+)?next\s+week\b|\bnext\s+week,?\s+(?:on\s+)?(?:{_DAY_NAME})\b", re.IGNORECASE
)
_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b", re.IGNORECASE)
_TWO_DAYS = re.compile(
    rf"(?:(?:{_MONTH})\s+\d{{1,2}}|\b\d{{1,2}}(?:st|nd|rd|th))\s*(?:,|-|or|and|to|through)\s*(?:the\s+)?"
    r"\d{1,2}(?:st|nd|rd|th)\b",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(rf"\b({_MONTH})\s+(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(\d{{4}}))?", re.IGNORECASE)
_DAY_MONTH = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\b(?:,?\s+(\d{{4}}))?", re.IGNORECASE)
_TODAY = re.compile(
    r"(?<!from )\b(?:today|tonight|this (?:morning|afternoon|evening)|right away|right after (?:the|this) call)\b",
    re.IGNORECASE,
)
_NUMBER = r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,3})"
_SPAN = re.compile(rf"\bin\s+({_NUMBER})\s+(day|week|month)s?\b|\btomorrow\b", re.IGNORECASE)
# "the day after tomorrow", "a week from Thursday"; with words between them nobody knows from when to count.
_SHIFT = re.compile(
    rf"(?:\b(?P<count>{_NUMBER}|the)\s+)?\b(?P<business>business\s+|working\s+)?(?P<unit>day|week|month)s?\s+"
    r"(?P<way>from|after|following|before|prior to|ago)\s+(?P<between>(?:\w+\s+){0,3}?)"
    rf"(?P<start>now|today|tomorrow|{_DAY_NAME}|(?:{_MONTH})(?=\s))\b",
    re.IGNORECASE,
)
_LONGEST = 300
_SENTENCE = re.compile(r"[^.?!;]{3,300}")
_HINT = re.compile(
    rf"\d{{4}}-\d\d|\d/\d|day\b|(?:th|st|nd|rd)\b|\d(?:st|nd|rd|th)\b|\b(?:{_MONTH})\b|\btomorrow|\bto(?:day|night)|\bweeks?\b",
    re.IGNORECASE,
)


class Moment(NamedTuple):
    """A day in the meeting's zone, and the time of day where that was said."""

    day: date
    time: dt.time | None = None
    zone: str | None = None
    """The zone that was named with the time."""

    def in_utc(self, zone: str | None) -> datetime | None:
        """None without a time or without a zone: midnight would be an invention."""
        name = self.zone or zone
        if self.time is None or name is None:
            return None
        return datetime.combine(self.day, self.time, ZoneInfo(name)).astimezone(UTC)


class Mention(NamedTuple):
    """A sentence at `start:end` of a text that names one day."""

    start: int
    end: int
    day: date


def find_dates(text: str, base: date | None) -> Iterator[Mention]:
    """Every sentence that names exactly one day, by place."""
    for sentence in _SENTENCE.finditer(text):
        if _HINT.search(sentence[0]) and (day := parse_date(sentence[0], base)):
            lead = len(sentence[0]) - len(sentence[0].lstrip())
            yield Mention(sentence.start() + lead, sentence.start() + len(sentence[0].rstrip()), day)


def parse_date(text: str | None, base: date | None) -> date | None:
    """The one day `text` means for somebody who says it on `base`; None if there is none, several or a contradiction."""
    text = stated(text)
    if text is None or len(text) > _LONGEST:
        return None
    if _ISO.search(text):
        moment = parse_moment(text, base)
        return moment.day if moment else None
    return _one_day(text, base)


def parse_moment(text: str | None, base: date | None, zone: str | None = None) -> Moment | None:
    """The same with the time of day. `zone` is where an ISO date-time with an offset is read on the calendar."""
    text = stated(text)
    if text is None or len(text) > _LONGEST:
        return None
    iso = _ISO.search(text)
    if iso:
        return _from_iso(iso, text, zone)
    day = _one_day(text, base)
    return Moment(day, parse_time(_without_dates(text)), spoken_zone(text)) if day else None


def local_date(started_at: datetime | None, zone: str | None) -> date | None:
    """The calendar date of the meeting where it was held; without a zone only when all of the USA has that date."""
    if started_at is None:
        return None
    if zone:
        return started_at.astimezone(ZoneInfo(zone)).date()
    east, west = ZoneInfo("America/New_York"), ZoneInfo("Pacific/Honolulu")
    dates = {started_at.astimezone(there).date() for there in (east, west)}
    return dates.pop() if len(dates) == 1 else None


def _from_iso(match: re.Match[str], text: str, zone: str | None) -> Moment | None:
    day = existing(int(match[1]), int(match[2]), int(match[3]))
    if day is None:
        return None
    if not match[4]:
        return Moment(day, parse_time(text[: match.start()] + text[match.end() :]), spoken_zone(text))
    try:
        moment = datetime.fromisoformat(f"{day}T{match[4]}")
    except ValueError:
        return None
    if moment.tzinfo is None:
        return Moment(day, moment.time())
    name = zone or "UTC"
    local = moment.astimezone(ZoneInfo(name))
    return Moment(local.date(), local.time(), name)


def _one_day(text: str, base: date | None) -> date | None:
    days = set(_days(text, base))
    return days.pop() if len(days) == 1 else None


def _days(text: str, base: date | None) -> Iterator[date | None]:
    """Every day the text may mean; None stands for a part that contradicts or cannot be resolved."""
    yield from (_slashed(match) for match in _SLASHED.finditer(text))
    plain = with_digits(text)
    yield from (_shifted(match, base) for match in _SHIFT.finditer(plain))
    plain = _SHIFT.sub(" ", plain)
    if _TWO_DAYS.search(plain):
        yield None
    dated = [written_day(match[1], match[2], match[3], base) for match in _MONTH_DAY.finditer(plain)]
    dated += [written_day(match[2], match[1], match[3], base) for match in _DAY_MONTH.finditer(plain)]
    ordinals = {int(match[1]) for match in _ORDINAL.finditer(plain)}
    weekdays = {((match[1] or "").lower(), match[2].lower()) for match in _WEEKDAY.finditer(plain)}
    if dated:
        named = {name for _, name in weekdays}
        yield from (day if day and named <= {_WEEKDAYS[day.weekday()]} else None for day in dated)
    elif base and weekdays and not ordinals and _OTHER_WEEK.search(plain):
        yield _next_week(base, weekdays) if _IN_NEXT_WEEK.search(plain) else None
    elif base and (ordinals or weekdays):
        yield _upcoming(base, ordinals, weekdays)
    elif ordinals or weekdays:
        yield None
    if base and _TODAY.search(plain) and not (dated or ordinals or weekdays):
        yield base
    if base:
        spans = _SPAN.finditer(plain)
        yield from (later(base, (match[1] or "a").lower(), (match[2] or "day").lower()) for match in spans)


def _shifted(match: re.Match[str], base: date | None) -> date | None:
    """A day counted from another one. "A week from Tuesday" on a Tuesday is in one week for some, in two for others."""
    count, unit, start = ((match[part] or "the").lower() for part in ("count", "unit", "start"))
    if base is None or match["business"] or match["between"] or match["way"].lower() not in ("from", "after"):
        return None
    if count == "the" and unit != "day":
        return None
    if start in _WEEKDAYS:
        first = _upcoming(base, set(), {("", start)}) if start != _WEEKDAYS[base.weekday()] else None
    else:
        first = {"now": base, "today": base, "tomorrow": later(base, "a", "day")}.get(start)
    return first and later(first, "a" if count == "the" else count, unit)


def _next_week(base: date, weekdays: set[tuple[str, str]]) -> date | None:
    """None with a Sunday, which begins a week for some and ends it for others."""
    days = {_WEEKDAYS.index(name) for _, name in weekdays}
    if len(days) > 1 or 6 in (*days, base.weekday()):
        return None
    return base + timedelta(days=7 - base.weekday() + days.pop())


def _upcoming(base: date, ordinals: set[int], weekdays: set[tuple[str, str]]) -> date | None:
    if len(ordinals) > 1 or len({name for _, name in weekdays}) > 1 or _NOT_AHEAD & {word for word, _ in weekdays}:
        return None
    name = next((name for _, name in weekdays), None)
    if ordinals:
        day = _next_with_day(base, ordinals.copy().pop())
        return day if day and name in (None, _WEEKDAYS[day.weekday()]) else None
    ahead = (_WEEKDAYS.index(name or "") - base.weekday() - 1) % 7 + 1
    coming = base + timedelta(days=ahead)
    # "next Thursday" on a Wednesday is tomorrow for some and in eight days for others.
    same_week = coming.isocalendar()[:2] == base.isocalendar()[:2]
    return None if same_week and any(word for word, _ in weekdays) else coming


def _next_with_day(base: date, day: int) -> date | None:
    ahead = (base + timedelta(days=number) for number in range(62))
    return next((candidate for candidate in ahead if candidate.day == day), None)


def _slashed(match: re.Match[str]) -> date | None:
    """Month first, unless that cannot be; "03/10/2026" is March to some and October to others, so it is None."""
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    year += 2000 if year < 100 else 0
    if first <= 12 and second <= 12 and first != second:
        return None
    month, day = (first, second) if first <= 12 else (second, first)
    return existing(year, month, day)


def _without_dates(text: str) -> str:
    plain = _ORDINAL.sub(" ", with_digits(text))
    for pattern in (_SLASHED, _MONTH_DAY, _DAY_MONTH):
        plain = pattern.sub(" ", plain)
    return plain
