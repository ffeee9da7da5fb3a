"""How many calls a second the pipeline takes through when the model takes no time, and whether memory stays flat.

    python -m tests.benchmarks.transcript_batch [--calls 200] [--workers 4]

A whole installation: a temporary Prefect server, SQLite, the model double in this process, no store configured. Each
call is the short sample under another name and id: 7 questions, all of them recorded.
"""

import argparse
import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.transcripts.samples import SHORT


@dataclass(frozen=True)
class Measured:
    result: Any
    calls: int
    seconds: float
    processor_seconds: float
    """Of this process; the Prefect server is another one."""
    grown_mb: float
    """Resident memory after the run less that before it."""

    @property
    def per_second(self) -> float:
        return self.calls / self.seconds


def write_calls(folder: Path, count: int) -> None:
    """`count` calls of different clients, made from the short sample."""
    folder.mkdir(parents=True, exist_ok=True)
    text = SHORT.read_text()
    for number in range(1, count + 1):
        own = text.replace("70944126", f"{80_000_000 + number}").replace(
            "Nadia Whitcombe", f"Client Number {number:03}"
        )
        own = own.replace("nadia.whitcombe", f"client{number}").rstrip("\n")
        # No two calls may say the same, or whatever remembers a text would look faster than it is.
        (folder / f"call-{number:03}.txt").write_text(f"{own} This was our talk number {number}.\n")


def measure(folder: Path, count: int, run: Callable[[], Any]) -> Measured:
    """Runs over `count` calls after a first run over ten others, which pays for what is made once."""
    write_calls(folder, 10)
    run()
    write_calls(folder, count)
    gc.collect()
    before, started, used = _resident_mb(), time.perf_counter(), time.process_time()
    result = run()
    seconds, busy = time.perf_counter() - started, time.process_time() - used
    gc.collect()
    return Measured(result, count - 10, seconds, busy, _resident_mb() - before)


def _resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--workers", type=int, default=4, help="calls at the same time: what the model serves at once")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["PHASEGATE_HOME"] = f"{place}/home"
        from deployments.settings import apply_settings

        apply_settings(quiet=True)
        from deployments.prefect_server import prefect_api

        with prefect_api():
            measured = _measured(Path(place) / "calls", given.calls + 10, given.workers)
    print(f"{measured.calls} calls in {measured.seconds:.1f} s: {measured.per_second:.1f} a second")
    print(f"{1000 * measured.processor_seconds / measured.calls:.0f} ms of processor time each")
    print(f"memory grew by {measured.grown_mb:.0f} MB")


def _measured(folder: Path, calls: int, workers: int) -> Measured:
    from pydantic import SecretStr

    from blocks.graph import GraphStore
    from blocks.lineups import TranscriptLineup
    from blocks.models import OpenAICompatibleModel
    from blocks.registering import register_blocks
    from blocks.stores import STORE
    from flows.transcripts.batch import process_folder
    from tests.doubles.model_server import ModelServer
    from tests.transcripts.scene import says

    async def prepare(server: ModelServer) -> None:
        await register_blocks()
        await GraphStore.adelete(STORE)
        model = OpenAICompatibleModel(
            model="llama3.1:8b", base_url=server.openai_url, api_key=SecretStr(server.token), context_window=24_000,
            concurrency=workers,
        )  # fmt: skip
        await model.asave("double", overwrite=True)
        lineup = TranscriptLineup(**dict.fromkeys(TranscriptLineup.roles, "double"))
        await lineup.asave("double", overwrite=True)

    with ModelServer(log_limit=100) as server:
        server.answer = says()
        asyncio.run(prepare(server))
        return measure(folder, calls, lambda: asyncio.run(process_folder(folder, lineup="double")))


if __name__ == "__main__":
    main()
