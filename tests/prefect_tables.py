"""Prefect's tables, made once: every server of the tests would make them anew, which takes it seconds of processor."""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

KEPT = Path(tempfile.mkdtemp(prefix="phasegate-tests-"), "prefect.db")
"""What the first server of this process has made."""


@contextlib.contextmanager
def made_once(home: Path) -> Iterator[None]:
    """A server that is started inside this, with this PREFECT_HOME, finds the tables, or makes them for those to come."""
    database = home / "prefect.db"
    if KEPT.exists() and not database.exists():
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(KEPT, database)
    yield
    if database.exists() and not KEPT.exists():
        with contextlib.closing(sqlite3.connect(database)) as made, contextlib.closing(sqlite3.connect(KEPT)) as kept:
            made.backup(kept)


def forget() -> None:
    shutil.rmtree(KEPT.parent, ignore_errors=True)
