"""The suites of the pipelines: which inputs a trial asks, and how one is asked. A new pipeline is one entry."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from flows.generator.brief import load_input
from flows.generator.opening import open_run
from flows.generator.run import finish_all
from flows.generator.samples import SAMPLE
from flows.generator.stages import stage, waves
from flows.transitions.suite_transcripts import TranscriptSuite
from tasks.records.runs import Purpose


class Suite(Protocol):
    def items(self) -> Sequence[str]:
        """Names of the inputs."""

    async def ask(self, item: str, lineup: str, run_id: str, pair: str, purpose: Purpose) -> None:
        """One whole run of the pipeline on one input. Raises PhasegateError if it does not complete."""


class GeneratorSuite:
    """The sample briefs, each through all thirteen stages."""

    def __init__(self, folder: Path = SAMPLE.parent) -> None:
        self.folder = folder

    def items(self) -> Sequence[str]:
        return sorted(path.name for path in self.folder.glob("*.json"))

    async def ask(self, item: str, lineup: str, run_id: str, pair: str, purpose: Purpose) -> None:
        given = load_input(self.folder / item)
        async with open_run(run_id, given, lineup, purpose=purpose, pair=pair) as run:
            for wave in waves():
                await finish_all(run.stage(stage(key)) for key in wave)


SUITES: dict[str, Suite] = {"generator": GeneratorSuite(), "transcripts": TranscriptSuite()}
