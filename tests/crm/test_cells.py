"""A row as it is sent and the same row as Baserow shows it: equal values are equal, and what cannot be read differs."""

from typing import Any

import pytest

from tasks.crm.baserow.cells import changed, readable
from tasks.crm.baserow.schema import LiveTable, live
from tasks.crm.rows import to_rows
from tasks.crm.tables import DEALS, MEETINGS, Table
from tests.crm.graph_calls import call


def placed(table: Table) -> LiveTable:
    """The table with its columns' places as field ids."""
    return live(table, 7, [{"name": column.name, "id": number} for number, column in enumerate(table.columns)])


def shown(table: Table, name: str, value: Any) -> list[str]:
    """Columns that differ when Baserow shows the row as it was sent, but for `value` in one column."""
    there, row = placed(table), to_rows(call())[table.name]
    back: dict[str, Any] = {there.key(column): row[column.name] for column in table.columns}
    return [column.name for column in changed(there, row, back | {there.key(table.column(name)): value})]


@pytest.mark.parametrize("moment", ["2026-03-02T12:00:00Z", "2026-03-02T07:00:00-05:00", "2026-03-02T12:00:00"])
def test_one_moment_is_the_same_however_it_is_written(moment: str) -> None:
    assert shown(MEETINGS, "meeting_date", moment) == []


@pytest.mark.parametrize(
    ("table", "name", "value"),
    [(DEALS, "deal_amount", "a lot"), (MEETINGS, "meeting_date", "Monday"), (DEALS, "stage", {"value": "Won"})],
)
def test_what_is_no_value_of_the_column_is_written_again(table: Table, name: str, value: Any) -> None:
    assert shown(table, name, value) == [name]


@pytest.mark.parametrize(
    ("problems", "said"),
    [
        ({"field_7": [{"error": "Too many digits.", "code": "max_digits"}]}, "deal_amount: Too many digits."),
        ({"field_99": {"a": ["No."], "b": "Not so."}}, "field_99: No. Not so."),
        (["The row is locked.", 5], "The row is locked. 5"),
    ],
)
def test_a_complaint_names_the_column(problems: Any, said: str) -> None:
    assert readable(placed(DEALS), problems) == said
