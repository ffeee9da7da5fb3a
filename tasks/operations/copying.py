"""A whole database copied into another one, whatever the two are, and compared afterwards: from SQLite to PostgreSQL."""

import os
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select

from blocks.errors import InputError, StorageError
from tasks.operations.contents import CHUNK, Contents, all_tables, contents, digest
from tasks.records.database import address, connect, usable

NOT_COPIED = "alembic_version"
"""The target has its own: its tables were made by our migrations."""
SETTING = "PHASEGATE_DATABASE_URL"
NEWEST_TABLES = "run `phasegate status` with PHASEGATE_DATABASE_URL naming the source, which brings its tables to the newest; then this."


def open_source(url: str, named_by: str) -> Engine:
    """The database to copy or back up, as it is: it is neither made nor migrated.

    Raises InputError if phasegate's is not there, which says to correct `named_by`: the option or variable with `url`.
    """
    place = address(url)
    if place.drivername.startswith("sqlite") and not Path(place.database or "").is_file():
        if named_by == SETTING and not os.environ.get(SETTING):
            raise InputError(
                f"Nothing is stored yet: there is no file {place.database}.", means="there is nothing to copy.",
                do=f"the first run makes it; if there were runs, set PHASEGATE_HOME or {SETTING} as they had it.",
            )  # fmt: skip
        raise _no_source(f"There is no file {place.database}.", named_by)
    source = connect(url)
    with usable(source):
        if not inspect(source).has_table(NOT_COPIED):
            raise _no_source(f"{place.render_as_string()} holds no database of phasegate's.", named_by)
    return source


def _no_source(happened: str, named_by: str) -> InputError:
    return InputError(
        happened, means="nothing was copied.", do=f"correct {named_by}; `phasegate doctor` shows the one in use."
    )


def copy_database(source: Engine, target: Engine) -> Contents:
    """Copies every row of `source` into the empty, migrated `target`, in one transaction; what was copied.

    Raises InputError if the target holds rows, the two have not the same tables, or the source has others than ours;
    StorageError if what arrived differs from what was sent.
    """
    with source.connect() as reading, target.begin() as writing:
        _hold(reading)
        sent, there = contents(reading), contents(writing)
        _require_fitting(reading, sent, there, target)
        for table in all_tables():
            for rows in reading.execute(select(table).execution_options(yield_per=CHUNK)).mappings().partitions():
                writing.execute(table.insert(), [dict(row) for row in rows])
        _require_same(reading, writing, sent)
    return sent


def _hold(reading: Connection) -> None:
    """One view of the source from the first table to the last."""
    if reading.dialect.name == "sqlite":
        reading.exec_driver_sql("BEGIN")
    else:
        reading.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _require_fitting(reading: Connection, sent: Contents, there: Contents, target: Engine) -> None:
    where = target.url.render_as_string()
    if there.total:
        raise InputError(
            f"The database {where} is not empty: it holds {there.total:,} rows.", means="nothing was copied.",
            do="name an empty database.",
        )  # fmt: skip
    if sent.revision != there.revision:
        raise InputError(
            f"The source's tables are of revision {sent.revision or 'none'}, those of {where} of {there.revision}.",
            means="nothing was copied.", do=NEWEST_TABLES,
        )  # fmt: skip
    names = set(inspect(reading).get_table_names()) - {NOT_COPIED}
    if strangers := names - set(sent.rows):
        raise InputError(
            f"The source has tables phasegate does not know: {', '.join(sorted(strangers))}.", means="nothing was copied.",
            do="move them to another database; they would be left behind.",
        )  # fmt: skip


def _require_same(reading: Connection, writing: Connection, sent: Contents) -> None:
    arrived = contents(writing)
    differing = [
        table.name for table in all_tables()
        if sent.rows.get(table.name) != arrived.rows.get(table.name) or digest(reading, table) != digest(writing, table)
    ]  # fmt: skip
    if differing or arrived.ledger_head != sent.ledger_head:
        raise StorageError(
            f"What arrived differs from what was sent in: {', '.join(differing) or 'the ledger'}.",
            means="the copy was undone; the source is untouched.", do="report this as a defect, with both databases' versions.",
        )  # fmt: skip
