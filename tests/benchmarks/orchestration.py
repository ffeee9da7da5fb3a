"""(b) What a generator run costs besides its models, and whether it grows with the runs made before.

The model takes no time. Counted is processor time, which others on the machine do not add to: of this process, where the
flow runs, and of the Prefect server. The double answers from this process too, so its share is measured without us, with
the same requests over one kept connection, and taken off. They are sent by another process: sending is a cost of ours.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median

from blocks.lineups import GeneratorLineup
from flows.generator.generate import generate
from flows.generator.samples import sample_input
from tests.benchmarks.figures import RATIO, Figure, Sizes
from tests.benchmarks.installation import Installation, installation
from tests.benchmarks.machine import processor_seconds
from tests.benchmarks.sending import send
from tests.generator.scene import QUESTIONS

FEW = 10
"""Runs whose median is looked at, after the first and at the end: one alone says little."""


@dataclass(frozen=True)
class Cost:
    """Seconds of one run."""

    wall: float
    here: float
    """Processor time of this process."""
    server: float
    """Processor time of the Prefect server."""

    @property
    def processor(self) -> float:
        return self.here + self.server


def figures(sizes: Sizes) -> Sequence[Figure]:
    with installation() as opened:
        lineup = opened.lineup(GeneratorLineup, "bare", 4, report_words=600)
        _cost(opened, lineup)  # pays for what is made once
        costs = [_cost(opened, lineup) for _ in range(max(sizes.runs))]
        double = _double(opened)
    found = []
    for count in sizes.runs:
        last = costs[max(0, count - FEW) : count]
        processor = median(one.processor for one in last) - double
        found.append(
            Figure(
                name=f"per call, run {count}", value=1000 * processor / QUESTIONS, unit="ms", wanted=50,
                how=f"{QUESTIONS} calls a run; median of {len(last)}: {processor:.2f} s of processor time a run "
                f"({median(one.server for one in last):.2f} s of it Prefect's server), "
                f"{median(one.wall for one in last):.2f} s of wall time; the double's {double:.2f} s are taken off",
            )
        )  # fmt: skip
    return [*found, _growth(costs)]


def _growth(costs: Sequence[Cost]) -> Figure:
    few = max(1, min(FEW, len(costs) // 2))
    first, last = (median(one.processor for one in part) for part in (costs[:few], costs[-few:]))
    return Figure(
        name=f"a run after {len(costs)} / a first run", value=last / first, unit=RATIO, wanted=1.5,
        how=f"medians of {few}: {last:.2f} s and {first:.2f} s of processor time",
    )  # fmt: skip


def _cost(opened: Installation, lineup: str) -> Cost:
    server = processor_seconds(*opened.processes)
    wall, here = time.perf_counter(), time.process_time()
    asyncio.run(generate(sample_input(), lineup=lineup))
    return Cost(time.perf_counter() - wall, time.process_time() - here, processor_seconds(*opened.processes) - server)


def _double(opened: Installation) -> float:
    """Processor time the double takes in this process to answer one run's requests."""
    bodies = [request.body for request in opened.models.requests[-QUESTIONS:]]
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        process.submit(send, opened.models.openai_url, opened.models.token, []).result()  # it has started
        began = time.process_time()
        process.submit(send, opened.models.openai_url, opened.models.token, bodies).result()
        return time.process_time() - began
