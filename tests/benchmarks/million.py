"""How long pages and commands take over a record store with a million calls: each is wanted below two seconds.

    python -m tests.benchmarks.million [--calls 1000000] [--postgresql]      (`make load`)

A gate that is monitored and has evidence, a ledger with some thousand entries, runs with outputs. What a command reads
and shows is measured in this process; starting Python and Prefect is another benchmark's.
"""

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from deployments.settings import apply_settings
from tasks.records.tables import outputs
from tests.benchmarks.gate_evidence import START, address
from tests.benchmarks.gate_evidence import _fill as fill

ENTRIES, GATES = 2_000, 100
"""Of the ledger, besides the gate that is measured: nightly baselines of five years, gates that are over."""
WANTED = 2.0
"""Seconds."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=1_000_000)
    options.add_argument("--postgresql", action="store_true", help="PostgreSQL rather than SQLite")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as home, address(given.postgresql) as url:
        os.environ |= {"PHASEGATE_HOME": home, "PHASEGATE_DATABASE_URL": url}
        took = measured(given.calls)
    slow = {name: seconds for name, seconds in took.items() if seconds > WANTED}
    sys.exit(f"Slower than {WANTED:g} s: {', '.join(slow)}" if slow else 0)


def measured(count: int) -> dict[str, float]:
    """Page or command -> seconds."""
    from tasks.records.database import close_databases, engine

    apply_settings(quiet=True)
    database, took = engine(), {}
    _say("filling", _seconds(lambda: _fill(database, count)))
    for name, work in _works(database).items():
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            used = time.process_time()
            took[name] = _seconds(work)
            used = time.process_time() - used
        _say(f"{name} ({used:.2f} s of this processor)", took[name])
    close_databases()
    return took


def _works(database: Engine) -> dict[str, Callable[[], Any]]:
    """What is measured, in this order; the gate's last acts come last."""
    from blocks.home import folder
    from deployments.commands import ledger, status
    from flows.generator.view import run_view
    from flows.transitions.planning import plan_phase
    from flows.transitions.showing import write_gate
    from flows.transitions.tracker_view import tracker_view
    from tasks.operations.machine import check_database
    from tasks.operations.retention import Retention, apply_retention
    from tasks.records.database import database_url
    from tasks.reports.generator import write_generator_report
    from tasks.reports.tracker import write_tracker
    from tests.transitions.story import GATE

    story = _monitoring(database)
    return {
        "status": lambda: status.status("", every=True),
        "status of a gate": lambda: status.status(GATE, every=False),
        "history": lambda: ledger.history(ledger.NEWEST),
        "as-of": lambda: ledger.as_of(datetime.now(UTC).isoformat()),
        "verify": lambda: ledger.verify(""),
        "plan": lambda: asyncio.run(plan_phase(story.world, "generator-1", "Ada", target="new")),
        "watch: one gate moved": story.moved,
        "report gate": lambda: write_gate(story.world, story.gate),
        "report tracker": lambda: write_tracker(asyncio.run(tracker_view(story.world)), folder("reports")),
        "report run": lambda: write_generator_report(run_view(database, "r1"), folder("reports", "r1")),
        "doctor: database": lambda: check_database(database_url()),
        "retention: nothing is old": lambda: apply_retention(database, START, Retention()),
        "retention: half is old": lambda: apply_retention(database, START, Retention(timedelta(days=70))),
    }


def _monitoring(database: Engine) -> Any:
    """A gate over 24 hours of calls of its own, beside all the others."""
    from flows.transitions.moving import open_gate, roll_back
    from tests.transitions.memory import Clock
    from tests.transitions.scenes import opening
    from tests.transitions.story import Story

    story = Story(database, clock=Clock(START))
    for _ in range(ENTRIES):
        story.world.record(
            "baseline", "benchmark", {"pipeline": "generator", "lineup": "production", "passed": True, "runs": []}
        )
    for n in range(GATES):
        open_gate(story.world, f"old-{n}", opening(), "Ada")
        asyncio.run(roll_back(story.world, f"old-{n}", "Grace", "only a benchmark"))
    return story.monitoring().waited(hours=24)


def _fill(database: Engine, count: int) -> None:
    """Calls of 1,000 runs, and an output for every hundredth call."""
    fill(database, 0, count)
    made = [
        {"sha256": f"{n:064x}", "body": {"text": "x" * 500}, "created_at": START - timedelta(days=100)}
        for n in range(count // 100)
    ]
    with database.begin() as connection:
        connection.execute(insert(outputs), made)


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _say(name: str, seconds: float) -> None:
    sys.stdout.write(f"{seconds:8.2f} s  {name}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
