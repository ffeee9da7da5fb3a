"""The suites of the pipelines: which inputs a trial asks, and how one is asked. A new pipeline is one entry."""

import contextlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from blocks.errors import CallError, InputError
from flows.generator.brief import GeneratorInput, load_input
from flows.generator.opening import open_run
from flows.generator.run import finish_all
from flows.generator.samples import SAMPLE
from flows.generator.stages import stage, waves
from flows.transitions.suite_folders import suite_folder
from flows.transitions.suite_transcripts import TranscriptSuite
from tasks.records.database import engine
from tasks.records.runs import Purpose, read_calls, read_run, read_steps


class Suite(Protocol):
    def items(self) -> Sequence[str]:
        """Names of the inputs."""

    async def ask(self, item: str, lineup: str, run_id: str, pair: str, purpose: Purpose) -> None:
        """One whole run of the pipeline on one input. Raises PhasegateError if it does not complete."""

    async def mirror(self, run_id: str, lineup: str, shadow_id: str, roles: Collection[str]) -> None:
        """What a user's run asked of these roles, asked again under a lineup by the run `shadow_id`.

        A call that fails is recorded and counted. Raises PhasegateError if nothing can be asked.
        """


class GeneratorSuite:
    """Every brief of a folder, each through all thirteen stages."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        return self._folder or suite_folder("generator", SAMPLE.parent)

    def items(self) -> Sequence[str]:
        return sorted(path.name for path in self.folder.glob("*.json"))

    async def ask(self, item: str, lineup: str, run_id: str, pair: str, purpose: Purpose) -> None:
        given = load_input(self.folder / item)
        async with open_run(run_id, given, lineup, purpose=purpose, pair=pair) as run:
            for wave in waves():
                await finish_all(run.stage(stage(key)) for key in wave)

    async def mirror(self, run_id: str, lineup: str, shadow_id: str, roles: Collection[str]) -> None:
        """Each stage on exactly what it was given in the user's run, also by stages that are asked again themselves."""
        given, outputs, asked = _remembered(run_id)
        async with open_run(shadow_id, given, lineup, purpose="shadow", pair=run_id) as run:
            for role in sorted(asked & set(roles)):
                run.outputs = dict(outputs)
                with contextlib.suppress(CallError):
                    await run.stage(stage(role))


def _remembered(run_id: str) -> tuple[GeneratorInput, Mapping[str, Any], set[str]]:
    """Input of a run, the output of every stage it finished, and the stages it asked a model for."""
    database = engine()
    row = read_run(database, run_id)
    if row is None:
        raise InputError(f"There is no run {run_id}.", do="nothing; it was removed since.")
    outputs = {role: body for (role, part), (_, body) in read_steps(database, run_id).items() if not part}
    return GeneratorInput.model_validate(row["input"]), outputs, {call["role"] for call in read_calls(database, run_id)}


SUITES: dict[str, Suite] = {"generator": GeneratorSuite(), "transcripts": TranscriptSuite()}
