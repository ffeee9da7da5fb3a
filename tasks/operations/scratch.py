"""Scratch databases that backups are proven in, and what a backup that was killed leaves: copies of all there is."""

import contextlib
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from blocks.home import folder
from tasks.operations.postgres_tools import LONGEST_SECONDS
from tasks.records.database import connect

NAME = "phasegate_scratch_"
"""Of databases; the time follows, for PostgreSQL does not tell how old one is."""
TIME = "%Y%m%d%H%M%S"
FOLDER = "scratch-"
LONGEST = timedelta(seconds=2 * LONGEST_SECONDS)
"""Dump and proof are both given up by then: what is older belongs to nobody."""


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=FOLDER, dir=folder("run")) as place:
        yield Path(place)


@contextlib.contextmanager
def scratch_database(database: Engine) -> Iterator[Engine]:
    """An empty database of the same kind, gone afterwards."""
    if database.dialect.name == "sqlite":
        with scratch_folder() as place:
            scratch = connect(f"sqlite:///{place / 'scratch.db'}")
            yield scratch
            scratch.dispose()
        return
    name = f"{NAME}{datetime.now(UTC):{TIME}}_{uuid.uuid4().hex[:12]}"
    with _server(database) as server:
        server.execute(text(f"CREATE DATABASE {name}"))
    scratch = connect(database.url.set(database=name).render_as_string(hide_password=False))
    try:
        yield scratch
    finally:
        scratch.dispose()
        _drop(database, name)


def remove_leftovers(database: Engine, backups: Path, now: datetime) -> None:
    """Removes what backups left that were killed: halves of files, scratch folders and databases.

    One that cannot be removed keeps no backup from being made; the next one tries again.
    """
    before = now - LONGEST
    for left in (*backups.glob("phasegate-*Z.*.part*"), *folder("run").glob(f"{FOLDER}*")):
        with contextlib.suppress(OSError):
            if datetime.fromtimestamp(left.stat().st_mtime, UTC) < before:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    if database.dialect.name == "postgresql":
        for name in _databases(database):
            with contextlib.suppress(SQLAlchemyError):
                if _made_at(name) < before:
                    _drop(database, name)


def _databases(database: Engine) -> list[str]:
    """Names of the scratch databases on the server."""
    with database.connect() as connection:
        wanted = f"^{NAME}[0-9]{{14}}_[0-9a-f]+$"
        return list(
            connection.scalars(text("SELECT datname FROM pg_database WHERE datname ~ :wanted"), {"wanted": wanted})
        )


def _made_at(name: str) -> datetime:
    return datetime.strptime(name.removeprefix(NAME).partition("_")[0], TIME).replace(tzinfo=UTC)


def _drop(database: Engine, name: str) -> None:
    with _server(database) as server:
        server.execute(text(f"DROP DATABASE IF EXISTS {name}"))


def _server(database: Engine) -> Connection:
    """For statements about whole databases, which PostgreSQL allows in no transaction."""
    return database.execution_options(isolation_level="AUTOCOMMIT").connect()
