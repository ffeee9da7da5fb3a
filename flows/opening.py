"""What every run begins and ends with: models pinned, the run's row kept, answers of earlier runs found."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from prefect.logging import get_run_logger
from sqlalchemy import Engine

from blocks.lineups import Lineup
from blocks.loading import LoadedLineup
from blocks.models import LanguageModel
from flows.asking import PipelineRun
from flows.progress import tell
from tasks.answering.ask import Asking, Model
from tasks.answering.pinning import pin
from tasks.answering.slots import shared_slots
from tasks.answering.transport import new_client
from tasks.records import runs
from tasks.records.ledger_serving import Arm, arm_of, assigned


@contextlib.asynccontextmanager
async def pinned(blocks: Mapping[str, LanguageModel]) -> AsyncIterator[tuple[Asking, dict[str, Model]]]:
    """Who asks, and these models by name, reached and identified; embedded ones stay up as long as the context."""
    with contextlib.ExitStack() as reached:
        async with new_client() as client, shared_slots() as slots:
            models = {name: await pin(name, block, reached, client) for name, block in blocks.items()}
            yield Asking(client, slots.slot), models


def routed(
    database: Engine, kind: type[Lineup], loaded: LoadedLineup, run_id: str, purpose: runs.Purpose
) -> tuple[Mapping[str, str], Arm]:
    """Role -> model block of this run and its arm: a canary sends its share of users' runs to the candidate.

    Tests, replay and baselines name the lineup to ask what it holds: drawn by lot, the incumbent's side of a pair would
    at times be the candidate, and the share that users see would not be the canary's.
    """
    roles, settings = loaded.roles, loaded.settings
    if loaded.candidates and purpose == "user":
        arm = assigned(database, run_id, settings["canary_gate"], settings["canary_percent"], datetime.now(UTC))
        return ({**roles, **loaded.candidates} if arm == "candidate" else roles), arm
    return roles, arm_of(database, kind.pipeline, roles)


def facts_of(models: dict[str, Model]) -> dict[str, Any]:
    """What is recorded of the models with a run: every field but the secrets, and the digest."""
    return {model.name: {**model.block.facts(), "digest": model.digest} for model in models.values()}


@contextlib.asynccontextmanager
async def recorded(run: PipelineRun) -> AsyncIterator[None]:
    """The run's row: running now; completed, failed or cancelled when the context ends."""
    await run.store(runs.start_run, run.start)
    tell(run.start.id, "run")
    try:
        with run.reached:
            yield
    except BaseException as error:
        cancelled = not isinstance(error, Exception)
        status: runs.Status = "cancelled" if cancelled else "failed"
        await run.store(runs.end_run, run.start.id, status, datetime.now(UTC), str(error) or type(error).__name__)
        raise
    await run.store(runs.end_run, run.start.id, "completed", datetime.now(UTC))


def tell_withdrawn(loaded: LoadedLineup) -> None:
    """Says which models of a lineup their hosts have withdrawn, in the log and to whoever watches."""
    for sentence in loaded.withdrawn():
        get_run_logger().warning(sentence)
        tell(sentence, "note")


def answered(database: Engine, run_id: str | None) -> dict[str, tuple[runs.Step, Any]]:
    """Input key -> step and output of a run and of those it goes on from, the newest of each; nothing for None."""
    return {step.input_key: (step, body) for step, body in _steps_of_line(database, run_id)}


def known_steps(database: Engine, run_id: str | None) -> dict[str, tuple[runs.Step, Any]]:
    """Role -> step and output of a run, or of the newest run it goes on from that has one; nothing for None."""
    return {step.role: (step, body) for step, body in _steps_of_line(database, run_id) if not step.part}


def _steps_of_line(database: Engine, run_id: str | None) -> list[tuple[runs.Step, Any]]:
    """Steps and outputs of a run and all it goes on from, oldest run first.

    All, not only the last: a run that was stopped early has not yet come to everything its predecessor had finished.
    """
    line: list[str] = []
    while run_id is not None and run_id not in line:
        line.insert(0, run_id)
        run = runs.read_run(database, run_id)
        run_id = run["parent_id"] if run else None
    return [found for each in line for found in runs.read_steps(database, each).values()]
