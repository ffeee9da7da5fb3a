"""What past calls took: the usual one of a role under a block, whole runs of a lineup, failures under the same settings."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, case, func, select

from tasks.records.database import usable
from tasks.records.tables import calls, runs

MOST_RUNS = 50
"""Newest runs looked at: enough for a mean, and not a month of them."""


class Usual(NamedTuple):
    """The average call of one role under one block."""

    seconds: float
    prompt: float | None
    """Tokens; None where no call told."""
    completion: float | None


class WholeRun(NamedTuple):
    id: str
    seconds: float


def usual_calls(database: Engine, pipeline: str, since: datetime) -> dict[tuple[str, str], Usual]:
    """Role and block -> its average call since then."""
    statement = (
        select(
            calls.c.role, calls.c.model_block, func.avg(calls.c.total_seconds),
            func.avg(calls.c.prompt_tokens), func.avg(calls.c.completion_tokens),
        )
        .where(calls.c.pipeline == pipeline, calls.c.started_at >= since)
        .group_by(calls.c.role, calls.c.model_block)
    )  # fmt: skip
    with usable(database), database.connect() as connection:
        return {
            (role, block): Usual(float(seconds), *(None if value is None else float(value) for value in tokens))
            for role, block, seconds, *tokens in connection.execute(statement)
        }


def whole_runs(database: Engine, pipeline: str, lineup: str, since: datetime) -> list[WholeRun]:
    """The newest completed runs under a lineup that began at the beginning, without those that mirror a user's."""
    statement = (
        select(runs.c.id, runs.c.started_at, runs.c.ended_at)
        .where(
            runs.c.pipeline == pipeline, runs.c.environment == lineup, runs.c.started_at >= since,
            runs.c.status == "completed", runs.c.parent_id.is_(None), runs.c.purpose.in_(("user", "trial", "baseline")),
        )
        .order_by(runs.c.started_at.desc())
        .limit(MOST_RUNS)
    )  # fmt: skip
    with usable(database), database.connect() as connection:
        return [WholeRun(one, (end - start).total_seconds()) for one, start, end in connection.execute(statement)]


def calls_in_runs(database: Engine, run_ids: Collection[str]) -> dict[str, float]:
    """Role -> its calls in an average one of these runs."""
    statement = select(calls.c.role, func.count()).where(calls.c.run_id.in_(run_ids)).group_by(calls.c.role)
    with usable(database), database.connect() as connection:
        return {role: count / len(run_ids) for role, count in connection.execute(statement)}


def calls_by_setting(
    database: Engine, pipeline: str, role: str, block: str, content: Mapping[str, Any], since: datetime
) -> tuple[int, int]:
    """Failed calls and all calls of a role under a block, of the newest runs that asked it with this content."""
    statement = (
        select(calls.c.run_id, func.sum(case((calls.c.outcome == "failed", 1), else_=0)), func.count())
        .where(
            calls.c.pipeline == pipeline, calls.c.role == role, calls.c.model_block == block, calls.c.started_at >= since
        )
        .group_by(calls.c.run_id)
        .order_by(func.max(calls.c.started_at).desc())
        .limit(MOST_RUNS)
    )  # fmt: skip
    with usable(database), database.connect() as connection:
        counts = {run_id: (int(failed), total) for run_id, failed, total in connection.execute(statement)}
        asked = connection.execute(select(runs.c.id, runs.c.models).where(runs.c.id.in_(counts)))
        same = [run_id for run_id, models in asked if _settings(models.get(block)) == _settings(content)]
    return sum(counts[run_id][0] for run_id in same), sum(counts[run_id][1] for run_id in same)


def _settings(facts: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a person chose, without what was found out about the weights and what is only a remark."""
    return None if facts is None else {name: value for name, value in facts.items() if name not in ("digest", "remark")}
