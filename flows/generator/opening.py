"""Opening a run: read the lineup once, pin its models, find what an earlier run has already answered."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from prefect.logging import get_run_logger
from sqlalchemy import Engine

from blocks.errors import InputError
from blocks.lineups import GeneratorLineup
from blocks.loading import LoadedLineup, load_lineup
from blocks.models import LanguageModel
from flows.generator.brief import GeneratorInput
from flows.generator.run import GeneratorRun
from tasks.answering.ask import Asking, Model
from tasks.answering.transport import new_client
from tasks.records import runs
from tasks.records.database import engine


@contextlib.asynccontextmanager
async def open_run(
    run_id: str,
    given: GeneratorInput | None,
    lineup: str,
    *,
    continue_run: str | None = None,
    purpose: runs.Purpose = "user",
) -> AsyncIterator[GeneratorRun]:
    """A run that is recorded as running now, and as completed, failed or cancelled when the context ends.

    Without `given` the input of `continue_run` is used. Raises InputError if that run does not exist.
    """
    database = engine()
    parent = _parent(database, continue_run)
    loaded = await load_lineup(GeneratorLineup, lineup)
    for sentence in loaded.withdrawn():
        get_run_logger().warning(sentence)
    content = given.model_dump(mode="json") if given else parent["input"]
    async with _models(loaded) as (client, models):
        start = runs.RunStart(
            id=run_id, pipeline="generator", environment=lineup, purpose=purpose, input=content,
            lineup={"name": lineup, "roles": dict(loaded.roles), "settings": dict(loaded.settings)},
            models={model.name: {**model.block.facts(), "digest": model.digest} for model in models.values()},
            started_at=datetime.now(UTC), parent_id=continue_run,
        )  # fmt: skip
        run = GeneratorRun(
            start, database, Asking(client), {role: models[name] for role, name in loaded.roles.items()},
            content["brief"], content["preferences"], fresh=purpose != "user",
        )  # fmt: skip
        run.earlier = {**_answered(database, continue_run), **_answered(database, run_id)}
        async with _recorded(run):
            yield run


@contextlib.asynccontextmanager
async def _models(loaded: LoadedLineup) -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, Model]]]:
    """Every distinct model, reached and identified; embedded ones stay up as long as the context."""
    with contextlib.ExitStack() as reached:
        async with new_client() as client:
            models = {name: await _pin(name, block, reached, client) for name, block in loaded.models.items()}
            yield client, models


async def _pin(name: str, block: LanguageModel, reached: contextlib.ExitStack, client: httpx.AsyncClient) -> Model:
    endpoint = reached.enter_context(block.reach())
    return Model(name, block, endpoint, await block.digest(client, endpoint))


@contextlib.asynccontextmanager
async def _recorded(run: GeneratorRun) -> AsyncIterator[None]:
    await run.store(runs.start_run, run.start)
    try:
        yield
    except BaseException as error:
        cancelled = not isinstance(error, Exception)
        status: runs.Status = "cancelled" if cancelled else "failed"
        await run.store(runs.end_run, run.start.id, status, datetime.now(UTC), str(error) or type(error).__name__)
        raise
    await run.store(runs.end_run, run.start.id, "completed", datetime.now(UTC))


def _parent(database: Engine, run_id: str | None) -> Mapping[str, Any]:
    if run_id is None:
        return {}
    found = runs.read_run(database, run_id)
    if found is None or found["pipeline"] != "generator":
        newest = runs.latest_run(database, "generator")
        raise InputError(
            f"There is no generator run {run_id!r} to go on from.",
            means="nothing was asked.",
            do=f"give the id of a run; the newest completed one is {newest['id'] if newest else 'none yet'}.",
        )
    return dict(found)


def _answered(database: Engine, run_id: str | None) -> dict[str, tuple[runs.Step, Any]]:
    if run_id is None:
        return {}
    return {step.input_key: (step, body) for step, body in runs.read_steps(database, run_id).values()}
