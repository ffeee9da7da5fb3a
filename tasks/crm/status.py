"""How far each projection is with each call: one row a call, target and table, written with the truth itself.

A record that changes marks its rows *behind* in the same transaction, so nothing can be forgotten. Whoever projects
claims calls first and settles them afterwards; a claim is a lease, so that of two who catch up at once only one sends a
call, and a crash in between costs a wait and no row. A status is settled only for the record that was sent: one that
changed meanwhile stays behind.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, RowMapping, Select, and_, bindparam, func, or_, select, true, update

from tasks.crm.tables import TABLES
from tasks.records.database import usable
from tasks.records.transcript_tables import sync_status, transcripts
from tasks.records.writing import insert_or_change

Target = Literal["baserow", "graph"]
Status = Literal["behind", "unconfigured", "rejected", "done"]
"""Behind: not there yet, or an older record is. Unconfigured: nobody said where. Rejected: refused for what it holds."""

PLACES: Mapping[Target, tuple[str, ...]] = {"baserow": tuple(table.name for table in TABLES), "graph": ("",)}
TARGETS: tuple[Target, ...] = tuple(PLACES)
LEASE = timedelta(minutes=15)
"""A projection of one chunk takes seconds, or minutes where the graph is slow; a claim older than this belongs to a process that is gone."""


@dataclass(frozen=True)
class Claim:
    """Calls that one process projects to one target; nobody else does meanwhile."""

    token: str
    target: Target
    records: Mapping[str, str]
    """Transcript id -> SHA-256 of the record it had when it was claimed."""
    last: str = ""
    """Of these transcript ids, in the database's own order; the next claim of a round goes on after it."""


@dataclass(frozen=True)
class Settled:
    status: Status
    reason: str | None = None


def mark_behind(connection: Connection, external_id: str, record_sha256: str, at: datetime) -> None:
    """Notes in the caller's transaction, which stores the new record, that every projection lacks it."""
    rows = [
        {"external_id": external_id, "target": target, "place": place, "status": "behind", "reason": None,
         "record_sha256": record_sha256, "attempts": 0, "at": at}
        for target, places in PLACES.items() for place in places
    ]  # fmt: skip
    insert_or_change(connection, sync_status, rows, ("status", "reason", "record_sha256", "attempts", "at"))


def claim(
    database: Engine,
    target: Target,
    now: datetime,
    *,
    only: Collection[str] | None = None,
    after: str = "",
    most: int = 200,
    statuses: Collection[Status] = ("behind", "unconfigured"),
) -> Claim:
    """Takes the first `most` calls that the target lacks and nobody has claimed, by transcript id from `after` on.

    None is a claim without records.
    """
    free = and_(
        sync_status.c.target == target,
        sync_status.c.status.in_(statuses),
        or_(sync_status.c.claimed_until.is_(None), sync_status.c.claimed_until < now),
    )
    token = str(uuid.uuid4())
    with usable(database), database.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # one claimer at a time; PostgreSQL locks row by row
        wanted = select(sync_status.c.external_id).where(free).distinct()
        if after:
            wanted = wanted.where(sync_status.c.external_id > after)
        if only is not None:
            wanted = wanted.where(sync_status.c.external_id.in_(only))
        found = connection.scalars(_held(wanted, most)).all()
        mine = and_(free, sync_status.c.external_id.in_(found))
        connection.execute(update(sync_status).where(mine).values(claimed_by=token, claimed_until=now + LEASE))
        rows = connection.execute(
            select(sync_status.c.external_id, sync_status.c.record_sha256).where(sync_status.c.claimed_by == token)
        )
        return Claim(
            token, target, {row.external_id: row.record_sha256 for row in rows}, last=found[-1] if found else ""
        )


def _held(wanted: Select[Any], most: int) -> Select[Any]:
    """The calls, locked until the claim is written; those another claimer holds are passed over."""
    return (
        select(transcripts.c.external_id)
        .where(transcripts.c.external_id.in_(wanted))
        .order_by(transcripts.c.external_id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )


def note_unconfigured(
    database: Engine, target: Target, reason: str, now: datetime, only: Collection[str] | None = None
) -> list[str]:
    """Notes that nobody has said where the target is, of each call it lacks; their transcript ids.

    One statement for all of them, which changes what was not known: they wait as long as nobody says so. Calls that a
    process with an older configuration has claimed are left to it.
    """
    mine = and_(sync_status.c.target == target, true() if only is None else sync_status.c.external_id.in_(only))
    free = or_(sync_status.c.claimed_until.is_(None), sync_status.c.claimed_until < now)
    lacking = and_(mine, sync_status.c.status == "behind", free)
    waiting = select(sync_status.c.external_id).distinct().where(mine, sync_status.c.status == "unconfigured")
    values = {"status": "unconfigured", "reason": reason, "at": now}
    with usable(database), database.begin() as connection:
        connection.execute(update(sync_status).where(lacking).values(**values))
        return list(connection.scalars(waiting))


def settle(database: Engine, taken: Claim, outcomes: Mapping[str, Mapping[str, Settled]], now: datetime) -> None:
    """Writes what became of the claimed calls (transcript id -> table -> status) and gives the claim back."""
    rows = [
        {"of": external_id, "in_table": place, "sent": taken.records[external_id],
         "status": settled.status, "reason": settled.reason}
        for external_id, places in outcomes.items() for place, settled in places.items()
    ]  # fmt: skip
    settled_now = (
        update(sync_status)
        .where(
            sync_status.c.target == taken.target,
            sync_status.c.external_id == bindparam("of"),
            sync_status.c.place == bindparam("in_table"),
            sync_status.c.record_sha256 == bindparam("sent"),
        )
        .values(attempts=sync_status.c.attempts + 1, at=now)
    )
    with usable(database), database.begin() as connection:
        if rows:
            connection.execute(settled_now, rows)
        connection.execute(
            update(sync_status)
            .where(sync_status.c.claimed_by == taken.token)
            .values(claimed_by=None, claimed_until=None)
        )


def read_status(database: Engine, external_ids: Collection[str] | None = None) -> Sequence[RowMapping]:
    """Rows by transcript, target and table; of all calls without `external_ids`."""
    wanted = select(sync_status).order_by(sync_status.c.external_id, sync_status.c.target, sync_status.c.place)
    if external_ids is not None:
        wanted = wanted.where(sync_status.c.external_id.in_(external_ids))
    with usable(database), database.connect() as connection:
        return list(connection.execute(wanted).mappings())


def why_not_done(database: Engine, external_id: str) -> dict[Target, str]:
    """Target -> why it lacks the call's record now; targets that have it are left out."""
    why: dict[Target, str] = {}
    for row in read_status(database, [external_id]):
        if row["status"] != "done":
            why.setdefault(row["target"], row["reason"] or _unsaid(row))
    return why


def _unsaid(row: RowMapping) -> str:
    """Of a call that nobody has settled yet."""
    if row["claimed_until"] is None:
        return "not sent yet. Next: run `phasegate sync`."
    return (
        "another process took it to bring it there. Next: if that one is gone, run `phasegate sync` after "
        f"{row['claimed_until']:%Y-%m-%d %H:%M} UTC."
    )


def count_not_done(database: Engine) -> dict[Target, int]:
    """Target -> how many calls of all it lacks, whatever the reason; targets that lack none are left out."""
    number = func.count(sync_status.c.external_id.distinct())
    wanted = select(sync_status.c.target, number).where(sync_status.c.status != "done")
    with usable(database), database.connect() as connection:
        return {row.target: row[1] for row in connection.execute(wanted.group_by(sync_status.c.target))}
