"""The description of the five tables."""

import pytest

from tasks.crm.tables import KEY, TABLES, Table

EVERY = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def test_there_are_five_tables() -> None:
    assert [table.name for table in TABLES] == ["Clients", "Meetings", "Deals", "Communications", "Sales Coaching"]
    assert [len(table.columns) for table in TABLES] == [14, 13, 14, 11, 8]


@EVERY
def test_every_table_is_keyed_by_the_transcript_id(table: Table) -> None:
    first = table.columns[0]
    assert (first.name, first.type, first.unique) == (KEY, "text", True)


@EVERY
def test_column_names_are_unique_and_not_reserved(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert not {"id", "order"} & set(names)


@EVERY
def test_selects_and_only_selects_have_options(table: Table) -> None:
    assert all(bool(column.options) == column.type.endswith("_select") for column in table.columns)


def test_money_has_two_decimals() -> None:
    deals = next(table for table in TABLES if table.name == "Deals")
    assert {deals.column(name).decimals for name in ("deal_amount", "deposit_amount", "win_probability")} == {2}
