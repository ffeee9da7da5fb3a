"""A run as its report sees it, read from the records."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import Engine, RowMapping

from blocks.errors import InputError
from blocks.models import EmbeddedModel
from flows.generator.run import AWAITED
from flows.generator.stage import Inputs, Stage
from flows.generator.stages import STAGES
from tasks.records.runs import Step, read_call, read_calls, read_run, read_steps
from tasks.reports.views import (
    Group,
    ModelView,
    Outcome,
    ProblemView,
    ReportView,
    RunView,
    SectionView,
    Source,
    StageView,
)

Steps = Mapping[tuple[str, str], tuple[Step, Any]]
_WORST: tuple[Outcome, ...] = ("failed", "repaired", "first_pass")


def run_view(database: Engine, run_id: str) -> RunView:
    """The run with all its stages, reached or not. Raises InputError if there is no such generator run."""
    run = read_run(database, run_id)
    if run is None:
        raise InputError(f"There is no generator run {run_id!r}.", do="give the id that the run printed.")
    if run["pipeline"] != "generator":
        raise InputError(
            f"{run_id!r} is a run of the pipeline {run['pipeline']}; only runs of the generator have a report.",
            do="its CRM record is on the run's page in the Prefect UI, under Artifacts; `phasegate transcript FILE` with"
            " the same file shows it again, and asks nothing that was answered.",
        )
    steps, calls = _reached(read_steps(database, run_id)), read_calls(database, run_id)
    stages = tuple(_stage(database, run, stage, steps, calls) for stage in STAGES)
    given = run["input"] or {}
    brief = given.get("brief") or {}
    return RunView(
        id=run["id"], title=str(brief.get("business_name") or "a business without a name"), status=run["status"],
        lineup=run["environment"], purpose=run["purpose"], started_at=run["started_at"], stages=stages,
        ended_at=run["ended_at"], error=run["error"], parent_id=run["parent_id"],
        brief={name: value for name, value in {**brief, **(given.get("preferences") or {})}.items() if value},
        report=_report(stages), models=_models(run),
    )  # fmt: skip


def _reached(steps: Steps) -> Steps:
    """Without corrections whose turn did not come: what is computed in them rests on the earlier run's outputs."""
    return {place: found for place, found in steps.items() if found[0].input_key != AWAITED}


def _stage(
    database: Engine, run: RowMapping, stage: Stage[Any, Any], steps: Steps, calls: Sequence[RowMapping]
) -> StageView:
    own = [call for call in calls if call["role"] == stage.key]
    step, body = steps.get((stage.key, ""), (None, None))
    facts: dict[str, Any] = {
        "number": stage.number, "key": stage.key, "name": stage.name, "group": _group(stage), "output": body,
        "score": step.score if step else None, "dollars": dollar_fields(stage.output),
    }  # fmt: skip
    if step and step.source == "overridden":
        return StageView(**facts, source="overridden")
    writers = own + _earlier(database, run, stage.key, steps, own)
    if not own:
        source: Source | None = "reused" if step else None
        return StageView(**facts, **_writers(writers), source=source, **_faults(stage, writers, body))
    return StageView(**facts, **_writers(writers), **_spent(own), source="asked", **_faults(stage, writers, body))


def _group(stage: Stage[Any, Any]) -> Group:
    if stage.kind == "synthesis":
        return "report"
    return "offer" if stage.number > _report_number() else "research"


def _report_number() -> int:
    return next(stage.number for stage in STAGES if stage.kind == "synthesis")


def _earlier(database: Engine, run: RowMapping, role: str, steps: Steps, own: Sequence[RowMapping]) -> list[RowMapping]:
    """The calls of earlier runs whose answers this run took over.

    The report of a run that was taken over as a whole names no call; its parts stand in the run that wrote it.
    """
    known = {call["id"] for call in own}
    wanted = [step.call_id for (of, _), (step, _) in steps.items() if of == role and step.call_id]
    found = [call for each in wanted if each not in known and (call := read_call(database, each))]
    if found or own or (role, "") not in steps or run["parent_id"] is None:
        return found
    parent = read_run(database, run["parent_id"])
    if parent is None:
        return []
    asked = [call for call in read_calls(database, parent["id"]) if call["role"] == role]
    return asked + _earlier(database, parent, role, read_steps(database, parent["id"]), asked)


