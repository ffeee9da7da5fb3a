"""What the runs of a trial came to: their calls, the scores of what they put together, and how long they took."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, RowMapping, and_, select

from tasks.records.database import usable
from tasks.records.tables import calls, outputs, runs, steps
from tasks.records.transcript_tables import sync_status, transcript_runs


@dataclass(frozen=True)
class TrialRun:
    id: str
    input_sha256: str
    completed: bool
    seconds: float | None
    """From its beginning to its end; None if it has none."""


@dataclass(frozen=True)
class TrialCall:
    role: str
    model: str
    """Name of the block that was asked."""
    failed: bool
    flaws: int
    """Placeholders and echoes of the prompt."""
    score: int | None
    problems: Sequence[Mapping[str, Any]]
    """Rules of the role it breaks: severity, path and message."""


@dataclass(frozen=True)
class Trial:
    runs: tuple[TrialRun, ...] = ()
    calls: tuple[TrialCall, ...] = ()
    scores: tuple[tuple[str, int], ...] = ()
    """Role and score of every whole output, also of one that code put together from the answers of several calls."""


def read_trial(database: Engine, run_ids: Collection[str]) -> Trial:
    """Everything recorded of these runs. Raises StorageError."""
    if not run_ids:
        return Trial()
    whole = and_(steps.c.run_id.in_(run_ids), steps.c.part == "", steps.c.score.is_not(None))
    with usable(database), database.connect() as connection:
        of_runs = connection.execute(select(runs).where(runs.c.id.in_(run_ids))).mappings().all()
        of_calls = connection.execute(select(calls).where(calls.c.run_id.in_(run_ids))).mappings().all()
        scores = connection.execute(select(steps.c.role, steps.c.score).where(whole)).all()
    return Trial(
        tuple(_run(row) for row in of_runs),
        tuple(_call(row) for row in of_calls),
        tuple((str(row.role), int(row.score)) for row in scores),
    )


def _run(row: RowMapping) -> TrialRun:
    seconds = (row["ended_at"] - row["started_at"]).total_seconds() if row["ended_at"] else None
    return TrialRun(row["id"], row["input_sha256"], row["status"] == "completed", seconds)


def _call(row: RowMapping) -> TrialCall:
    flaws = row["placeholders"] + row["echoes"]
    return TrialCall(
        row["role"], row["model_block"], row["outcome"] == "failed", flaws, row["score"], row["problems"] or ()
    )


def recorded(
    database: Engine, run_ids: Collection[str]
) -> tuple[Mapping[str, Sequence[RowMapping]], Mapping[str, Mapping[str, Any]]]:
    """Run -> its calls in the order they were asked, and run -> its outputs by role or role/part. Raises StorageError."""
    of_calls: dict[str, list[RowMapping]] = defaultdict(list)
    of_outputs: dict[str, dict[str, Any]] = defaultdict(dict)
    wanted = select(steps.c.run_id, steps.c.role, steps.c.part, outputs.c.body).join(
        outputs, outputs.c.sha256 == steps.c.output_sha256
    )
    with usable(database), database.connect() as connection:
        asked = select(calls).where(calls.c.run_id.in_(run_ids)).order_by(calls.c.started_at)
        for call in connection.execute(asked).mappings():
            of_calls[call["run_id"]].append(call)
        for row in connection.execute(wanted.where(steps.c.run_id.in_(run_ids))):
            of_outputs[row.run_id][f"{row.role}/{row.part}".strip("/")] = row.body
    return of_calls, of_outputs


def whole_outputs(database: Engine, run_ids: Collection[str], role: str) -> list[Mapping[str, Any]]:
    """What a role of these runs ended with."""
    wanted = (
        select(outputs.c.body)
        .join(steps, steps.c.output_sha256 == outputs.c.sha256)
        .where(steps.c.run_id.in_(run_ids), steps.c.role == role, steps.c.part == "")
    )
    with usable(database), database.connect() as connection:
        return list(connection.execute(wanted).scalars())


def projected(database: Engine, models: Collection[str], since: datetime) -> list[tuple[str, str, str, str]]:
    """Transcript id, target, place and status of every record that one of these models extracted since then.

    A record that a later run has replaced is left out: its rows now tell of the other one.
    """
    mine = and_(
        transcript_runs.c.external_id == sync_status.c.external_id,
        transcript_runs.c.record_sha256 == sync_status.c.record_sha256,
    )
    wanted = (
        select(sync_status.c.external_id, sync_status.c.target, sync_status.c.place, sync_status.c.status)
        .join(transcript_runs, mine)
        .where(transcript_runs.c.model.in_(models), transcript_runs.c.at >= since)
        .distinct()
        .order_by(sync_status.c.external_id, sync_status.c.target, sync_status.c.place)
    )
    with usable(database), database.connect() as connection:
        return [(row.external_id, row.target, row.place, row.status) for row in connection.execute(wanted)]
