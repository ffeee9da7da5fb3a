"""In how many parts of a time users have called a role. Calls mount up for as long as a promotion is watched, and every
page and command asks; so the first call of each part is found by its index, and no other is read."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection, Engine, select

from tasks.records.database import usable
from tasks.records.ledger_evidence import Slice, inside
from tasks.records.tables import calls


def parts_called(database: Engine, wanted: Slice, width: timedelta, most: int) -> int:
    """Parts of this width, counted from the beginning of the slice, in which the changed role that has fewest was answered
    by its candidate; `most` if there are as many or more."""
    with usable(database), database.connect() as connection:
        return min(_parts(connection, replace(wanted, roles=(role,)), width, most) for role in wanted.candidates)


def _parts(connection: Connection, wanted: Slice, width: timedelta, most: int) -> int:
    found, begin = 0, wanted.since
    while found < most:
        later = inside(replace(wanted, since=begin))
        first = (
            select(calls.c.started_at).where(later, calls.c.arm == "candidate").order_by(calls.c.started_at).limit(1)
        )
        at = connection.execute(first).scalar()
        if at is None:
            break
        found, begin = found + 1, wanted.since + ((at - wanted.since) // width + 1) * width
    return found
