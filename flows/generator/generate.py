"""The whole generator: from a brief to a report and an offer.

The brief and the lineup are read once. Stages 1 to 5 follow one another, since each reads the ones before it; then
everything that does not read each other runs at the same time: the report, and the offer along its prices. What runs
when is not written down here but follows from what each stage reads.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import BaseModel

from blocks.errors import InputError, PhasegateError
from flows.generator.brief import GeneratorInput
from flows.generator.correcting import corrected
from flows.generator.opening import open_run, parent_run
from flows.generator.run import AWAITED, GeneratorRun
from flows.generator.showing import show_run
from flows.generator.stages import STAGES, dependencies, stage
from flows.opening import known_steps
from flows.showing import Counting, counted
from tasks.records.database import engine
from tasks.records.runs import Purpose

CURRENT: ContextVar[tuple[GeneratorRun, Counting]] = ContextVar("generator_run")
"""The run that the stage tasks of this flow belong to, which holds connections and secrets, as no task parameter may; and
how many of them are done."""


@flow(name="generator", flow_run_name="generator-{lineup}", log_prints=False, timeout_seconds=24 * 3600)
async def generate(
    brief: GeneratorInput | None = None,
    lineup: str = "production",
    continue_run: str = "",
    overrides: dict[str, Any] | None = None,
    purpose: Purpose = "user",
) -> str:
    """Turns a business brief into market research and an offer, in thirteen stages.

    Args:
        brief: The business brief, and the preferences for the offer. Leave empty to go on from an earlier run.
        lineup: Name of the Generator Lineup block whose models are asked: production or preview.
        continue_run: Id of an earlier run to go on from. Stages it finished are taken over; only the others are asked.
        overrides: Facts to correct before going on, by stage and field, for example
            {"offer_design.core_offer.offer_name": "..."}. Only the stages that read them are asked again.
        purpose: Why this run is made; leave it at user.

    Returns:
        The id of the run in phasegate's records.
    """
    earlier = continue_run.strip() or None
    if brief is None and earlier is None:
        raise InputError("There is neither a brief nor a run to go on from.", do="fill in the brief or name a run.")
    run_id = str(flow_run.id)
    corrections, known = taken_up(earlier, overrides or {}, brief)
    try:
        async with (
            open_run(run_id, brief, lineup, continue_run=earlier, purpose=purpose) as run,
            counted("generator-progress", "stages", len(STAGES)) as counting,
        ):
            run.corrections = corrections
            await run.await_corrections(STAGES, known)
            token = CURRENT.set((run, counting))
            try:
                await _in_order()
            finally:
                CURRENT.reset(token)
    except Exception:
        await show_run(run_id)
        raise
    await show_run(run_id)
    return run_id


def taken_up(
    earlier: str | None, overrides: Mapping[str, Any], given: GeneratorInput | None = None
) -> tuple[dict[str, BaseModel], dict[str, Any]]:
    """What of an earlier run is corrected, and all it answered.

    Raises InputError for a run or a fact there is not, and for a brief that is not the earlier run's: the deployment's
    sample brief comes with every start that does not empty it, and would be answered in the name of that run.
    """
    parent = parent_run(engine(), earlier)
    if parent and given and given.model_dump(mode="json") != parent["input"]:
        raise InputError(
            f"There are both a brief and a run to go on from, and run {earlier} had another brief.",
            means="nothing was asked.",
            do="empty the brief (brief=null from a script) to go on from the run, or empty continue_run to begin anew.",
        )
    steps = known_steps(engine(), earlier)
    known = {key: body for key, (_, body) in steps.items()}
    awaited = [key for key, (step, _) in steps.items() if step.input_key == AWAITED]
    return corrected(overrides, earlier, known, awaited), known


async def _in_order() -> None:
    """Starts every stage as soon as the stages it reads are there. One that fails stops only what reads it."""
    waiting: dict[str, asyncio.Task[Any]] = {}

    async def when_ready(key: str, reads: frozenset[str]) -> None:
        await asyncio.gather(*(waiting[other] for other in reads))
        await ask_stage.with_options(task_run_name=f"{stage(key).number}. {stage(key).name}")(key)

    for key, reads in dependencies().items():
        waiting[key] = asyncio.create_task(when_ready(key, reads))
    results = await asyncio.gather(*waiting.values(), return_exceptions=True)
    errors = list(dict.fromkeys(result for result in results if isinstance(result, BaseException)))
    if errors:
        raise all_told(errors)


def all_told(errors: Sequence[BaseException]) -> BaseException:
    """The first error, with what else went wrong in it: who mends one a run needs as many runs as there are faults."""
    first, *others = errors
    told = [error.happened for error in others if isinstance(error, PhasegateError)]
    if not told or not isinstance(first, PhasegateError):
        return first
    return first.with_more(told)


@task(name="stage", cache_policy=NO_CACHE, persist_result=False)
async def ask_stage(key: str) -> None:
    """Asks one stage of the current run, or finds its answer among those already given."""
    run, counting = CURRENT.get()
    await run.stage(stage(key))
    counting.step()
    get_run_logger().info("%s is done", stage(key).name)
