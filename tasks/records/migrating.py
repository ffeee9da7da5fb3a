"""The tables' revisions: which there are, which a database has, and how it is brought to the newest.

Alembic does the work, and is loaded only where there is some: it takes longer to load than all else about the database,
and nearly every process finds its tables up to date.
"""

import fcntl
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from blocks.errors import StorageError
from blocks.home import folder

MIGRATIONS = Path(__file__).parent / "migrations"


@cache
def revisions() -> tuple[str, ...]:
    """Numbers of all revisions, the newest first; a migration's file begins with its own."""
    return tuple(sorted((file.name.partition("_")[0] for file in MIGRATIONS.glob("versions/[0-9]*.py")), reverse=True))


def revision(connection: Connection) -> str | None:
    """Which revision the tables have; None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def migrate(database: Engine) -> None:
    """Brings the tables to the newest revision; many processes may do so at once.

    Raises StorageError for tables of a newer release, which only that one can read.
    """
    with database.connect() as connection:
        found = revision(connection)
    if found == revisions()[0]:
        return
    if found not in {None, *revisions()}:
        raise StorageError(
            f"The tables of {database.url.render_as_string()} are of revision {found}, which this release does not know.",
            means="a newer release has made them; nothing was read or changed.",
            do="use that release, or name another database with PHASEGATE_DATABASE_URL.",
        )
    with (folder("run") / "migrating").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _upgrade(database)


def _upgrade(database: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    with database.begin() as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
