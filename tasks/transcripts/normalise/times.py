"""Times of day as people say them: "at two", "nine-thirty in the morning", "2:30 p.m.", "14:00"."""

import re
from datetime import time

_HOUR_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_HOURS = {word: hour for hour, word in enumerate(_HOUR_WORDS, start=1)}
_MINUTES = {"fifteen": 15, "thirty": 30, "forty-five": 45, "forty five": 45}
_HOUR = rf"(?P<hour>\d{{1,2}}|{'|'.join(_HOURS)})"
_MINUTE = rf"(?:[:.](?P<digits>\d{{2}})|[\s-](?P<words>{'|'.join(_MINUTES)}))"
_AM = r"a\.?m\b\.?|in the morning|\bmorning"
_PM = r"p\.?m\b\.?|in the afternoon|afternoon|in the evening|evening|at night|tonight"
_CLOCK = re.compile(
    rf"(?<![\w:.$-])(?P<at>at\s+|@\s?)?{_HOUR}{_MINUTE}?(?P<oclock>\s*o'?clock)?,?(?:\s*(?:(?P<am>{_AM})|(?P<pm>{_PM})))?"
    r"(?P<zone>,?\s+(?:central|eastern|mountain|pacific|[ECMP][SD]?T)\b)?(?![\w:])",
    re.IGNORECASE,
)
_NAMED = ((re.compile(r"\bnoon\b", re.IGNORECASE), time(12)), (re.compile(r"\bmidnight\b", re.IGNORECASE), time(0)))


def parse_time(text: str) -> time | None:
    """The one time of day in `text`, or None.

    Without morning or afternoon it is read within a business day (8:00 to 18:59), where every hour but seven is unique:
    nobody signs at two in the night.
    """
    found = {moment for pattern, moment in _NAMED if pattern.search(text)}
    for match in _CLOCK.finditer(text):
        if not any(match[name] for name in ("at", "digits", "oclock", "am", "pm", "zone")):
            continue  # a bare number is no time
        moment = _moment(match)
        if moment is None:
            return None
        found.add(moment)
    return found.pop() if len(found) == 1 else None


def _moment(match: re.Match[str]) -> time | None:
    said = match["hour"].lower()
    hour = _HOURS.get(said) or int(said)
    minute = int(match["digits"] or 0) or _MINUTES.get((match["words"] or "").lower(), 0)
    if hour > 23 or minute > 59:
        return None
    if match["am"] or match["pm"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["pm"] else 0)
    elif hour in range(1, 7):
        hour += 12
    elif hour in (0, 7) and not (match["digits"] and len(said) == 2):
        return None
    return time(hour, minute)
