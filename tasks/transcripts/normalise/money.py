"""Sums of US dollars as written or said, to the cent."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.normalise.numbers import NUMBER_WORDS, SCALES, Spoken, spoken_numbers

_SCALE = {
    "hundred": 10**2,
    "k": 10**3,
    "thousand": 10**3,
    "grand": 10**3,
    "m": 10**6,
    "mm": 10**6,
    "million": 10**6,
    "billion": 10**9,
}
_CENTS = r"\s+and\s+(?P<cents>\d{1,2}|[a-z]+(?:[\s-][a-z]+)?)\s+cents\b"
_DIGITS = re.compile(
    r"(?P<sign>[-−–]\s?)?(?P<dollar>(?:US\s?)?\$\s?)?(?<![\w.,])(?<!\d\s)"
    r"(?P<number>\d{1,3}(?:,\d{3})+|\d{1,15})(?P<fraction>\.\d{1,6})?"
    r"(?:\s?(?P<scale>hundred|thousand|million|billion|grand|mm|k|m)\b)?"
    rf"(?P<unit>\s?(?:dollars|bucks|usd)\b(?:{_CENTS})?)?(?![\w%]|[.,:/-]\d|\s\d|\s?percent)",
    re.IGNORECASE,
)
_UNIT = re.compile(rf"\s?(?:dollars|bucks)\b(?:{_CENTS})?", re.IGNORECASE)
_PLAN = re.compile(r"40[13]k|403b|457b", re.IGNORECASE)  # retirement accounts, not thousands
_GOES_ON = re.compile(rf"[\s-](?:and\s)?(?:{'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:to|or|-|–|—)\s*", re.IGNORECASE)
_FOREIGN = re.compile(r"[€£¥₹]|\b(?:eur|euros?|gbp|pounds?|cad|chf)\b", re.IGNORECASE)
_LARGEST = Decimal(10**12)


class Sum(NamedTuple):
    """An amount at `start:end` of a text; `sure` when something beside the number says that it is money."""

    start: int
    end: int
    value: Decimal
    sure: bool


def find_sums(text: str) -> list[Sum]:
    """Every amount that may be money, in order of place."""
    return sorted([*_written(text), *_said(text)])


def parse_money(text: str | None) -> Decimal | None:
    """The one amount in `text` ("$4,650", "4.65k", "forty-six fifty"), exact; None for none, two, or another currency."""
    text = stated(text)
    if text is None or _FOREIGN.search(text):
        return None
    sums = find_sums(text)
    if any(_RANGE.fullmatch(text, one.end, two.start) for one, two in pairwise(sums)):
        return None  # "two and a half to three thousand"
    values = {found.value for found in [found for found in sums if found.sure] or sums}
    return values.pop() if len(values) == 1 else None


def _written(text: str) -> Iterator[Sum]:
    for match in _DIGITS.finditer(text):
        fraction, scale = match["fraction"] or "", match["scale"]
        if (
            (match["sign"] and match["dollar"])
            or (len(fraction) == 4 and not scale)
            or _PLAN.fullmatch(match[0].strip())
        ):
            continue  # a negative sum is a discount, and "$4.650" may be meant either way
        if scale and _GOES_ON.match(text, match.end()):
            continue  # "3 million two hundred thousand" is not 3 million
        value = Decimal(match["number"].replace(",", "") + fraction) * _SCALE.get((scale or "").lower(), 1)
        value += _cents_of(match["cents"])
        if value <= _LARGEST:
            yield Sum(match.start(), match.end(), _exact(value), bool(match["dollar"] or scale or match["unit"]))


def _said(text: str) -> Iterator[Sum]:
    for spoken in spoken_numbers(text):
        unit = _UNIT.match(text, spoken.end)
        value = spoken.value + _cents_of(unit["cents"] if unit else None)
        if value <= _LARGEST:
            end = unit.end() if unit else spoken.end
            yield Sum(spoken.start, end, _exact(value), bool(unit) or _sounds_like_a_price(spoken))


def _cents_of(words: str | None) -> Decimal:
    found = {Decimal(words)} if words and words.isdigit() else {number.value for number in spoken_numbers(words or "")}
    cents = found.pop() if len(found) == 1 else Decimal(0)
    return cents / 100 if cents < 100 else Decimal(0)


def _sounds_like_a_price(spoken: Spoken) -> bool:
    """Hundreds and more, but no year: "nineteen eighty-four", "two thousand nine"."""
    if 1900 <= spoken.value < 2100 and spoken.value != 2000:
        return False
    if spoken.words[-1] in SCALES or "hundred" in spoken.words or "thousand" in spoken.words:
        return True
    return spoken.value >= 1000


def _exact(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))
