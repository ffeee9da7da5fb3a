"""Filters: one condition on one field, and trees of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from tests.doubles.baserow import answers
from tests.doubles.baserow.answers import problem
from tests.doubles.baserow.rows import Rows
from tests.doubles.baserow.store import Field, Row

TEXTS = {"text", "long_text", "email", "phone_number", "url"}
DATES = {"date", "created_on", "last_modified"}
NUMBERS = {"number", "formula", "autonumber"}
TYPES: dict[str, set[str]] = {
    "equal": TEXTS | {"number", "formula", "uuid"},
    "not_equal": TEXTS | {"number", "formula"},
    "contains": TEXTS | {"number", "single_select", "multiple_select"},
    "contains_not": TEXTS | {"number", "single_select"},
    "empty": TEXTS | DATES | {"number", "single_select", "multiple_select", "link_row", "boolean"},
    "not_empty": TEXTS | DATES | {"number", "single_select", "multiple_select", "link_row", "boolean"},
    "higher_than": NUMBERS,
    "lower_than": NUMBERS,
    "boolean": {"boolean"},
    "single_select_equal": {"single_select"},
    "single_select_is_any_of": {"single_select"},
    "multiple_select_has": {"multiple_select"},
    "link_row_has": {"link_row"},
    "link_row_contains": {"link_row"},
    "date_equal": DATES,
    "date_before": DATES,
    "date_after": DATES,
    "date_after_or_equal": DATES,
    "date_is": DATES,
    "date_is_after": DATES,
    "date_is_on_or_after": DATES,
}


@dataclass
class Condition:
    field: Field | None
    kind: str
    value: str
    row_part: str = ""
    """`id`, `created_on` or `updated_on` when the condition is on the row itself."""


@dataclass
class Tree:
    joined: str
    conditions: list[Condition] = field(default_factory=list)
    groups: list["Tree"] = field(default_factory=list)
    _keys: tuple[Field, set[str]] | None = None

    def keys(self) -> tuple[Field, set[str]] | None:
        """The field and its values when the tree only asks for texts equal to one of many."""
        if self._keys is None and self.joined == "OR" and len(self.conditions) > 1 and not self.groups:
            first = self.conditions[0].field
            if first and first.type in TEXTS and all(c.field is first and c.kind == "equal" for c in self.conditions):
                wanted = {c.value.strip() for c in self.conditions}
                self._keys = None if "" in wanted else (first, wanted)
        return self._keys


def condition(fld: Field, kind: str, value: Any) -> Condition:
    if kind not in TYPES:
        raise answers.refused(
            400, "ERROR_VIEW_FILTER_TYPE_DOES_NOT_EXIST", f"The view filter type {kind} doesn't exist."
        )
    if fld.type not in TYPES[kind]:
        raise answers.refused(
            400,
            "ERROR_VIEW_FILTER_TYPE_UNSUPPORTED_FIELD",
            f"The filter {kind} is not compatible with field type {fld.type}.",
        )
    return Condition(fld, kind, str(value))


def read_tree(given: Any, find: Callable[[Any], Field]) -> Tree:
    if problems := _shape(given):
        raise answers.refused(400, "ERROR_FILTERS_PARAM_VALIDATION_ERROR", problems)
    tree = Tree(given["filter_type"].upper())
    tree.conditions = [condition(find(c["field"]), c["type"], c["value"]) for c in given.get("filters", [])]
    tree.groups = [read_tree(group, find) for group in given.get("groups", [])]
    return tree


def _shape(given: Any) -> dict[str, Any]:
    required = [problem("This field is required.", "required")]
    if not isinstance(given, dict):
        return {"non_field_errors": [problem("Invalid data. Expected a dictionary, but got list.")]}
    problems: dict[str, Any] = {} if "filter_type" in given else {"filter_type": required}
    wrong = {
        str(i): {key: required for key in ("field", "type", "value") if key not in c}
        for i, c in enumerate(given.get("filters", []))
        if not {"field", "type", "value"} <= c.keys()
    }
    return problems | ({"filters": wrong} if wrong else {})


def matches(rows: Rows, row: Row, tree: Tree) -> bool:
    if found := tree.keys():
        return row.cells.get(found[0].id) in found[1]
    results = [r for c in tree.conditions if (r := holds(rows, row, c)) is not None]
    results += [matches(rows, row, group) for group in tree.groups]
    if not results:
        return True
    return any(results) if tree.joined == "OR" else all(results)


def holds(rows: Rows, row: Row, on: Condition) -> bool | None:
    """Whether the row meets the condition; None when its value is unusable, which makes it no filter at all."""
    if on.field is None:
        if on.row_part == "id":
            return str(row.id) in on.value.split(",")
        return _date(getattr(row, on.row_part), on.kind, on.value, rows.store.clock())
    value = row.cells.get(on.field.id, on.field.empty())
    shown = rows.cell(row, on.field)
    if on.kind in ("empty", "not_empty"):
        return (shown in (None, "", [], False)) == (on.kind == "empty")
    wanted = on.value.strip()
    if wanted == "":
        return None
    match on.kind:
        case "equal" | "not_equal":
            return _equal(on.field, value, shown, wanted) == (on.kind == "equal")
        case "contains" | "contains_not":
            text = shown["value"] if isinstance(shown, dict) else str(shown or "")
            return (wanted.lower() in text.lower()) == (on.kind == "contains")
        case "higher_than" | "lower_than":
            limit = _decimal(wanted)
            if shown is None or limit is None:
                return False
            return Decimal(shown) > limit if on.kind == "higher_than" else Decimal(shown) < limit
        case "boolean":
            return bool(value) == (wanted.lower() in ("1", "true", "t", "y", "yes", "on"))
        case "single_select_equal" | "single_select_is_any_of":
            ids = [int(part) for part in wanted.split(",") if part.strip().isdigit()]
            return value in ids if ids else None
        case "multiple_select_has" | "link_row_has":
            return int(wanted) in value if wanted.isdigit() else None
        case "link_row_contains":
            return any(wanted.lower() in (link["value"] or "").lower() for link in shown)
    at = {"created_on": row.created_on, "last_modified": row.updated_on}.get(on.field.type, value)
    return _date(at, on.kind, wanted, rows.store.clock())


def _equal(fld: Field, value: Any, shown: Any, wanted: str) -> bool:
    if fld.type in ("number", "formula"):
        number = _decimal(wanted)
        return shown is not None and number is not None and Decimal(shown) == number
    return bool(value == wanted)


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _date(at: date | None, kind: str, wanted: str, now: datetime) -> bool:
    if at is None:
        return False
    if kind in ("date_is", "date_is_after", "date_is_on_or_after"):
        return _day(at, kind, wanted, now)
    try:
        limit = datetime.fromisoformat(re.sub(r" (\d\d:\d\d)$", r"+\1", wanted))
    except ValueError:
        return False
    whole_day = len(wanted) == 10
    if whole_day or not isinstance(at, datetime):
        left: Any = at.date() if isinstance(at, datetime) else at
        right: Any = limit.date()
    else:
        left, right = at, limit if limit.tzinfo else limit.replace(tzinfo=UTC)
    compare: dict[str, bool] = {
        "date_equal": left == right,
        "date_before": left < right,
        "date_after": left > right,
        "date_after_or_equal": left >= right,
    }
    return compare[kind]


def _day(at: date, kind: str, wanted: str, now: datetime) -> bool:
    """`zone?value?operator`, which knows whole days only; what it cannot read finds nothing."""
    parts = wanted.split("?")
    if len(parts) != 3:
        return False
    zone, value, operator = parts
    try:
        day = now.astimezone(ZoneInfo(zone)).date() if operator == "today" else datetime.fromisoformat(value).date()
    except ValueError:
        return False
    left = at.astimezone(ZoneInfo(zone)).date() if isinstance(at, datetime) else at
    return {"date_is": left == day, "date_is_after": left > day, "date_is_on_or_after": left >= day}[kind]
