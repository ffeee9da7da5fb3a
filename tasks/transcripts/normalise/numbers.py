"""Numbers in words: "four thousand six hundred and fifty", "one point two nine million", "forty-six fifty".

The grammar of English numbers is text2num's. What it leaves out is how people say prices: decimals before a scale,
halves, and pairs, where "forty-six fifty" is 4650 and "two sixty-five" is 265.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from text_to_num import text2num

SCALES = {"thousand": Decimal(10**3), "million": Decimal(10**6), "billion": Decimal(10**9)}
_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBER_WORDS = frozenset([*_UNITS, *_TEENS, *_TENS, "hundred", *SCALES])
_GLUE = frozenset(["a", "an", "and", "point", "oh", "half"])
_DIGIT = {word: str(value) for value, word in enumerate(_UNITS)} | {"oh": "0", "o": "0"}

_LONGEST = 20
"""Words. The longest price takes a dozen; more is somebody counting aloud, and would be tried in every pairing."""

_WORD = re.compile(r"[A-Za-z]+")
_JOINT = re.compile(r"[\s‐‑-]{1,10}")


class Spoken(NamedTuple):
    """A number said in words at `start:end` of a text."""

    start: int
    end: int
    value: Decimal
    words: tuple[str, ...]


def spoken_numbers(text: str) -> Iterator[Spoken]:
    """Every understood number word or run of them, in order. A run that makes no number is left out."""
    for run in _runs(text):
        words = tuple(match[0].lower() for match in run)
        value = words_to_number(words)
        if value is not None:
            yield Spoken(run[0].start(), run[-1].end(), value, words)


@lru_cache(maxsize=4096)
def words_to_number(words: tuple[str, ...]) -> Decimal | None:
    """The number these lower-case words are, or None."""
    if len(words) > _LONGEST or words[:1] == ("hundred",) or (words and words[0] in SCALES):
        return None  # "million" alone is half of a number: the other half is written in digits
    words = ("one", *words[1:]) if words[:1] in (("a",), ("an",)) else words
    if words[:3] in {("half", "a", scale) for scale in SCALES}:
        return SCALES[words[2]] / 2 if len(words) == 3 else None
    if words[-3:] == ("and", "a", "half"):  # "a million and a half", "two and a half"
        return _with_half(words[:-3])
    scale = SCALES.get(words[-1], Decimal(1)) if words else Decimal(1)
    core = words[:-1] if scale != 1 else words
    if core[-3:] == ("and", "a", "half"):  # "two and a half million"
        left = _cardinal(core[:-3])
        return None if left is None else (left + Decimal("0.5")) * scale
    if "point" in core:
        value = _decimal(core)
        return None if value is None else value * scale
    whole = _cardinal(words)
    if whole is not None:
        return whole
    pair = _pair(core)
    return None if pair is None else pair * scale


def digits_of(words: Sequence[str]) -> str | None:
    """What somebody reads out digit by digit or in small groups: "seven fifteen" is 715, "oh one" is 01."""
    digits, rest = "", list(words)
    while rest:
        if rest[0] in ("double", "triple") and rest[1:2] and rest[1] in _DIGIT:
            digits += _DIGIT[rest[1]] * (2 if rest[0] == "double" else 3)
            rest = rest[2:]
        elif rest[0].isdigit():
            digits, rest = digits + rest[0], rest[1:]
        elif rest[0] in _DIGIT and rest[1:2] != ["hundred"]:
            digits, rest = digits + _DIGIT[rest[0]], rest[1:]
        else:
            taken = next((n for n in (2, 1) if n <= len(rest) and _cardinal(tuple(rest[:n])) is not None), 0)
            if not taken:
                return None
            digits, rest = digits + str(_cardinal(tuple(rest[:taken]))), rest[taken:]
    return digits or None


def _with_half(words: tuple[str, ...]) -> Decimal | None:
    scale = SCALES.get(words[-1], Decimal(1)) if words else Decimal(1)
    left = _cardinal(words[:-1] if scale != 1 else words)
    return None if left is None else (left + Decimal("0.5")) * scale


def _cardinal(words: tuple[str, ...]) -> Decimal | None:
    # text2num wants the teens' compounds with a hyphen or a blank alike, but no "a" and no "oh".
    if not words or not NUMBER_WORDS.issuperset(word for word in words if word != "and"):
        return None
    try:
        return Decimal(text2num(" ".join(words), "en"))
    except (ValueError, InvalidOperation):
        return None


def _decimal(words: tuple[str, ...]) -> Decimal | None:
    place = words.index("point")
    left = _cardinal(words[:place]) if place else Decimal(0)
    right = [_DIGIT.get(word) for word in words[place + 1 :]]
    if left is None or not right or None in right:
        return None
    return Decimal(f"{left}.{''.join(digit for digit in right if digit)}")


def _pair(words: tuple[str, ...]) -> Decimal | None:
    """ "forty-six fifty", "two sixty-five", "four oh three": two numbers where the first counts hundreds."""
    found = set()
    for cut in range(1, len(words)):
        left, right = _cardinal(words[:cut]), _two_digits(words[cut:])
        if left is not None and right is not None and 1 <= left <= 99:
            found.add(left * 100 + right)
    return found.pop() if len(found) == 1 else None


def _two_digits(words: tuple[str, ...]) -> Decimal | None:
    if len(words) == 2 and words[0] == "oh" and words[1] in _DIGIT:
        return Decimal(_DIGIT[words[1]])
    value = _cardinal(words)
    return value if value is not None and 10 <= value <= 99 else None


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(text):
        lower = word[0].lower()
        if run and not _JOINT.fullmatch(text, run[-1].end(), word.start()):
            yield from _trimmed(run)
            run = []
        if lower in NUMBER_WORDS or lower in _GLUE:
            run.append(word)
        elif run:
            yield from _trimmed(run)
            run = []
    yield from _trimmed(run)


def _trimmed(run: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Without the little words at either end that belong to the sentence and not to the number."""
    words = [match[0].lower() for match in run]
    first, last = 0, len(words)
    while first < last and words[first] in _GLUE and not _opens(words[first:last]):
        first += 1
    while last > first and words[last - 1] in _GLUE and words[first:last][-3:] != ["and", "a", "half"]:
        last -= 1
    if first < last:
        yield run[first:last]


def _opens(words: list[str]) -> bool:
    if words[0] in ("a", "an"):
        return words[1:2] == ["hundred"] or (words[1:2] != [] and words[1] in SCALES)
    return (words[:2] == ["half", "a"] and words[2:3] != [] and words[2] in SCALES) or words[0] == "oh"
