"""Opening a run: read the lineup once, pin its models, find what an earlier run has already answered."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from blocks.errors import InputError
from blocks.lineups import GeneratorLineup
from blocks.loading import load_lineup
from flows.generator.brief import GeneratorInput
from flows.generator.run import GeneratorRun
from flows.opening import answered, facts_of, pinned, recorded, routed, tell_withdrawn
from tasks.records import runs
from tasks.records.database import engine
from tasks.records.ledger import last_sequence


@contextlib.asynccontextmanager
async def open_run(
    run_id: str,
    given: GeneratorInput | None,
    lineup: str,
    *,
    continue_run: str | None = None,
    purpose: runs.Purpose = "user",
    pair: str | None = None,
) -> AsyncIterator[GeneratorRun]:
    """A run that is recorded as running now, and as completed, failed or cancelled when the context ends.

    Without `given` the input of `continue_run` is used. Raises InputError if that run does not exist.
    """
    database = engine()
    parent = parent_run(database, continue_run)
    read_at = last_sequence(database)
    loaded = await load_lineup(GeneratorLineup, lineup)
    roles, arm = routed(database, GeneratorLineup, loaded, run_id, purpose)
    tell_withdrawn(loaded)
    content = given.model_dump(mode="json") if given else parent["input"]
    async with pinned({name: loaded.models[name] for name in sorted(set(roles.values()))}) as (asking, models):
        start = runs.RunStart(
            id=run_id, pipeline="generator", environment=lineup, purpose=purpose, input=content,
            lineup={"name": lineup, "roles": dict(roles), "settings": dict(loaded.settings)},
            models=facts_of(models),
            started_at=datetime.now(UTC), parent_id=continue_run,
        )  # fmt: skip
        run = GeneratorRun(
            start=start, database=database, asking=asking,
            models={role: models[name] for role, name in roles.items()},
            brief=content["brief"], preferences=content["preferences"], fresh=purpose != "user",
            arm=arm, pair=pair or run_id, read_at=read_at,
        )  # fmt: skip
        run.earlier = {**answered(database, continue_run), **answered(database, run_id)}
        async with recorded(run):
            yield run


def parent_run(database: Engine, run_id: str | None) -> Mapping[str, Any]:
    """The run to go on from; empty for None. Raises InputError if the records have no such run of the generator."""
    if run_id is None:
        return {}
    found = runs.read_run(database, run_id)
    if found is None or found["pipeline"] != "generator":
        raise InputError(
            f"There is no generator run {run_id!r} to go on from.", means="nothing was asked.", do=_choice(database)
        )
    return dict(found)


def _choice(database: Engine) -> str:
    """Which runs could be meant: the newest of each way to end."""
    ended: tuple[runs.Status, ...] = ("completed", "failed", "cancelled")
    newest = {status: runs.latest_run(database, "generator", status) for status in ended}
    told = [f"the newest {status} one is {run['id']}" for status, run in newest.items() if run is not None]
    if not told:
        return "there is no run to go on from yet; begin one with a brief: `phasegate run`."
    return f"give the id of a run; {', '.join(told)}."
