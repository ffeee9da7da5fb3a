"""Checks of this machine: the database, the state folder, the disk."""

import os
import shutil
import stat
from pathlib import Path

from sqlalchemy import Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from tasks.operations.checks import Finding, ok
from tasks.operations.contents import contents
from tasks.records.database import address, connect, unusable
from tasks.records.ledger import verify
from tasks.records.ledger_tables import ledger
from tasks.records.migrating import revision, revisions

GIB = 2**30
LOW, FULL = 5 * GIB, GIB // 2
"""Free bytes: below the first a warning, below the second a failure. A model's weights take gigabytes."""


def check_database(url: str) -> Finding:
    """Whether the database answers, which revision its tables have, and whether the ledger holds. Changes nothing.

    Raises StorageError, ConfigurationError.
    """
    place = address(url)
    if place.drivername.startswith("sqlite") and place.database and not Path(place.database).exists():
        return ok(f"None yet at {place.database}; the first run makes it.")
    database = connect(url)
    try:
        return _database(database)
    except SQLAlchemyError as error:
        raise unusable(error, url) from error
    finally:
        database.dispose()


def _database(database: Engine) -> Finding:
    with database.connect() as connection:
        made = revision(connection)
        found = contents(connection)
        has_ledger = ledger.name in inspect(connection).get_table_names()
    where = f"{database.dialect.name}, revision {made or 'none'}, {found.total:,} rows"
    known = revisions()
    if made is not None and made not in known:
        do = f"install the newer phasegate that made it; this one knows {known[0]}."
        return Finding("failed", f"{where}: tables of a newer phasegate.", do)
    if has_ledger and not (chain := verify(database)).sound:
        do = "restore a backup taken before; no gate moves meanwhile."
        return Finding("failed", f"{where}. Entry {chain.broken} of the ledger does not hold: {chain.reason}.", do)
    if made != known[0]:
        return Finding("warning", f"{where}; the newest is {known[0]}.", "run anything: it migrates the tables first.")
    return ok(where)


def check_folder(folder: Path) -> Finding:
    """Whether the state folder is ours to write and closed to others: it holds the database, keys and backups."""
    facts = folder.stat()
    mode = stat.S_IMODE(facts.st_mode)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(
            "failed", f"{folder} cannot be written.", f"chown it to this user, or set PHASEGATE_HOME: {folder}"
        )
    if mode & 0o077:
        return Finding("failed", f"{folder} is open to other users (mode {mode:04o}).", f"chmod 700 {folder}")
    return ok(f"{folder}, mode {mode:04o}")


def check_disk(folder: Path, free: int | None = None) -> Finding:
    """Whether there is room; `free` is the number of bytes, measured if left out."""
    free = shutil.disk_usage(folder).free if free is None else free
    found = f"{free / GIB:.1f} GiB free at {folder}"
    if free < FULL:
        return Finding("failed", found, "free the disk: the database and the ledger cannot be written on a full one.")
    return (
        Finding("warning", found, "free the disk soon; `phasegate doctor` fails below 0.5 GiB.")
        if free < LOW
        else ok(found)
    )
