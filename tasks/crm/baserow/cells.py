"""A row as it is sent, a row as it comes back, and whether the two say the same."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tasks.crm.baserow.schema import LiveTable
from tasks.crm.rows import Row, Value
from tasks.crm.tables import KEY, TEXT_TYPES, UNDECIDED, Column


def key_of(row: Row) -> str:
    value = row.get(KEY)
    return value if isinstance(value, str) else ""


def plain(column: Column, shown: Any) -> Any:
    """A cell, sent or come back, in a form in which equal values are equal.

    Baserow shows numbers as texts with the field's decimals, selects as objects, date-times in UTC with `Z`, and an
    empty e-mail, phone number or address as `""`; a text a person emptied may be `""` too.
    """
    if column.type in TEXT_TYPES:
        return shown or None
    if column.type == "multiple_select":
        return frozenset(_text(item) for item in shown or [])
    if shown is None:
        return None
    match column.type:
        case "number":
            return _decimal(shown)
        case "single_select":
            return _text(shown)
        case "date" if column.with_time:
            return _moment(shown)
    return shown


def _text(item: Any) -> Any:
    return item.get("value") if isinstance(item, dict) else item


def _decimal(shown: Any) -> Any:
    try:
        return Decimal(str(shown))
    except InvalidOperation:
        return shown


def _moment(shown: Any) -> Any:
    try:
        moment = datetime.fromisoformat(str(shown))
    except ValueError:
        return shown
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def changed(table: LiveTable, row: Row, shown: dict[str, Any]) -> list[Column]:
    """The columns in which the live row `shown` differs from `row`; a person's columns are theirs.

    So are the drafts of a row that a person has decided about.
    """
    decided = any(
        plain(column, shown.get(table.key(column))) not in (None, UNDECIDED)
        for column in table.spec.columns
        if column.persons
    )
    return [
        column
        for column in table.spec.columns
        if not (column.persons or (column.draft and decided))
        and not _same(column, row[column.name], shown.get(table.key(column), _MISSING))
    ]


_MISSING = object()


def _same(column: Column, value: Value, shown: Any) -> bool:
    return shown is not _MISSING and plain(column, value) == plain(column, shown)


def to_create(table: LiveTable, row: Row) -> dict[str, Value]:
    return {table.key(column): row[column.name] for column in table.spec.columns}


def to_update(table: LiveTable, row: Row, row_id: int, columns: list[Column]) -> dict[str, Value | int]:
    """With a draft goes the status it has, so that an approval given meanwhile, of other words, does not stand."""
    status = [column for column in table.spec.columns if column.persons and any(one.draft for one in columns)]
    return {"id": row_id, **{table.key(column): row[column.name] for column in [*columns, *status]}}


def readable(table: LiveTable, problems: Any) -> str:
    """Baserow's complaint about one row with the columns' names in place of its field ids."""
    if not isinstance(problems, dict):
        return _said(problems)
    names = {table.key(column): column.name for column in table.spec.columns}
    return "; ".join(f"{names.get(key, key)}: {_said(value)}" for key, value in problems.items())


def _said(problems: Any) -> str:
    if isinstance(problems, list):
        return " ".join(_said(problem) for problem in problems)
    if isinstance(problems, dict):
        return str(problems["error"]) if "error" in problems else " ".join(_said(p) for p in problems.values())
    return str(problems)
