"""(f) How many calls a second the pipeline takes through when the model takes no time, by worker processes.

A whole installation: a Prefect server, SQLite, the model double in this process, no store configured. Each worker is a
process that runs a batch over a folder of its own, all at the same time. Each call is the short sample under another name
and id: 7 questions, all of them recorded.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

from blocks.home import folder
from blocks.lineups import TranscriptLineup
from flows.transcripts.batch import Batch, process_folder
from flows.transcripts.samples import SHORT
from tests.benchmarks.figures import RATIO, Figure, Sizes
from tests.benchmarks.installation import Installation, installation
from tests.benchmarks.machine import processor_seconds, resident_mb
from tests.transcripts.scene import says

AT_ONCE = 4
"""Calls at the same time in each worker: what the model serves at once."""
WARM_UP = 3
"""Calls of the run that is not measured."""


@dataclass(frozen=True)
class Measured:
    """One batch in one process; the clock is the machine's."""

    result: Batch
    calls: int
    began: float
    ended: float
    processor: float
    grown_mb: float
    """Resident memory after the run less that before it."""

    @property
    def per_second(self) -> float:
        return self.calls / (self.ended - self.began)


@dataclass(frozen=True)
class Together:
    """Several workers at the same time."""

    calls: int
    seconds: float
    workers: float
    """Processor time of all workers."""
    server: float
    """Processor time of the Prefect server."""

    @property
    def per_second(self) -> float:
        return self.calls / self.seconds


def figures(sizes: Sizes) -> Sequence[Figure]:
    with installation() as opened:
        opened.models.answer = says()
        opened.lineup(TranscriptLineup, "double", AT_ONCE)
        measured = {workers: _together(opened, workers, sizes.transcripts) for workers in sizes.workers}
    alone = measured[sizes.workers[0]]
    found = [_throughput(workers, one) for workers, one in measured.items()]
    return found + [
        Figure(
            name=f"{workers} workers / {sizes.workers[0]}", value=one.per_second / alone.per_second, unit=RATIO,
            better="more", tolerance=0.4, how="transcripts a second; cores, database, server and double are shared",
        )
        for workers, one in list(measured.items())[1:]
    ]  # fmt: skip


def _throughput(workers: int, one: Together) -> Figure:
    each = 1000 / one.calls
    return Figure(
        name=f"{workers} worker{'s' * (workers > 1)}", value=one.per_second, unit="calls/s", better="more",
        how=f"{one.calls} calls in {one.seconds:.1f} s; processor time of each: {each * one.workers:.0f} ms in the workers, "
        f"{each * one.server:.0f} ms in Prefect's server",
    )  # fmt: skip


def _together(opened: Installation, workers: int, calls: int) -> Together:
    """As many processes, each with a folder of so many calls."""
    context = get_context("spawn")
    folders = [folder("calls", f"{workers}-{number}") for number in range(workers)]
    with ProcessPoolExecutor(workers, context, _meet_at, (context.Barrier(workers),)) as processes:
        server = processor_seconds(*opened.processes)
        work = [processes.submit(_work, place, 10_000 * number, calls) for number, place in enumerate(folders, workers)]
        done = [one.result() for one in work]
        server = processor_seconds(*opened.processes) - server
    seconds = max(one.ended for one in done) - min(one.began for one in done)
    return Together(workers * calls, seconds, sum(one.processor for one in done), server)


_barrier: list[Barrier] = []
"""Where this worker waits until all are ready; processes hand such things on only as they start."""


def _meet_at(barrier: Barrier) -> None:
    _barrier.append(barrier)


def _work(place: Path, first: int, calls: int) -> Measured:
    return measure(
        place, calls + WARM_UP, lambda: asyncio.run(process_folder(place, lineup="double")), first,
        ready=lambda: _barrier[0].wait(600),
    )  # fmt: skip


def measure(
    place: Path, count: int, run: Callable[[], Batch], first: int = 1, ready: Callable[[], object] = gc.collect
) -> Measured:
    """Runs over `count` calls after a first run over a few of them, which pays for what is made once; then `ready`."""
    write_calls(place, WARM_UP, first)
    run()
    write_calls(place, count, first)
    gc.collect()
    ready()
    before, used, began = resident_mb(), time.process_time(), time.monotonic()
    result = run()
    ended, used = time.monotonic(), time.process_time() - used
    gc.collect()
    return Measured(result, count - WARM_UP, began, ended, used, resident_mb() - before)


def write_calls(place: Path, count: int, first: int = 1) -> None:
    """`count` calls of different clients, made from the short sample."""
    place.mkdir(parents=True, exist_ok=True)
    text = SHORT.read_text()
    for number in range(first, first + count):
        own = text.replace("70944126", f"{80_000_000 + number}").replace(
            "Nadia Whitcombe", f"Client Number {number:03}"
        )
        own = own.replace("nadia.whitcombe", f"client{number}").rstrip("\n")
        # No two calls may say the same, or whatever remembers a text would look faster than it is.
        (place / f"call-{number:03}.txt").write_text(f"{own} This was our talk number {number}.\n")
