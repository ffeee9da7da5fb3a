"""Days of the calendar from their parts: "March 3rd", "in two weeks". None for a day there is not.

Counting is dateutil's. dateparser reads the same words, but two megabytes of "tomorrow" hold it for minutes.
"""

from datetime import date

from dateutil.relativedelta import relativedelta

YEARS = range(1800, 2200)
"""What people speak of. The years 1 and 9999 are what programs write where there is no date; in another zone, or a few
days on, they run off the calendar."""
MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
]  # fmt: skip
_COUNTS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_COUNT_OF = {"a": 1, "an": 1} | {word: count for count, word in enumerate(_COUNTS, start=1)}


def written_day(month: str, day: str, year: str | None, base: date | None) -> date | None:
    """The day of that name, which begins with three letters of a month; without a year the first one from `base` on."""
    number = next(index for index, name in enumerate(MONTHS, start=1) if name.startswith(month[:3].lower()))
    if year is not None:
        return existing(int(year), number, int(day))
    years = (base.year, base.year + 1) if base else ()
    days = (existing(one, number, int(day)) for one in years)
    return next((found for found in days if found and base and found >= base), None)


def later(base: date, count: str, unit: str) -> date | None:
    """`count` (digits or a word up to ten) days, weeks or months after `base`; at most the last day of a month."""
    number = _COUNT_OF.get(count) or int(count)
    spans = {
        "day": relativedelta(days=number), "week": relativedelta(weeks=number), "month": relativedelta(months=number),
    }  # fmt: skip
    try:
        found: date = base + spans[unit]
    except (ValueError, OverflowError):  # no calendar goes on after the year 9999
        return None
    return found


def existing(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None
