"""The calls of a gate one by one, as the judging core knows them: what its page draws, where counts would not do."""

from sqlalchemy import Engine, and_, select

from tasks.judging.observations import Call
from tasks.records.database import usable
from tasks.records.ledger_evidence import Slice, failed_in, inside
from tasks.records.ledger_tables import assignments
from tasks.records.tables import calls


def observed(database: Engine, wanted: Slice) -> list[Call]:
    """Calls of the slice in the order they were made. Their aggregate is the evidence `read_evidence` computes."""
    failed = failed_in(wanted).label("is_failed")
    routed = and_(assignments.c.run_id == calls.c.run_id, assignments.c.gate_id == wanted.gate_id)
    statement = (
        select(calls, failed, assignments.c.weight)
        .select_from(calls.outerjoin(assignments, routed))
        .where(inside(wanted))
        .order_by(calls.c.started_at, calls.c.id)
    )
    with database.connect() as connection:
        return [
            Call(
                role=row["role"], arm=row["arm"], at=row["started_at"], run_id=row["run_id"],
                failed=bool(row["is_failed"]), score=row["score"], seconds=row["seconds"] or None, cost=row["cost"],
                placeholders=row["placeholders"], echoes=row["echoes"], pair_id=row["pair_id"], cold=row["cold"],
                weight=row["weight"] if row["weight"] and row["weight"] < 1 else None,
            )
            for row in connection.execute(statement).mappings()
        ]  # fmt: skip


def any_call(database: Engine, wanted: Slice) -> bool:
    """Whether there is a call in the slice; found by its index, whatever else there is."""
    with usable(database), database.connect() as connection:
        return connection.execute(select(calls.c.id).where(inside(wanted)).limit(1)).first() is not None
