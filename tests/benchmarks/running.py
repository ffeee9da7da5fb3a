"""Runs benchmarks, each in a process and a state folder of its own: none inherits another's memory, imports or settings."""

import importlib
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from pydantic import BaseModel, ConfigDict

from tests.benchmarks.figures import Figure, Sizes


@dataclass(frozen=True)
class Benchmark:
    title: str
    modules: tuple[str, ...]
    """Each has `figures(sizes)`, which gives a sequence of figures."""


BENCHMARKS = {
    "a": Benchmark("Generator: all at once against one after the other", ("concurrency",)),
    "b": Benchmark("Orchestration: what a run costs besides its models", ("orchestration",)),
    "c": Benchmark("Prompts: transcript first against instruction first", ("prefix_sharing",)),
    "d": Benchmark("Stores: batches against row by row", ("baserow_sync", "graph_batches")),
    "e": Benchmark("Verdicts: time against calls recorded", ("gate_evidence",)),
    "f": Benchmark("Transcripts a second, by worker processes", ("transcript_batch",)),
    "g": Benchmark("Start-up and imports", ("starting",)),
    "h": Benchmark("Memory: length and number of calls", ("memory",)),
    "i": Benchmark("Rollback: from an alarm to the proven way back", ("gate_rollback",)),
}


class Outcome(BaseModel):
    """What became of one benchmark."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    letter: str
    title: str
    figures: tuple[Figure, ...] = ()
    seconds: float
    """How long it took, set-up included."""
    error: str = ""
    """Why there are no figures."""

    @property
    def good(self) -> bool:
        """Whether it was measured and keeps its bounds."""
        return not self.error and all(one.met for one in self.figures)


def run(letter: str, sizes: Sizes) -> Outcome:
    """Runs one benchmark to its end; what goes wrong in it is its outcome."""
    benchmark, began, error = BENCHMARKS[letter], time.monotonic(), ""
    found: tuple[Figure, ...] = ()
    try:
        found = tuple(figure for module in benchmark.modules for figure in _alone(module, sizes))
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"
    return Outcome(
        letter=letter, title=benchmark.title, figures=found, seconds=round(time.monotonic() - began, 1), error=error
    )


def _alone(module: str, sizes: Sizes) -> Sequence[Figure]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(measured, module, sizes).result()


def measured(module: str, sizes: Sizes) -> Sequence[Figure]:
    """The figures of a module, measured in this process in a temporary state folder."""
    with tempfile.TemporaryDirectory(prefix="phasegate-bench-") as home:
        for name in [name for name in os.environ if name.startswith(("PREFECT_", "PHASEGATE_"))]:
            del os.environ[name]
        os.environ["PHASEGATE_HOME"] = home
        from deployments.settings import apply_settings

        apply_settings(quiet=True)  # before the module imports Prefect, which reads its settings once
        found: Sequence[Figure] = importlib.import_module(f"tests.benchmarks.{module}").figures(sizes)
        return found
