"""INSERTs that meet a row: left alone, changed, or changed only if it says something else; on both databases."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select, text

from tasks.records.tables import outputs
from tasks.records.writing import insert_new, insert_or_change
from tests.records.given import MOMENT


def row(body: Any = None, key: str = "a", seconds: float = 0) -> dict[str, Any]:
    return {"sha256": key, "body": body, "created_at": MOMENT + timedelta(seconds=seconds)}


def bodies(database: Engine) -> dict[str, Any]:
    with database.connect() as connection:
        return {found.sha256: found.body for found in connection.execute(select(outputs))}


def test_a_row_that_is_there_stays_as_it_is(database: Engine) -> None:
    with database.begin() as connection:
        insert_new(connection, outputs, row({"n": 1}))
        insert_new(connection, outputs, row({"n": 2}))

    assert bodies(database) == {"a": {"n": 1}}


def test_many_rows_are_inserted_or_changed_in_the_named_columns_only(database: Engine) -> None:
    with database.begin() as connection:
        insert_or_change(connection, outputs, [row([1]), row([2], "b")], ["body"])
        insert_or_change(connection, outputs, [row([3], seconds=9), row([4], "c")], ["body"])

    assert bodies(database) == {"a": [3], "b": [2], "c": [4]}
    with database.connect() as connection:
        assert set(connection.scalars(select(outputs.c.created_at))) == {MOMENT}


def test_a_row_that_says_the_same_is_not_changed(database: Engine) -> None:
    with database.begin() as connection:
        insert_new(connection, outputs, row([1]))
        insert_or_change(connection, outputs, [row([2])], ["body"], if_other=["created_at"])
        assert bodies_in(connection) == [[1]]
        insert_or_change(connection, outputs, [row([2], seconds=9)], ["body"], if_other=["created_at"])
        assert bodies_in(connection) == [[2]]


def bodies_in(connection: Any) -> list[Any]:
    return list(connection.scalars(select(outputs.c.body)))


def test_values_are_no_part_of_the_statement(database: Engine) -> None:
    hostile = "'); DROP TABLE outputs; -- :sha256 %(body)s {}"
    with database.begin() as connection:
        insert_new(connection, outputs, row({hostile: hostile}))

    assert bodies(database) == {"a": {hostile: hostile}}
    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM outputs")) == 1
