"""(h) Memory against the length of a transcript and against the number of sales calls in a batch.

Each length in a process of its own, from reading the file to the stored record, with every question really asked of the
double. Files longer than people may give are read with a higher limit: nothing else bounds their memory.
"""

import asyncio
import gc
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

from pydantic import SecretStr

from blocks.home import folder
from blocks.lineups import TranscriptLineup
from blocks.loading import LoadedLineup
from blocks.models import OpenAICompatibleModel
from flows.transcripts.batch import process_folder
from flows.transcripts.opening import Crew, open_run
from flows.transcripts.process import understood_and_kept
from flows.transcripts.samples import SHORT
from tasks.answering.ask import Asking
from tasks.answering.pinning import pin
from tasks.answering.transport import new_client
from tasks.records.database import engine
from tasks.records.transcripts import keep_source
from tasks.transcripts.reading import read_file
from tests.benchmarks.figures import RATIO, Figure, Sizes, steepest
from tests.benchmarks.installation import installation
from tests.benchmarks.machine import forget_peak, peak_mb, resident_mb
from tests.benchmarks.transcript_batch import write_calls
from tests.doubles.model_server import HostedModel, ModelServer
from tests.transcripts.scene import NOW, says

WINDOW = 100_000
"""Tokens of a window: what the largest models read at once."""


def figures(sizes: Sizes) -> Sequence[Figure]:
    return [*_by_length(sizes.lengths), *_by_number(sizes.batches)]


def _by_length(lengths: Sequence[int]) -> list[Figure]:
    with ModelServer([HostedModel("large", context=2 * WINDOW)], log_limit=10) as server:
        server.answer = says()
        context = get_context("spawn")
        with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as process:
            place = (server.openai_url, server.token)
            taken = {length: process.submit(_understood, length, place).result() for length in lengths}
    steps = ", ".join(f"{length:,} bytes: {mb:.1f} MB, {seconds:.1f} s" for length, (mb, seconds) in taken.items())
    last = lengths[-1]
    grown = {length: max(mb, 1) for length, (mb, _) in taken.items()}
    spent = {length: used for length, (_, used) in taken.items()}
    return [
        Figure(
            name=f"memory at {last:,} bytes / its length", value=taken[last][0] * 1e6 / last, unit=RATIO, wanted=100,
            how=f"the peak less what was held before; {steps}",
        ),
        Figure(
            name="growth of memory / of length", value=steepest(grown), unit=RATIO,
            wanted=1.5, tolerance=0.5, how=f"the worst step from {lengths[0]:,} to {last:,} bytes",
        ),
        Figure(
            name="growth of processor time / of length", value=steepest(spent), unit=RATIO,
            wanted=2, tolerance=0.5, how=f"the worst step from {lengths[0]:,} to {last:,} bytes",
        ),
    ]  # fmt: skip


def _understood(length: int, place: tuple[str, str]) -> tuple[float, float]:
    """Megabytes and processor seconds that a call of so many bytes takes."""
    small, large = _file(1_000), _file(length)
    asyncio.run(_run(small, place))  # connections, statements and schemas are made once
    gc.collect()
    forget_peak()
    before, used = resident_mb(), time.process_time()
    asyncio.run(_run(large, place))
    return peak_mb() - before, time.process_time() - used


def _file(length: int) -> Path:
    """The short sample, said over and over until it is so long."""
    head, _, turns = SHORT.read_text().partition("\n[")
    turns = "[" + turns.rstrip("\n") + "\n"
    written = folder("lengths") / f"{length}.txt"
    written.write_text((head + "\n" + turns * (length // len(turns) + 1))[: max(length, len(head) + 400)])
    return written


async def _run(file: Path, place: tuple[str, str]) -> None:
    transcript, database = read_file(file, limit=100_000_000), engine()
    await asyncio.to_thread(keep_source, database, transcript, NOW)
    block = OpenAICompatibleModel(
        model="large", base_url=place[0], api_key=SecretStr(place[1]), context_window=2 * WINDOW, attempts=1
    )
    roles = dict.fromkeys(TranscriptLineup.roles, "large")
    lineup = LoadedLineup("benchmark", roles, {"window_tokens": WINDOW}, {"large": block})
    with ExitStack() as reached:
        async with new_client() as client:
            crew = Crew(lineup, Asking(client), {"large": await pin("large", block, reached, client)}, {}, database, 0)
            async with open_run(crew, file.stem, transcript) as run:
                await understood_and_kept(run, transcript, run.answer)


def _by_number(batches: Sequence[int]) -> list[Figure]:
    """The most a batch holds, and what stays of it when it is through."""
    with installation() as opened:
        opened.models.answer = says()
        opened.lineup(TranscriptLineup, "double", 4)
        _batch(0, first := min(10, batches[0]))
        before, held, peaks = resident_mb(), {}, {}
        for batch in batches:
            forget_peak()
            _batch(batch, batch)
            held[batch], peaks[batch] = resident_mb(), peak_mb()
    steps = ", ".join(f"after {batch} more {mb:.0f} MB (peak {peaks[batch]:.0f} MB)" for batch, mb in held.items())
    last = batches[-1]
    return [
        Figure(
            name=f"held after a batch of {last} / before", value=held[last] / before, unit=RATIO, wanted=1.25,
            how=f"flow, records and the double in one process: after {first} sales calls {before:.0f} MB, {steps}",
        ),
        Figure(
            name=f"peak of a batch of {last} / of {batches[-2]}", value=peaks[last] / peaks[batches[-2]], unit=RATIO, wanted=1.5,
            how="the most memory held at any moment of the batch",
        ),
    ]  # fmt: skip


def _batch(number: int, calls: int) -> None:
    place = folder("calls", f"{number}-{calls}")
    write_calls(place, calls, 1 + 1000 * number)
    result = asyncio.run(process_folder(place, lineup="double"))
    assert len(result.processed) == calls, result.failed
    gc.collect()
