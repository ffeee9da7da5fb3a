"""Users' runs: how many there are, and which of them can be asked of a candidate as well."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, func, select

from tasks.records.database import usable
from tasks.records.ledger_tables import assignments
from tasks.records.tables import runs

ENDED = ("completed", "failed")


def ended_runs(database: Engine, pipeline: str, lineup: str, since: datetime, until: datetime) -> list[str]:
    """Ids of users' runs of that time that are over, the oldest first, without those a canary sent to a candidate."""
    sent = select(assignments.c.run_id).where(assignments.c.run_id == runs.c.id, assignments.c.arm == "candidate")
    wanted = _users(pipeline, lineup, since, until)
    statement = select(runs.c.id).where(wanted, runs.c.status.in_(ENDED), ~sent.exists())
    with usable(database), database.connect() as connection:
        return list(connection.scalars(statement.order_by(runs.c.started_at, runs.c.id)))


def runs_per_hour(database: Engine, pipeline: str, lineup: str, since: datetime, until: datetime) -> float:
    """Users' runs an hour; a store younger than `since` counts as if there had been none before it."""
    counted = select(func.count()).select_from(runs).where(_users(pipeline, lineup, since, until))
    with usable(database), database.connect() as connection:
        return int(connection.scalar(counted) or 0) / ((until - since) / timedelta(hours=1))


def ended_among(database: Engine, ids: Collection[str]) -> set[str]:
    """Those of the runs that there are and that are over."""
    with usable(database), database.connect() as connection:
        return set(connection.scalars(select(runs.c.id).where(runs.c.id.in_(ids), runs.c.status.in_(ENDED))))


def _users(pipeline: str, lineup: str, since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(
        runs.c.pipeline == pipeline,
        runs.c.environment == lineup,
        runs.c.purpose == "user",
        runs.c.started_at >= since,
        runs.c.started_at <= until,
    )
