"""Backups of the database: made while it is used, proven by restoring them, kept in a number.

A SQLite backup is a SQLite file, a PostgreSQL backup is an archive of `pg_dump`. Rows are counted in the very snapshot
that is copied, so that a backup taken under load can be compared to the row.
"""

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from blocks.errors import InputError, StorageError
from blocks.home import folder
from tasks.operations.contents import Contents, contents, faults
from tasks.operations.postgres_tools import run_tool
from tasks.operations.restoring import put_back
from tasks.operations.scratch import remove_leftovers, scratch_database

KEPT = 14
SUFFIXES = {"sqlite": ".db", "postgresql": ".dump"}


@dataclass(frozen=True)
class Backup:
    """A backup that was restored into a scratch database and found whole."""

    file: Path
    contents: Contents


def back_up(database: Engine, file: Path | None = None, now: datetime | None = None) -> Backup:
    """Writes a backup to `file`, else to the state folder under a name with the time, readable by its owner only.

    Raises InputError if the file is there already or its folder is not, StorageError if the backup cannot be made or proven.
    """
    now = now or datetime.now(UTC)
    name = f"phasegate-{now:%Y%m%dT%H%M%SZ}{SUFFIXES[database.dialect.name]}"
    target = (file or folder("backups") / name).expanduser().absolute()
    if target.exists():
        raise InputError(f"The file {target} is there already.", do="name another one; a backup replaces none.")
    if not target.parent.is_dir():
        raise InputError(
            f"There is no folder {target.parent}.", means="no backup was made.",
            do="make it, or name a file in a folder that is there.",
        )  # fmt: skip
    part = target.with_name(target.name + ".part")
    try:
        remove_leftovers(database, folder("backups"), now)  # first: they may be what fills the disk
        os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        part.chmod(0o600)
        made = _sqlite(database, part) if database.dialect.name == "sqlite" else _postgresql(database, part)
        prove(database, part, made)
        part.rename(target)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise _not_made(target, error) from error
    finally:
        with contextlib.suppress(OSError):  # what kept it from being made keeps it from being removed, and is said
            part.unlink()
    return Backup(target, made)


def prune(place: Path, keep: int = KEPT) -> list[Path]:
    """Removes all but the newest `keep` backups under our own names; what was removed."""
    backups = sorted(file for suffix in SUFFIXES.values() for file in place.glob(f"phasegate-*Z{suffix}"))
    old = sorted(backups, key=lambda file: file.stem)[: -keep or None]
    for file in old:
        file.unlink()
    return old


def prove(database: Engine, file: Path, expected: Contents) -> None:
    """Restores `file` into a scratch database. Raises StorageError if it is not what was backed up."""
    with scratch_database(database) as scratch:
        put_back(file, scratch)
        wrong = faults(scratch, expected)
    if wrong:
        raise StorageError(
            f"The backup is not whole: {'; '.join(wrong)}.", means="it was thrown away.",
            do="run it again; if it stays so, check the disk, and restore an older backup if the ledger does not hold.",
        )  # fmt: skip


def _sqlite(database: Engine, file: Path) -> Contents:
    with database.connect() as connection, contextlib.closing(sqlite3.connect(file)) as copy:
        connection.exec_driver_sql("BEGIN")
        found = contents(connection)
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        source.backup(copy)
        return found


def _postgresql(database: Engine, file: Path) -> Contents:
    with database.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        found = contents(connection)
        wanted = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={file}"]
        run_tool("pg_dump", database, wanted)
        return found


def _not_made(target: Path, error: Exception) -> StorageError:
    reason = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error).strip().splitlines()[0]
    return StorageError(
        f"No backup was made at {target}: {reason}", means="the database itself is untouched.",
        do="free the disk or name another place; for PostgreSQL the role needs the right to create a database "
        "(ALTER ROLE ... CREATEDB), which the proof by restoring uses.",
    )  # fmt: skip
