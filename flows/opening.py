"""What every run begins and ends with: models pinned, the run's row kept, answers of earlier runs found."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
from sqlalchemy import Engine

from blocks.loading import LoadedLineup
from blocks.models import LanguageModel
from flows.asking import PipelineRun
from tasks.answering.ask import Model
from tasks.answering.transport import new_client
from tasks.records import runs


@contextlib.asynccontextmanager
async def pinned(loaded: LoadedLineup) -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, Model]]]:
    """Every distinct model by name, reached and identified; embedded ones stay up as long as the context."""
    with contextlib.ExitStack() as reached:
        async with new_client() as client:
            models = {name: await _pin(name, block, reached, client) for name, block in loaded.models.items()}
            yield client, models


async def _pin(name: str, block: LanguageModel, reached: contextlib.ExitStack, client: httpx.AsyncClient) -> Model:
    endpoint = reached.enter_context(block.reach())
    return Model(name, block, endpoint, await block.digest(client, endpoint))


def facts_of(models: dict[str, Model]) -> dict[str, Any]:
    """What is recorded of the models with a run: every field but the secrets, and the digest."""
    return {model.name: {**model.block.facts(), "digest": model.digest} for model in models.values()}


@contextlib.asynccontextmanager
async def recorded(run: PipelineRun) -> AsyncIterator[None]:
    """The run's row: running now; completed, failed or cancelled when the context ends."""
    await run.store(runs.start_run, run.start)
    try:
        yield
    except BaseException as error:
        cancelled = not isinstance(error, Exception)
        status: runs.Status = "cancelled" if cancelled else "failed"
        await run.store(runs.end_run, run.start.id, status, datetime.now(UTC), str(error) or type(error).__name__)
        raise
    await run.store(runs.end_run, run.start.id, "completed", datetime.now(UTC))


def answered(database: Engine, run_id: str | None) -> dict[str, tuple[runs.Step, Any]]:
    """Input key -> step and output of a run; nothing for None."""
    if run_id is None:
        return {}
    return {step.input_key: (step, body) for step, body in runs.read_steps(database, run_id).values()}
