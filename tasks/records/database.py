"""The database: where it is, how it is opened, how it is brought to the newest tables.

SQLite below the state folder by default, PostgreSQL where `PHASEGATE_DATABASE_URL` says so.
"""

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, URL, DateTime, Dialect, Engine, TypeDecorator, create_engine, event, make_url
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from blocks.errors import ConfigurationError, InputError, PhasegateError, StorageError
from blocks.home import home
from tasks.records.migrating import migrate

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A JSON value; a missing one is SQL's NULL, never JSON's null."""

PATH = re.compile(r"[^:@=?]+")
"""A file's name that cannot be a mistyped address: one may hold a password, which a file or message must not show."""

# The databases this process has open, by their URL.
_opened: dict[str, Engine] = {}


class Moment(TypeDecorator[datetime]):
    """An aware point in time, kept in UTC. A naive one is refused: nobody could say what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def database_url() -> str:
    """`PHASEGATE_DATABASE_URL`, else SQLite below the state folder."""
    return full_address(os.environ.get("PHASEGATE_DATABASE_URL") or f"sqlite:///{home() / 'phasegate.db'}")


def full_address(url: str) -> str:
    """A PostgreSQL address as people write it, with the driver we use."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def given_address(given: str, option: str) -> str:
    """The address that a person typed for `option` of a command: a whole one, or only the path of a SQLite file.

    Raises InputError, which names the option, for what is neither.
    """
    if PATH.fullmatch(given):
        return f"sqlite:///{Path(given).expanduser().absolute()}"
    url = full_address(given)
    address(url, option)
    return url


def address(url: str | URL, option: str = "") -> URL:
    """The parts of an address. Raises an error without a word of it: what does not fit may be its password.

    That is an InputError which names the `option` it was given with, or a ConfigurationError which names the setting.
    """
    try:
        parts = make_url(url)
    except (SQLAlchemyError, ValueError) as error:
        raise _no_address(type(error).__name__, option) from None
    if parts.get_backend_name() not in ("sqlite", "postgresql"):
        raise _no_address("records are kept in SQLite and PostgreSQL only", option)
    # An `@` or `/` of a password that is not written as %40 or %2F moves the rest of it into parts that messages show.
    if parts.drivername.startswith("postgresql") and "@" in f"{parts.host}{parts.database}":
        raise _no_address("its password holds a sign that must be percent-encoded", option)
    if any("password" in name for name in parts.query):
        raise _no_address("a password stands after the question mark, where it would be shown", option)
    return parts


def _no_address(why: str, option: str = "") -> PhasegateError:
    if option:
        return InputError(
            f"What {option} names is no database address: {why}.", means="nothing was changed.",
            do="give postgresql://user:password@host:5432/name, or the path of a SQLite file.",
        )  # fmt: skip
    return ConfigurationError(
        f"PHASEGATE_DATABASE_URL is no database address: {why}.",
        means="nothing can be stored.",
        do="use sqlite:////path/phasegate.db or postgresql://user:password@host:5432/name, or leave it unset.",
    )


def engine() -> Engine:
    """The database of `database_url`, migrated to the newest tables; one engine a process and URL."""
    return open_database(database_url())


def open_database(url: str) -> Engine:
    """The database at `url`, migrated. Raises ConfigurationError for a bad URL, StorageError if it cannot be used."""
    if url not in _opened:
        opened = connect(url)
        try:
            with usable(opened):
                migrate(opened)
        except StorageError:
            opened.dispose()
            raise
        _opened[url] = opened
    return _opened[url]


@contextlib.contextmanager
def usable(database: Engine) -> Iterator[None]:
    """Turns what goes wrong with the database into a StorageError that says what to do."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise unusable(error, str(database.url)) from error


def close_databases() -> None:
    """Closes every database this process has opened; the next use opens it again."""
    while _opened:
        _opened.popitem()[1].dispose()


def connect(url: str) -> Engine:
    """An engine for `url` with phasegate's settings; no migration."""
    try:
        # An error that quoted what was to be stored would bring a client's words into logs and run states.
        made = create_engine(address(url), pool_pre_ping=True, future=True, hide_parameters=True)
    except (SQLAlchemyError, ImportError, ValueError) as error:
        raise _no_address(type(error).__name__) from None
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _prepare_sqlite)
    return made


def _prepare_sqlite(connection: Any, entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # A crash of the machine may lose the last commits with NORMAL; the ledger must not lose any.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    path = next((row[2] for row in connection.execute("PRAGMA database_list") if row[1] == "main"), "")
    if path and os.path.exists(path):
        os.chmod(path, 0o600)


def unusable(error: Exception, url: str) -> StorageError:
    """The error people see when the database fails, without the password in its address."""
    place = address(url)
    if place.drivername.startswith("sqlite") and not (parent := Path(place.database or "").absolute().parent).is_dir():
        return StorageError(
            f"There is no folder {parent} for the database.", means="nothing can be stored there.",
            do="make it or bring its disk back, or name a file in a folder that is there.",
        )  # fmt: skip
    reason = (str(getattr(error, "orig", None) or error).strip() or type(error).__name__).splitlines()[0]
    return StorageError(
        f"The database {place.render_as_string()} cannot be used: {reason}",
        means="the work stops here; what was stored before is still there.",
        do="check that the database server runs and that the disk has room, then do the same again.",
    )
