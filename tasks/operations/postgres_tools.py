"""PostgreSQL's own programs: found on PATH or where Debian puts them, given the password by the environment."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import URL, Engine

from blocks.errors import StorageError

DEBIAN = Path("/usr/lib/postgresql")
LONGEST_SECONDS = 6 * 3600


def run_tool(name: str, database: Engine, arguments: Sequence[str]) -> str:
    """Runs `pg_dump` or `pg_restore` for this database; what it printed. Raises StorageError with its own words.

    A program older than the server refuses; then a newer one is looked for.
    """
    said = ""
    for program in _programs(name):
        done = subprocess.run(
            [str(program), "--dbname", _address(database.url), "--no-password", *arguments],
            env={**os.environ, "PGPASSWORD": database.url.password or "", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=LONGEST_SECONDS,
            check=False,
        )  # fmt: skip
        if done.returncode == 0:
            return done.stdout
        said = done.stderr.strip()
        if "version mismatch" not in said:
            break
    if said:
        raise StorageError(
            f"{name} failed: {said.splitlines()[0]}", means="nothing was changed.",
            do="look at the server; if the versions differ, install the client programs of the server's version.",
        )  # fmt: skip
    raise StorageError(
        f"{name} was not found on PATH nor in {DEBIAN}.",
        means="a PostgreSQL database can be neither backed up nor restored without it.",
        do="install it: apt-get install postgresql-client.",
    )


def _programs(name: str) -> Iterator[Path]:
    if on_path := shutil.which(name):
        yield Path(on_path)
    versions = (place for place in DEBIAN.glob("*") if place.name.isdigit())
    for place in sorted(versions, key=lambda place: int(place.name), reverse=True):
        if (place / "bin" / name).exists():
            yield place / "bin" / name


def _address(url: URL) -> str:
    """Without the password: other users of the machine see the arguments of a program."""
    return URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    ).render_as_string(hide_password=False)  # fmt: skip
