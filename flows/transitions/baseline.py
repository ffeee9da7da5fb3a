"""The baseline: the suite asked of the lineup that serves users, every night; and trials as files under the documents' names."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.runtime import flow_run
from sqlalchemy import select

from blocks.home import folder
from blocks.local_process import read_json
from flows.run_names import dated
from flows.transitions.choices import PipelineKey, Repeats
from flows.transitions.story import Gate
from flows.transitions.trial import Asked, run_trial
from flows.transitions.world import World, real_world
from tasks.records.tables import runs
from tasks.records.trials import recorded
from tasks.reports.writing import write_whole


@flow(name="nightly-baseline", flow_run_name=dated("baseline {pipeline}"), timeout_seconds=20 * 3600)
async def nightly_baseline(
    pipeline: PipelineKey = "generator", lineup: str = "production", repeats: Repeats = 1
) -> str:
    """Asks the suite of the lineup that serves users and keeps every output: what every candidate is compared with.

    Args:
        pipeline: Whose suite is asked.
        lineup: Name of the lineup that serves users.
        repeats: How often each input is asked.

    Returns:
        The file with the results.
    """
    world = real_world()
    asked = await run_trial(pipeline, (lineup,), str(flow_run.id), repeats=repeats, purpose="baseline")
    return str(record_baseline(world, pipeline, lineup, asked))


def record_baseline(world: World, pipeline: str, lineup: str, asked: list[Asked]) -> Path:
    """Writes the file of the baseline and notes it in the ledger. It passes if every run completed.

    The file comes first: a baseline that fails for a full disk is not one that gates rely on. Raises StorageError.
    """
    path = export(world, f"baseline-{world.clock():%Y-%m-%d}", [one.run_id for one in asked])
    failed = [one for one in asked if one.problem]
    passed, detail = bool(asked) and not failed, f"{len(asked)} runs under {lineup}, {len(failed)} not completed"
    body = {"pipeline": pipeline, "lineup": lineup, "passed": passed, "detail": detail,
            "runs": [one.run_id for one in asked]}  # fmt: skip
    world.record("baseline", "phasegate", body)
    return path


def export_gate(world: World, gate: Gate) -> Path:
    """The trials of a gate under the documents' name, `phase-<N>-<date>.json`."""
    number = gate.opening.phase.removeprefix("generator-")
    with world.database.connect() as connection:
        wanted = select(runs.c.id).where(
            runs.c.pipeline == gate.opening.pipeline, runs.c.purpose == "trial", runs.c.started_at >= gate.opened_at,
            runs.c.environment.in_((gate.opening.preview, gate.opening.production)),
            runs.c.started_at <= (gate.promoted_at or (world.clock() if gate.open else gate.since)),
        )  # fmt: skip
        found = [str(row.id) for row in connection.execute(wanted.order_by(runs.c.started_at))]
    return export(world, f"phase-{number}-{gate.opened_at:%Y-%m-%d}", found)


def export(world: World, name: str, run_ids: list[str]) -> Path:
    """Writes runs with their calls and outputs as one JSON file below the state folder.

    The same trial again, grown or not, replaces its own file; another one of the same day is numbered.
    """
    body = {"name": name, "runs": _runs(world, run_ids)}
    path = next(path for path in _names(name) if _free(path, run_ids))
    write_whole(path, json.dumps(body, ensure_ascii=False, indent=1, default=_plain))
    return path


def _names(name: str) -> Iterator[Path]:
    yield folder("trials") / f"{name}.json"
    yield from (folder("trials") / f"{name}-{number}.json" for number in count(2))


def _free(path: Path, run_ids: list[str]) -> bool:
    """Whether nothing would be lost there: no file, or one that holds no other runs."""
    there = (read_json(path) or {}).get("runs")
    return not path.exists() or (there is not None and {run["id"] for run in there} <= set(run_ids))


def _runs(world: World, run_ids: list[str]) -> list[dict[str, Any]]:
    calls, outputs = recorded(world.database, run_ids)
    return [
        {"id": one, "calls": [dict(call) for call in calls.get(one, ())], "outputs": outputs.get(one, {})}
        for one in run_ids
    ]


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
