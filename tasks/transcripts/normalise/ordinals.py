"""Days of the month in words: "the twenty-fourth" as "the 24th"."""

import re

_LOW = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_TEENS = ["eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth"]
_DAY_OF = {word: day for day, word in enumerate([*_LOW, *_TEENS, "nineteenth", "twentieth"], start=1)}
_DAY_OF |= {f"twenty-{word}": 20 + day for day, word in enumerate(_LOW[:9], start=1)}
_DAY_OF |= {"thirtieth": 30, "thirty-first": 31}

_HIGH_WORD = "|".join(sorted((word for word, day in _DAY_OF.items() if day > 10), key=len, reverse=True))
# Up to the tenth these are words of order as well ("the first draft", "a third of it"): they count as days only
# behind a weekday, a month or a preposition of time, or before a month.
_BEFORE = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?(?:\s+the)?"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)(?:\s+the)?"
    r"|(?:on|by|before|until|till|is)\s+the)\s+"
)
_MONTH_AFTER = r"(?=\s+of\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"
_NO_NOUN_AFTER = r"(?=\s*(?:$|[,.;!?)]|\b(?:at|in|of|and|or|to|so|then|if)\b))"
_LOW_WORD = "|".join(_LOW)
_WORD = re.compile(
    rf"\b(?P<high>{_HIGH_WORD})\b|(?P<before>{_BEFORE})(?P<low>{_LOW_WORD})\b{_NO_NOUN_AFTER}"
    rf"|\b(?P<month>{_LOW_WORD})\b{_MONTH_AFTER}",
    re.IGNORECASE,
)


def with_digits(text: str) -> str:
    """`text` with every day of the month as digits and ending."""
    return _WORD.sub(_digits, text)


def _digits(match: re.Match[str]) -> str:
    day = _DAY_OF[(match["high"] or match["low"] or match["month"]).lower()]
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{match['before'] or ''}{day}{ending}"
