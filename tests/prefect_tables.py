"""Prefect's tables, made once: every server of the tests would make them anew, which takes it seconds of processor."""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path


@cache
def _kept() -> Path:
    """What the first server of this process has made."""
    return Path(tempfile.mkdtemp(prefix="phasegate-tests-"), "prefect.db")


@contextlib.contextmanager
def made_once(home: Path) -> Iterator[None]:
    """A server that is started inside this, with this PREFECT_HOME, finds the tables, or makes them for those to come."""
    database, kept = home / "prefect.db", _kept()
    if kept.exists() and not database.exists():
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kept, database)
    yield
    if database.exists() and not kept.exists():
        with contextlib.closing(sqlite3.connect(database)) as made, contextlib.closing(sqlite3.connect(kept)) as copy:
            made.backup(copy)


def forget() -> None:
    if _kept.cache_info().currsize:
        shutil.rmtree(_kept().parent, ignore_errors=True)