def _writers(calls: Sequence[RowMapping]) -> dict[str, Any]:
    def names(column: str) -> str:
        return " + ".join(dict.fromkeys(str(call[column]) for call in calls))

    demo = any(call["provider"] == EmbeddedModel.provider for call in calls)
    return {"model": names("model"), "model_block": names("model_block"), "provider": names("provider"), "demo": demo}


def _spent(calls: Sequence[RowMapping]) -> dict[str, Any]:
    """What the calls of one stage took together; a cost is known only if that of every call is."""
    last = _last(calls)
    costs = [call["cost"] for call in calls]
    single = calls[0] if len(calls) == 1 else None
    return {
        "outcome": min((call["outcome"] for call in last), key=_WORST.index),
        "seconds": single["seconds"] if single else busy_seconds(calls),
        "total_seconds": single["total_seconds"] if single else busy_seconds(calls),
        "prompt_tokens": _tokens(calls, "prompt_tokens"),
        "completion_tokens": _tokens(calls, "completion_tokens"),
        "cost": None if None in costs else sum(costs),
        "error": next((call["error"] for call in last if call["error"]), None),
    }


def _last(calls: Iterable[RowMapping]) -> list[RowMapping]:
    """The newest call of each part: a run taken up again may have asked a part twice."""
    return list({call["part"]: call for call in calls}.values())


def busy_seconds(calls: Iterable[Mapping[Any, Any]]) -> float:
    """Seconds in which at least one of the calls, given by their start, was going on.

    That is first start to last end, without the time a run lay still between a crash and its continuation.
    """
    busy, end = 0.0, float("-inf")
    for call in calls:
        start = call["started_at"].timestamp()
        stop = start + call["total_seconds"]
        busy += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return busy


def _faults(stage: Stage[Any, Any], calls: Sequence[RowMapping], body: Any) -> dict[str, Any]:
    last = _last(calls)
    found = [problem for call in last for problem in call["problems"]]
    return {
        "problems": tuple(ProblemView(**problem) for problem in found) + _assembled(stage, body),
        "placeholders": sum(call["placeholders"] for call in last),
        "echoes": sum(call["echoes"] for call in last),
        "truncated": any(call["truncated"] for call in last),
    }


def _assembled(stage: Stage[Any, Any], body: Any) -> tuple[ProblemView, ...]:
    """What the checks say of an output that code put together: recorded is only its score, with no call of its own."""
    if stage.write is None or body is None:
        return ()
    try:
        output = stage.output.model_validate(body)
    except ValidationError:  # an output of an older version of the stage
        return ()
    return tuple(ProblemView(**vars(problem)) for problem in stage.check(output, Inputs({}, {}, {})))


def _report(stages: Iterable[StageView]) -> ReportView | None:
    """The report from the output of the stage that writes it."""
    body = next((stage.output for stage in stages if stage.group == "report"), None)
    if body is None:
        return None
    sections = tuple(SectionView(section["title"], section["markdown"]) for section in body["sections"])
    return ReportView(body["headline"], sections, body["words"], body["target_words"])


def _models(run: RowMapping) -> tuple[ModelView, ...]:
    return tuple(
        ModelView(
            name, facts.get("provider", ""), facts.get("model", ""), facts.get("digest"), facts.get("withdrawn_on")
        )
        for name, facts in sorted(run["models"].items())
    )


def dollar_fields(output: type[BaseModel]) -> frozenset[str]:
    """Names of the number fields, on any level, whose description says that they hold dollars."""
    schema = output.model_json_schema()
    models = [schema, *schema.get("$defs", {}).values()]
    return frozenset(
        name
        for model in models
        for name, field in model.get("properties", {}).items()
        if field.get("type") in ("integer", "number") and "dollars" in field.get("description", "")
    )


def _tokens(calls: Sequence[RowMapping], name: str) -> int | None:
    """None if the server left one answer uncounted: a sum of the others would pass for that of all."""
    counts = [call[name] for call in calls if call["outcome"] != "failed" or call[name] is not None]
    return sum(counts) if counts and None not in counts else None
