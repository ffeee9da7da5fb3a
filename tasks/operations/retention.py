"""How long records are kept: calls for 400 days, raw bodies of failed attempts for 30, the ledger and CRM records for ever.

A gate's verdict stays in the ledger with its evidence's digest; the calls behind it can be looked at again for 400 days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Engine, delete, except_, select, update

from tasks.records.ledger_tables import assignments, field_checks
from tasks.records.tables import attempts, calls, outputs, runs, steps
from tasks.records.transcript_tables import transcript_runs


@dataclass(frozen=True)
class Retention:
    """How long each kind of record is kept."""

    calls: timedelta = timedelta(days=400)
    raw_bodies: timedelta = timedelta(days=30)
    """They may hold a person's words, and serve only to find out why an attempt failed."""


def apply_retention(database: Engine, now: datetime, rules: Retention = Retention()) -> Mapping[str, int]:
    """Removes what is older than the rules say, in one transaction; how many rows of each kind."""
    oldest = now - rules.calls
    with database.begin() as connection:
        return {"raw bodies": _empty_bodies(connection, now - rules.raw_bodies), **_remove(connection, oldest)}


def _empty_bodies(connection: Connection, oldest: datetime) -> int:
    old = attempts.c.started_at < oldest, attempts.c.raw_body != ""
    return connection.execute(update(attempts).where(*old).values(raw_body="")).rowcount


def _remove(connection: Connection, oldest: datetime) -> dict[str, int]:
    """Rows that refer to others go before them. A run stays while a call or a transcript is of it."""
    old_calls = select(calls.c.id).where(calls.c.started_at < oldest)
    old_runs = select(runs.c.id).where(runs.c.started_at < oldest, *_unused_run())
    removed = {
        "field checks": delete(field_checks).where(field_checks.c.call_id.in_(old_calls)),
        "attempts": delete(attempts).where(attempts.c.call_id.in_(old_calls)),
        "calls": delete(calls).where(calls.c.started_at < oldest),
        "steps": delete(steps).where(steps.c.run_id.in_(old_runs)),
        "runs": delete(runs).where(runs.c.started_at < oldest, *_unused_run()),
        "outputs": delete(outputs).where(outputs.c.sha256.in_(_unused(oldest))),
        "assignments": delete(assignments).where(assignments.c.at < oldest),
    }
    return {name: connection.execute(statement).rowcount for name, statement in removed.items()}


def _unused_run() -> tuple[ColumnElement[bool], ...]:
    users = (calls, transcript_runs)
    return tuple(~select(table.c.run_id).where(table.c.run_id == runs.c.id).exists() for table in users)


def _unused(oldest: datetime) -> CompoundSelect[Any]:
    """Addresses of old outputs that nothing refers to: each table is read once, however many outputs there are."""
    used = (
        steps.c.output_sha256,
        calls.c.output_sha256,
        transcript_runs.c.record_sha256,
        transcript_runs.c.knowledge_sha256,
    )
    return except_(select(outputs.c.sha256).where(outputs.c.created_at < oldest), *(select(one) for one in used))
