"""Sales calls queued as runs of their own, worked through by two and by four workers on a PostgreSQL-backed server.

    python -m tests.benchmarks.load [--runs 200] [--workers 2,4]      (`make load`)

The model answers at once, so what is measured is Prefect, the database and the processes: each run is a process that a
worker starts. What 10,000 would take is computed from the throughput, not measured: the queue is worked off in order, so
a run waits for all before it, and the waiting grows with the queue while the throughput stays. Whether memory stays is
judged by the line through what was held as the runs ended. Exit status 1 if anything is lost or doubled, or memory grows.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import TERMINAL_STATES
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

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
FLAT_KB = 100
"""How much more memory a run may leave behind: a gigabyte after 10,000 of them."""
FILLED = 40
"""Runs of its own after which a worker of Prefect 3.8.8 holds what it will hold: 28 MB more than at first."""
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
    """Transcripts without a completed run, and questions about one without an answer."""
    doubled: int
    """Transcripts with several completed runs, questions answered more than once, runs begun more than once."""
    server_kb: float
    """By how much the memory of the Prefect server grows with a run."""
    workers_kb: float
    """The same of the workers, without the runs they have started."""

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled) and max(self.server_kb, self.workers_kb) <= FLAT_KB

    @property
    def sentence(self) -> str:
        rate = self.runs / self.seconds
        return (
            f"{self.workers} workers: {self.runs} runs in {self.seconds:.0f} s, {rate:.2f} a second; queueing p95 "
            f"{self.queueing_p95:.0f} s; {self.lost} lost, {self.doubled} doubled; memory a run: server "
            f"{self.server_kb:+.0f} KB, workers {self.workers_kb:+.0f} KB (at most {FLAT_KB}). Computed, not measured: "
            f"{WHOLE:,} at this rate take {WHOLE / rate / 3600:.1f} hours, queueing p95 {0.95 * WHOLE / rate / 3600:.1f} hours."
        )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--workers", default="2,4", help="how many, one measurement each")
    given = options.parse_args()
    good = True
    for workers in map(int, given.workers.split(",")):
        found = measured(given.runs, workers)
        sys.stdout.write(f"{found.sentence}\n")
        sys.stdout.flush()
        good = good and found.good
    sys.exit(0 if good else 1)


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
    wanted = [str(80_000_000 + n) for n in range(count)]
    queued = [house.run("transcript/transcript", text=text.replace("70944126", each)) for each in wanted]
    names, held = [name for name in house.processes if name != "server"], []
    while (done := house.do(_ended)) < count and time.monotonic() - began < PATIENCE:
        server = sum(resident_mb(pid) for pid in descendants(house.processes["server"].pid))
        held.append((done, server, sum(resident_mb(house.processes[name].pid) for name in names)))
        time.sleep(1)
    seconds = time.monotonic() - began
    seen = house.do(lambda: _read(queued))
    waits = sorted((one.start_time - one.expected_start_time).total_seconds() for one in seen if one.start_time)
    lost, doubled = counted(wanted)
    return Load(
        workers=workers, runs=count, seconds=seconds, lost=lost, doubled=doubled + sum(one.run_count > 1 for one in seen),
        queueing_p95=statistics.quantiles(waits, n=20)[-1],
        server_kb=growth([(done, server) for done, server, _ in held], workers),
        workers_kb=growth([(done, mine) for done, _, mine in held], workers),
    )  # fmt: skip


async def _ended() -> int:
    """How many of the queued runs have come to an end."""
    final = FlowRunFilterState(type=FlowRunFilterStateType(any_=list(TERMINAL_STATES)))
    async with get_client() as client:
        return await client.count_flow_runs(
            flow_run_filter=FlowRunFilter(state=final),
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=["transcript"])),
        )


async def _read(queued: list[UUID]) -> list[Any]:
    async with get_client() as client:
        return [await client.read_flow_run(run) for run in queued]


def counted(wanted: Sequence[str]) -> tuple[int, int]:
    """What is lost and what doubled, by transcript and not by run: a second run of one must not hide the loss of another."""
    answer = select(runs.c.input, calls.c.role, calls.c.part).join(runs, runs.c.id == calls.c.run_id)
    with engine().connect() as connection:
        inputs = connection.scalars(select(runs.c.input).where(runs.c.status == "completed"))
        completed = Counter(str(given["transcript_id"]) for given in inputs)
        rows = connection.execute(answer.where(calls.c.outcome != "failed")).tuples()
        answers = Counter((str(given["transcript_id"]), role, part) for given, role, part in rows)
    answered = Counter(transcript for transcript, _, _ in answers)
    lost = sum(not completed[each] for each in wanted) + sum(max(0, QUESTIONS - answered[each]) for each in wanted)
    return lost, sum(times > 1 for seen in (completed, answers) for times in seen.values())


def growth(held: Sequence[tuple[int, float]], workers: int = 1) -> float:
    """KB a run, by least squares over (runs that have ended, MB held); those in which caches fill left out.

    Where there are too few runs to know, the second half is taken for all.
    """
    last = max((done for done, _ in held), default=0)
    begin = FILLED * workers if last > FILLED * workers else last / 2
    later = [(done, mb) for done, mb in held if done >= begin]
    if len({done for done, _ in later}) < 2:
        return 0.0
    return 1024 * statistics.linear_regression(*zip(*later, strict=True)).slope


if __name__ == "__main__":
    main()
