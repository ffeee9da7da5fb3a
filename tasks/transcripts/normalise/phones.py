"""Telephone numbers, written or read out digit by digit, as E.164."""

import re
from typing import NamedTuple

import phonenumbers

from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.normalise.numbers import NUMBER_WORDS, digits_of

REGION = "US"

_WORD = rf"(?:{'|'.join(sorted(NUMBER_WORDS - {'thousand', 'million', 'billion'}, key=len, reverse=True))}|oh|double|triple|\d{{1,4}})"
_READ_OUT = re.compile(rf"\b{_WORD}\b(?:[\s,.‐‑-]{{1,4}}\b{_WORD}\b){{2,20}}", re.IGNORECASE)


class Phone(NamedTuple):
    start: int
    end: int
    e164: str


def find_phones(text: str) -> list[Phone]:
    """Every complete, valid number in `text`, by place; numbers of other countries need their `+`."""
    written = [
        Phone(match.start, match.end, _e164(match.number)) for match in phonenumbers.PhoneNumberMatcher(text, REGION)
    ]
    said = [
        Phone(match.start(), match.end(), number)
        for match in _READ_OUT.finditer(text)
        if re.search(r"[a-z]", match[0], re.IGNORECASE) and (number := _read_out(match[0]))
    ]
    return sorted(written + said)


def parse_phone(text: str | None) -> str | None:
    """The one number in `text`, or None."""
    text = stated(text)
    if text is None:
        return None
    numbers = {phone.e164 for phone in find_phones(text)}
    return numbers.pop() if len(numbers) == 1 else None


def _read_out(text: str) -> str | None:
    digits = digits_of(re.findall(r"[a-z]+|\d+", text.lower()))
    if digits is None or len(digits) not in (10, 11):
        return None
    try:
        number = phonenumbers.parse(digits, REGION)
    except phonenumbers.NumberParseException:
        return None
    return _e164(number) if phonenumbers.is_valid_number(number) else None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
