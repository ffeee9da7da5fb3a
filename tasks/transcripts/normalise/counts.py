"""Small whole numbers: children, properties."""

import re

from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.normalise.numbers import spoken_numbers

LARGEST = 1_000

_NONE_AT_ALL = re.compile(
    r"\b(?:no|zero|without(?: any)?)\s+(?:children|kids|properties|real estate|houses?)\b", re.IGNORECASE
)
_ONE_MORE = re.compile(
    r"\b(?:and|plus)\s+(?:an?|another)\s+(?:\w+\s+)?"
    r"(?:child|kid|boy|girl|son|daughter|house|home|cabin|condo|cottage|apartment|farm|lot|rental|property)\b",
    re.IGNORECASE,
)
"""Nobody knows whether the number counts it in: "two boys and a girl", "three kids, two of them here and a son in Ohio"."""
_DIGITS = re.compile(r"(?<![\w.,$-])\d{1,4}(?:\.0+)?(?![\w,%]|\.\d)", re.ASCII)


def find_counts(text: str) -> set[int]:
    """All whole numbers in `text`, as digits or words."""
    written = {int(float(match[0])) for match in _DIGITS.finditer(text)}
    said = {int(number.value) for number in spoken_numbers(text) if number.value == int(number.value)}
    return {count for count in written | said if count <= LARGEST}


def parse_count(text: str | None) -> int | None:
    """The one whole number in `text`; 0 only where it is said to be none."""
    text = stated(text)
    if text is None:
        return None
    if _NONE_AT_ALL.search(text):
        return 0
    counts = find_counts(text)
    return counts.pop() if len(counts) == 1 and not _ONE_MORE.search(text) else None
