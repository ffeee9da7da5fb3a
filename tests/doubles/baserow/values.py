"""What each field type takes, and what it makes of it. Format first; options and links later, as the server does."""

import csv
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from tests.doubles.baserow.answers import RefusedError, bad_body, bad_link, bad_options, problem
from tests.doubles.baserow.store import Field, Table

NULL = [problem("This field may not be null.", "null")]
VALID = problem("Enter a valid value.")
PICK = problem("The provided value should be a valid integer or string")
DATE = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."
DATETIME = (
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)
TRUE, FALSE = {"true", "t", "yes", "y", "on", "1", "checked"}, {"false", "f", "no", "n", "off", "0", "unchecked"}
PATTERNS = {
    "email": (re.compile(r"[^\s@<>(),:;\"\[\]]+@[^\s@<>(),:;\"\[\]]+"), 254),
    "phone_number": (re.compile(r"[0-9 Nn,+._*()#=;/xX-]*"), 100),
    "url": (re.compile(r"\S*(\.|//)\S+"), None),
}
DATETIME_SHAPE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d{0,6})?)?"
    r"\s*(Z|[+-]\d{2}(?::?\d{2})?)?"
)


class BadValueError(Exception):
    """A value of the wrong format; `problems` is the field's part of the error detail."""

    def __init__(self, problems: Any) -> None:
        super().__init__(problems)
        self.problems = [problems] if isinstance(problems, dict) and "error" in problems else problems


def parse(field: Field, value: Any) -> Any:
    """The cell for `value`, or BadValueError. Selects and links are only checked for their format and given back as sent."""
    match field.type:
        case "text" | "long_text":
            return _text(value)
        case "email" | "phone_number" | "url":
            return _pattern(field.type, value)
        case "number":
            return _number(field.options, value)
        case "boolean":
            return _boolean(value)
        case "date":
            return _datetime(value) if field.options["date_include_time"] else _date(value)
        case "single_select":
            return None if value is None else _pick(value)
        case "multiple_select":
            return _picks(value)
        case "link_row":
            return _links(field, value)
    return value


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadValueError(problem("Not a valid string."))
    text = str(value).strip()
    if "\0" in text:
        raise BadValueError(problem("Null characters are not allowed.", "null_characters_not_allowed"))
    return text


def _pattern(kind: str, value: Any) -> str:
    text = _text(value) or ""
    pattern, longest = PATTERNS[kind]
    too_long = longest is not None and len(text) > longest
    if text and (too_long or not pattern.fullmatch(text)):
        raise BadValueError(
            [VALID, *([problem(f"Ensure this field has no more than {longest} characters.", "max_length")] * too_long)]
        )
    return text


def _number(options: dict[str, Any], value: Any) -> Decimal | None:
    places = options["number_decimal_places"]
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = Decimal(str(value).strip()) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadValueError(problem("A valid number is required."))
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    if -exponent > places:
        raise BadValueError(
            problem(f"Ensure that there are no more than {places} decimal places.", "max_decimal_places")
        )
    if len(digits) + exponent > 50:
        raise BadValueError(
            problem("Ensure that there are no more than 50 digits before the decimal point.", "max_whole_digits")
        )
    if number < 0 and not options["number_negative"]:
        raise BadValueError(problem("Ensure this value is greater than or equal to 0.", "min_value"))
    return number


def _boolean(value: Any) -> bool:
    if value is None:
        raise BadValueError(NULL)
    if isinstance(value, bool):
        return value
    word = str(value).lower() if isinstance(value, (str, int)) else ""
    if word not in TRUE | FALSE:
        raise BadValueError(problem("Must be a valid boolean."))
    return word in TRUE


def _date(value: Any) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", value) if isinstance(value, str) else None
    try:
        return date(*map(int, found.groups())) if found else _raise(DATE)
    except ValueError:
        _raise(DATE)


def _datetime(value: Any) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str):
        _raise(DATETIME)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = _by_shape(value)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def _by_shape(value: str) -> datetime:
    found = DATETIME_SHAPE.fullmatch(value)
    if not found:
        _raise(DATETIME)
    *parts, fraction, offset = found.groups()
    try:
        zone = UTC
        if offset and offset != "Z":
            minutes = int(offset[1:3]) * 60 + int(offset[-2:] if len(offset) > 3 else 0)
            zone = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
        return datetime(*(int(p or 0) for p in parts), int((fraction or "0").ljust(6, "0")), tzinfo=zone)  # type: ignore[arg-type,misc]
    except ValueError:
        _raise(DATETIME)


def _raise(text: str) -> NoReturn:
    raise BadValueError(problem(text))


def _pick(value: Any) -> int | str:
    if isinstance(value, bool):
        raise BadValueError(problem("A valid integer is required."))
    if not isinstance(value, (int, str)):
        raise BadValueError(PICK)
    return value.strip() if isinstance(value, str) else value


def _split(text: str) -> list[str]:
    """The values of a text separated by commas; a value with a comma stands in double quotes."""
    return [part.strip() for part in next(csv.reader([text], skipinitialspace=True), [])]


def _picks(value: Any) -> list[int | str]:
    if value is None:
        raise BadValueError(NULL)
    if isinstance(value, str):
        return list(_split(value))
    if not isinstance(value, list):
        raise BadValueError(PICK)
    if any(item is None for item in value):
        raise bad_body(f"The provided value '{value}' is not a valid integer or string.")
    wrong = {str(i): [PICK] for i, item in enumerate(value) if not isinstance(item, (int, str))}
    if wrong:
        raise BadValueError(wrong)
    return [_pick(item) for item in value]


def _links(field: Field, value: Any) -> list[int | str]:
    if value is None:
        raise BadValueError(NULL)
    if isinstance(value, (int, str)):
        value = _split(value) if isinstance(value, str) else [value]
    if not isinstance(value, list) or any(not isinstance(item, (int, str)) for item in value):
        raise BadValueError(problem("The provided value must be a list of valid integer or string"))
    if len({type(item) for item in value}) > 1:
        raise BadValueError(problem("All list values must be same type.", "not_same_type"))
    if len(value) > 1 and not field.options["link_row_multiple_relationships"]:
        raise BadValueError(problem("Ensure this field has no more than 1 elements.", "max_length"))
    return value


def choose(field: Field, wanted: list[list[int | str]]) -> list[list[int]]:
    """Option ids of several rows; all unknown ones are named in one text, without their rows."""
    by_id = {option["id"]: option["id"] for option in field.select_options}
    by_text = {option["value"]: option["id"] for option in reversed(field.select_options)}
    known: dict[int | str, int] = {**by_id, **by_text}
    unknown = [value for values in wanted for value in values if value not in known]
    if unknown:
        raise bad_options(unknown)
    return [list(dict.fromkeys(known[value] for value in values)) for values in wanted]


def resolve(target: Table, wanted: list[int | str]) -> list[int]:
    """Row ids of a link. Unknown ids vanish without a word; an unknown text is refused; of twins the first wins."""
    primary, found = target.primary().id, []
    for value in wanted:
        if isinstance(value, int):
            found += [value] if value in target.rows else []
            continue
        match = next((r.id for r in target.sorted_rows() if r.cells.get(primary) == value.strip()), None)
        if match is None:
            raise bad_link(value)
        found.append(match)
    return list(dict.fromkeys(found))


__all__ = ["BadValueError", "RefusedError", "choose", "parse", "resolve"]
