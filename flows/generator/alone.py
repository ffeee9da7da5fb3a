"""One stage alone, from the stored outputs of an earlier run."""

from collections.abc import Mapping
from typing import Any

from prefect import Flow, flow
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from blocks.errors import InputError
from flows.generator.opening import open_run
from flows.generator.run import AWAITED
from flows.generator.stage import Stage
from flows.progress import tell
from tasks.records.database import engine
from tasks.records.runs import Step, latest_run, read_steps


def stage_flow(stage: Stage[Any, Any]) -> Flow[..., Any]:
    """The flow that asks one stage. Each stage module has one, so that it can be deployed and started by itself."""

    async def ask_alone(earlier_run: str = "latest", lineup: str = "production") -> str:
        """Asks this stage again, with everything else as an earlier run left it.

        Args:
            earlier_run: Id of the run whose outputs this stage reads; latest is the newest completed one.
            lineup: Name of the Generator Lineup block whose model is asked: production or preview.

        Returns:
            The id of the new run, which holds the new answer and the earlier run's other outputs.
        """
        return await _alone(stage, earlier_run, lineup)

    return flow(
        name=f"stage-{stage.number:02}-{stage.key.replace('_', '-')}",
        flow_run_name=f"{stage.name} alone",
        timeout_seconds=4 * 3600,
        description=f"Asks stage {stage.number}, {stage.name}, again from the outputs of an earlier run.",
    )(ask_alone)


async def _alone(stage: Stage[Any, Any], earlier_run: str, lineup: str) -> str:
    parent = earlier_run if earlier_run != "latest" else _latest()
    run_id = str(flow_run.id)
    async with open_run(run_id, None, lineup, continue_run=parent) as run:
        found = read_steps(run.database, parent)
        _require_no_awaited(stage, parent, found)
        if missing := [key for key in stage.reads if (key, "") not in found]:
            raise InputError(
                f"Run {parent} has no output of {', '.join(missing)}, which {stage.name} reads.",
                do="name a run that finished these stages, or continue that run with the whole generator.",
            )
        # What earlier runs were answered is asked again; what this one was before a crash is not.
        run.earlier = {step.input_key: (step, body) for step, body in read_steps(run.database, run_id).values()}
        await run.take_over({place: known for place, known in found.items() if place[0] != stage.key})
        await run.stage(stage)
        if stale := outdated(stage, {key: body for (key, part), (_, body) in found.items() if not part}, run.outputs):
            sentence = (
                f"{', '.join(stale)} rest on the earlier answer of {stage.name} and may contradict the new one; to bring "
                f"them up to date: `phasegate run --continue {run_id}`."
            )
            get_run_logger().warning(sentence)
            tell(sentence, "note")
    return run_id


def _require_no_awaited(stage: Stage[Any, Any], parent: str, found: Mapping[tuple[str, str], tuple[Step, Any]]) -> None:
    """Raises InputError for a correction this stage would undo, or read before what is computed in it was computed."""
    if waiting := [key for key in (stage.key, *stage.reads) if _is_awaited(found.get((key, "")))]:
        raise InputError(
            f"Run {parent} ended before it came to the correction of {', '.join(waiting)}.",
            means=f"{stage.name} by itself would undo it, or rest on values it does not yet follow from.",
            do=f"continue that run first: `phasegate run --continue {parent}`.",
        )


def _is_awaited(found: tuple[Step, Any] | None) -> bool:
    return found is not None and found[0].input_key == AWAITED


def outdated(stage: Stage[Any, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of the stages whose outputs were made with another output of this one, directly or through others."""
    from flows.generator.stages import STAGES, readers  # it is made of the modules that import this one

    if before.get(stage.key) == after[stage.key]:
        return []
    return [other.name for other in STAGES if other.key in readers(stage.key) and other.key in before]


def _latest() -> str:
    newest = latest_run(engine(), "generator")
    if newest is None:
        raise InputError(
            "No run of the generator has completed yet.", do="run the whole generator first: `phasegate run`."
        )
    return str(newest["id"])
