"""How long pages and commands take over a record store with a million calls: each is wanted below two seconds.

    python -m tests.benchmarks.million [--calls 1000000] [--postgresql]      (`make load`)

What a command reads and shows is measured in this process; starting Python and Prefect is another benchmark's. All are
measured, whatever becomes of one; those that were slow or broke are named at the end. Exit status 1 if there are any.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from deployments.command_line import collect_seldom
from deployments.settings import apply_settings
from tests.benchmarks.gate_evidence import address
from tests.benchmarks.million_store import Size, fill

WANTED = 2.0
"""Seconds."""


@dataclass(frozen=True)
class Took:
    """What one page or command took."""

    name: str
    seconds: float
    processor: float
    """Seconds of this process's own work; on a busy machine the other figure is larger for others' sake."""
    broken: str = ""
    """What it ended with, if it broke."""

    @property
    def good(self) -> bool:
        return not self.broken and self.seconds <= WANTED

    @property
    def sentence(self) -> str:
        return f"{self.seconds:8.2f} s  {self.processor:6.2f} s of this processor  {self.name}  {self.broken}".rstrip()


def main(arguments: list[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=1_000_000)
    options.add_argument("--postgresql", action="store_true", help="PostgreSQL rather than SQLite")
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as home, address(given.postgresql) as url:
        os.environ |= {"PHASEGATE_HOME": home, "PHASEGATE_DATABASE_URL": url}
        apply_settings(quiet=True)
        collect_seldom()
        sys.exit(verdict(measured(Size(calls=given.calls))))


def measured(size: Size) -> Iterator[Took]:
    """Every page and command."""
    from tasks.records.database import close_databases, engine
    from tests.benchmarks.million_ledger import told
    from tests.benchmarks.million_works import GROUPS

    database, began = engine(), time.perf_counter()
    fill(database, size)
    story = told(database, size)
    _say(f"{time.perf_counter() - began:8.2f} s  filling")
    for group in GROUPS:
        for took in of_group(group.__name__, group(story)):
            _say(took.sentence)
            yield took
    close_databases()


def of_group(name: str, works: Iterable[tuple[str, Callable[[], Any]]]) -> Iterator[Took]:
    """Each work's time. Where what prepares the next breaks, the group ends, and that is named under the group's name."""
    left = iter(works)
    while True:
        try:
            found = next(left, None)
        except Exception as error:
            yield Took(f"preparing {name}", 0, 0, _told(error))
            return
        if found is None:
            return
        yield _measured(*found)


def _measured(name: str, work: Callable[[], Any]) -> Took:
    began, used, broken = time.perf_counter(), time.process_time(), ""
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            work()
    except Exception as error:
        broken = _told(error)
    return Took(name, time.perf_counter() - began, time.process_time() - used, broken)


def _told(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''} ({place.name}:{place.lineno})"


def verdict(found: Iterable[Took]) -> str | int:
    """What `sys.exit` takes: which ones were slow and which broke, or nothing."""
    took = list(found)
    broken = [f"{one.name}: {one.broken}" for one in took if one.broken]
    slow = [f"{one.name}: {one.seconds:.2f} s" for one in took if not one.broken and not one.good]
    told = [*([f"Slower than {WANTED:g} s:", *slow] if slow else []), *(["Broken:", *broken] if broken else [])]
    return "\n  ".join(told) if told else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
