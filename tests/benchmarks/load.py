"""Sales calls queued as runs of their own, worked through by two and by four workers on a PostgreSQL-backed server.

    python -m tests.benchmarks.load [--runs 24] [--workers 2,4]      (`make load`)

The model answers at once, so what is measured is Prefect, the database and the processes: each run is a process that a
worker starts. What 10,000 would take is computed from the throughput, not measured: the queue is worked off in order, so
a run waits for all before it, and the waiting grows with the queue while the throughput stays.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select

from deployments.applying import bootstrap
from flows.transcripts.samples import SHORT
from tasks.records.database import close_databases, engine
from tasks.records.tables import calls, runs
from tests.benchmarks.machine import descendants, resident_mb
from tests.doubles.model_server import ModelServer
from tests.house import House, closing, furnish
from tests.postgres import cluster, new_database
from tests.transcripts.scene import says

WHOLE = 10_000
PATIENCE = 3600.0
QUESTIONS = 7


class Load(BaseModel):
    """What became of the queued runs."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    workers: int
    runs: int
    seconds: float
    queueing_p95: float
    """Seconds between the moment a run should have begun and the moment it did."""
    lost: int
    doubled: int
    """Runs begun more than once, and answers recorded more than once."""
    server_mb: tuple[float, float]
    """Resident memory of the Prefect server after the first quarter of the runs and at the end."""

    @property
    def sentence(self) -> str:
        rate = self.runs / self.seconds
        return (
            f"{self.workers} workers: {self.runs} runs in {self.seconds:.0f} s, {rate:.2f} a second; queueing p95 "
            f"{self.queueing_p95:.0f} s; {self.lost} lost, {self.doubled} doubled; server {self.server_mb[0]:.0f} MB, then "
            f"{self.server_mb[1]:.0f} MB. {WHOLE:,} would take {WHOLE / rate / 3600:.1f} hours, computed."
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=24)
    options.add_argument("--workers", default="2,4", help="how many, one measurement each")
    given = options.parse_args()
    for workers in map(int, given.workers.split(",")):
        found = measured(given.runs, workers)
        sys.stdout.write(f"{found.sentence}\n")
        sys.stdout.flush()
        if found.lost or found.doubled:
            sys.exit(1)


def measured(count: int, workers: int) -> Load:
    """A whole installation for one number of workers."""
    with (
        tempfile.TemporaryDirectory() as folder, cluster() as server, new_database(server) as ours,
        new_database(server) as prefects, pytest.MonkeyPatch.context() as patch, ModelServer(log_limit=100) as models,
    ):  # fmt: skip
        settings = {
            "PHASEGATE_DATABASE_URL": ours,
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": prefects.replace("+psycopg", "+asyncpg"),
            "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
        }
        models.answer = says()
        with closing(House(patch, Path(folder), **settings)) as house:
            house.start()
            house.do(lambda: furnish(models, "double"))
            house.do(bootstrap)
            for number in range(workers):
                house.hire(f"worker-{number}", "--limit", "2")
            try:
                return _load(house, count, workers)
            finally:
                close_databases()


def _load(house: House, count: int, workers: int) -> Load:
    text, began = SHORT.read_text(), time.monotonic()
    queued = [
        house.run("transcript/transcript", text=text.replace("70944126", str(80_000_000 + n))) for n in range(count)
    ]
    early = 0.0
    while (done := house.do(lambda: _ended(queued))) < count:
        if not early and done >= count / 4:
            early = _server_mb(house)
        if time.monotonic() - began > PATIENCE:
            break
        time.sleep(1)
    seconds = time.monotonic() - began
    seen = house.do(lambda: _read(queued))
    waits = sorted((one.start_time - one.expected_start_time).total_seconds() for one in seen if one.start_time)
    lost, doubled = _counted(seen, count)
    return Load(
        workers=workers, runs=count, seconds=seconds, lost=lost, doubled=doubled,
        queueing_p95=statistics.quantiles(waits, n=20)[-1], server_mb=(early, _server_mb(house)),
    )  # fmt: skip


async def _read(queued: list[UUID]) -> list[Any]:
    async with get_client() as client:
        return [await client.read_flow_run(run) for run in queued]


async def _ended(queued: list[UUID]) -> int:
    return sum(bool(one.state and one.state.is_final()) for one in await _read(queued))


def _counted(seen: list[Any], count: int) -> tuple[int, int]:
    """Runs without a completed record, and what there is twice."""
    with engine().connect() as connection:
        completed = connection.scalar(select(func.count()).select_from(runs).where(runs.c.status == "completed")) or 0
        answered = connection.execute(
            select(calls.c.run_id, calls.c.role, calls.c.part).where(calls.c.outcome != "failed")
        )
        answers = Counter(answered.tuples().all())
    lost = (count - completed) + (count * QUESTIONS - len(answers))
    return lost, sum(times > 1 for times in answers.values()) + sum(one.run_count > 1 for one in seen)


def _server_mb(house: House) -> float:
    return sum(resident_mb(pid) for pid in descendants(house.processes["server"].pid))


if __name__ == "__main__":
    main()
