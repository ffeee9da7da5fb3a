"""What each database writes in a way of its own: a transaction that alone may write, and INSERTs that know what to do with
a row that is there.

SQLAlchemy never caches an INSERT with an ON CONFLICT, and to compile it takes several times as long as to execute it. So each
is compiled once, for good, and executed as text with the columns' types.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Table, TextClause, bindparam, func, literal_column, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[str, Any]

_DIALECTS: Mapping[str, Any] = {"postgresql": postgresql, "sqlite": sqlite}


@contextmanager
def alone(database: Engine, key: int) -> Iterator[Connection]:
    """A transaction that no other writes beside: none at all in SQLite, none with the same advisory `key` in PostgreSQL."""
    with database.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(select(func.pg_advisory_xact_lock(key)))
        yield connection
        connection.commit()


def insert_new(connection: Connection, table: Table, row: Row) -> None:
    """Inserts a row; one that is there stays as it is."""
    connection.execute(_insert(connection.dialect.name, table, tuple(row), None, ()), dict(row))


def insert_or_change(
    connection: Connection, table: Table, rows: Sequence[Row], change: Sequence[str], if_other: Sequence[str] = ()
) -> None:
    """Inserts rows, or sets the columns `change` of those whose primary keys are there.

    With `if_other`, a row that is there is changed only if it differs in one of these columns, none of which may be NULL.
    All rows have the same keys.
    """
    statement = _insert(connection.dialect.name, table, tuple(rows[0]), tuple(change), tuple(if_other))
    connection.execute(statement, [dict(row) for row in rows])


@cache
def _insert(
    dialect: str, table: Table, columns: tuple[str, ...], change: tuple[str, ...] | None, if_other: tuple[str, ...]
) -> TextClause:
    values: dict[str, Any] = {name: literal_column(f":{name}") for name in columns}
    statement = _DIALECTS[dialect].insert(table).inline().values(values)
    if change is None:
        statement = statement.on_conflict_do_nothing()
    else:
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=[column.name for column in table.primary_key],
            set_={name: new[name] for name in change},
            where=or_(*(table.c[name] != new[name] for name in if_other)) if if_other else None,
        )
    compiled = str(statement.compile(dialect=_DIALECTS[dialect].dialect()))
    return text(compiled).bindparams(*(bindparam(name, type_=table.c[name].type) for name in columns))
