"""A backup put back: looked at first, so that a file that is no whole backup of ours leaves everything as it is."""

import contextlib
import re
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy import Engine

from blocks.errors import InputError, StorageError
from blocks.home import home
from tasks.operations.contents import Contents, contents_of, faults
from tasks.operations.copying import copy_database
from tasks.operations.postgres_tools import run_tool
from tasks.operations.scratch import scratch_folder
from tasks.records.database import connect, usable
from tasks.records.migrating import migrate

SQLITE, POSTGRESQL = b"SQLite format 3\x00", b"PGDMP"
OURS = {"alembic_version", "runs", "calls", "attempts"}
"""Tables that every backup has, of whatever release."""


def restore(file: Path, target: Engine) -> Contents:
    """Puts a backup into an empty database and brings its tables to the newest revision; what is there then.

    Raises InputError for a file that is no whole backup of ours or a target that holds rows, StorageError for a target
    that cannot be used.
    """
    if not file.is_file():
        raise InputError(
            f"There is no file {file}.", means="nothing was changed.",
            do=f"name a backup; those that phasegate makes by itself are in {home() / 'backups'}.",
        )  # fmt: skip
    _require_ours(file, target)
    with usable(target):
        if contents_of(target).total:
            raise InputError(
                f"The database {target.url.render_as_string()} is not empty.", means="nothing was changed.",
                do="restore with --to into an empty database, or move the present one out of the way first.",
            )  # fmt: skip
        put_back(file, target)
        migrate(target)
        found = contents_of(target)
        wrong = faults(target, found)
    if wrong:
        raise StorageError(
            f"The restored database does not hold: {'; '.join(wrong)}.", means="no gate will move on it.",
            do="restore an older backup into an empty database.",
        )  # fmt: skip
    return found


def put_back(file: Path, target: Engine) -> None:
    """Copies what is in the file, which fits, into the empty `target`, as it is."""
    match _kind(file), target.dialect.name:
        case "postgresql", "postgresql":
            clean = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction"]
            run_tool("pg_restore", target, [*clean, "--exit-on-error", str(file)])
        case "sqlite", "sqlite":
            with contextlib.closing(_read_only(file)) as source, target.connect() as there:
                copy = there.connection.driver_connection
                assert isinstance(copy, sqlite3.Connection)
                source.backup(copy)
        case "sqlite", _:
            with scratch_folder() as place:
                opened = connect(f"sqlite:///{shutil.copy(file, place)}")
                migrate(opened)
                migrate(target)
                copy_database(opened, target)
                opened.dispose()


def _kind(file: Path) -> str:
    """What the file is by its first bytes; empty for something else."""
    with file.open("rb") as content:
        begins = content.read(len(SQLITE))
    return "sqlite" if begins == SQLITE else "postgresql" if begins.startswith(POSTGRESQL) else ""


def _require_ours(file: Path, target: Engine) -> None:
    try:
        tables = _tables(file, target)
    except (OSError, sqlite3.Error) as error:
        raise _not_whole(file, str(error)) from error
    if not tables >= OURS:
        raise InputError(
            f"{file} is no backup of phasegate's: it lacks the tables {', '.join(sorted(OURS - tables))}.",
            means="nothing was changed.", do="name a file that `phasegate backup` made.",
        )  # fmt: skip


def _tables(file: Path, target: Engine) -> set[str]:
    """Names of the tables in a file that can be read to its end. Raises InputError where it fits the target in no way."""
    match _kind(file), target.dialect.name:
        case "sqlite", _:
            with contextlib.closing(_read_only(file)) as source:
                if (said := source.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                    raise _not_whole(file, said)
                return {name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        case "postgresql", "postgresql":
            return set(re.findall(r" TABLE \S+ (\S+) ", run_tool("pg_restore", target, ["--list", str(file)])))
        case _, dialect:
            raise InputError(
                f"{file} cannot be restored into {dialect}.", means="nothing was changed.",
                do="a .db file goes into SQLite or PostgreSQL, a .dump file into PostgreSQL only.",
            )  # fmt: skip


def _not_whole(file: Path, why: str) -> InputError:
    return InputError(
        f"{file} cannot be read as a backup: {why.strip().splitlines()[0]}", means="nothing was changed.",
        do="restore another backup, an older one for example.",
    )  # fmt: skip


def _read_only(file: Path) -> sqlite3.Connection:
    """A backup is never written to, not even a lock beside it."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
