"""Small whole numbers: children, properties."""

import re

from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.normalise.numbers import spoken_numbers

LARGEST = 1_000

_NONE_AT_ALL = re.compile(
    r"\b(?:no|zero|without(?: any)?)\s+(?:children|kids|properties|real estate|houses?)\b", re.IGNORECASE
)
_PERSON = r"(?:child(?:ren)?|(?:kid|boy|girl|son|daughter)s?)"
_PLACE = r"(?:(?:house|home|cabin|condo|cottage|apartment|farm|lot|rental)s?|property|properties)"
_ONE_MORE = {
    kind: re.compile(rf"\b(?:and|plus)\s+(?:an?|another)\s+(?:\w+\s+)?{kind}\b", re.IGNORECASE)
    for kind in (_PERSON, _PLACE)
}
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
    return counts.pop() if len(counts) == 1 and not _one_more(text) else None


def _one_more(text: str) -> bool:
    """Whether one more is named beside a number, unless the number is plainly of another kind: "two kids and a house"."""
    for kind, other in ((_PERSON, _PLACE), (_PLACE, _PERSON)):
        for more in _ONE_MORE[kind].finditer(text):
            before = text[: more.start()]
            if _names(kind, before) or not _names(other, before):
                return True
    return False


def _names(kind: str, text: str) -> bool:
    return re.search(rf"\b{kind}\b", text, re.IGNORECASE) is not None
