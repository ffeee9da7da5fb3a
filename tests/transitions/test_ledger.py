"""The ledger keeps what it was given, in order, and shows when someone changed it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from blocks.errors import StorageError
from tasks.records.ledger import (
    GENESIS,
    PART,
    AlreadyMovedError,
    NewEntry,
    Read,
    append,
    entries,
    last_sequence,
    newest_first,
    require_sound,
    verify,
)

AT = datetime(2026, 11, 2, 8, tzinfo=UTC)


def note(database: Engine, place: int | None = None, **body: Any) -> Any:
    gate = "gate-1" if place is not None else None
    return append(database, NewEntry("noted", "tester", AT, body, gate, place))


def tamper(database: Engine, statement: str) -> None:
    """Changes the ledger as someone with the database's own rights could."""
    with database.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER ledger_no_update"))
            connection.execute(text("DROP TRIGGER ledger_no_delete"))
        connection.execute(text(statement))


def test_entries_come_back_as_given_and_chained(database: Engine) -> None:
    first, second = note(database, 1, price=1.10, name="Łódź", none=None), note(database, 2)
    assert entries(database) == [first, second]
    assert (first.previous_hash, second.previous_hash) == (GENESIS, first.hash)
    assert first.body == {"price": 1.1, "name": "Łódź", "none": None}


def test_entries_are_found_by_gate_kind_and_position(database: Engine) -> None:
    note(database, 1)
    other = append(database, NewEntry("drilled", "tester", AT))
    assert entries(database, gate_id="gate-1")[0].gate_sequence == 1
    assert entries(database, kinds=["drilled"]) == entries(database, after=1) == [other]


def test_the_newest_come_first_in_parts_and_none_twice(database: Engine) -> None:
    made = [append(database, NewEntry(("drilled", "baseline")[n % 2], "tester", AT)) for n in range(2 * (2 * PART + 1))]
    assert list(newest_first(database, "drilled")) == made[-2::-2]
    assert list(newest_first(database, "moved")) == []


def test_a_place_is_taken_once(database: Engine) -> None:
    note(database, 1, by="first")
    with pytest.raises(AlreadyMovedError, match="moved on"):
        note(database, 1, by="second")
    assert [entry.body["by"] for entry in entries(database)] == ["first"]


def test_what_was_decided_on_something_older_is_told_so_and_not_recorded(database: Engine) -> None:
    seen = Read(("moved", "drilled"), last_sequence(database))
    append(database, NewEntry("drilled", "tester", AT))
    with pytest.raises(AlreadyMovedError, match="The ledger has grown by something that this was decided on"):
        append(database, NewEntry("drift", "tester", AT), seen)
    assert len(entries(database)) == 1


def test_two_processes_never_make_the_same_move(database: Engine) -> None:
    def attempt(number: int) -> bool:
        try:
            note(database, 1 + number % 5, by=number)
        except AlreadyMovedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(attempt, range(20)))
    assert made.count(True) == 5
    assert verify(database).entries == 5


def test_the_same_moment_in_another_zone_has_the_same_hash(database: Engine) -> None:
    local = AT.astimezone(timezone(timedelta(hours=5)))
    append(database, NewEntry("noted", "tester", local))
    assert verify(database).sound
    assert entries(database)[0].at == AT


@pytest.mark.parametrize("statement", ["UPDATE ledger SET actor = 'x'", "DELETE FROM ledger"])
def test_rows_cannot_be_changed_or_removed(database: Engine, statement: str) -> None:
    note(database, 1)
    with pytest.raises(DBAPIError, match="append-only"), database.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "first_broken"),
    [
        ("UPDATE ledger SET body = '[]' WHERE sequence = 2", 2),
        ("UPDATE ledger SET actor = 'someone' WHERE sequence = 3", 3),
        ("UPDATE ledger SET gate_sequence = 9 WHERE sequence = 1", 1),
        ("DELETE FROM ledger WHERE sequence = 2", 2),
        ("UPDATE ledger SET previous_hash = 'x' WHERE sequence = 3", 3),
    ],
)
def test_a_changed_row_is_found_and_named(database: Engine, statement: str, first_broken: int) -> None:
    for place in (1, 2, 3):
        note(database, place, n=place)
    tamper(database, statement)
    assert verify(database).broken == first_broken
    with pytest.raises(StorageError, match=f"Entry {first_broken} of the ledger"):
        require_sound(database)


def test_a_cut_off_end_shows_against_a_hash_kept_elsewhere(database: Engine) -> None:
    note(database, 1)
    head = note(database, 2).hash
    assert verify(database, head).sound
    tamper(database, "DELETE FROM ledger WHERE sequence = 2")
    assert verify(database).sound
    assert "not there" in verify(database, head).reason


def test_secrets_are_refused(database: Engine) -> None:
    with pytest.raises(ValueError, match="never goes into the ledger"):
        note(database, 1, answer=[{"Code": "123456"}])
    assert last_sequence(database) == 0


def test_an_entry_of_a_gate_needs_its_place(database: Engine) -> None:
    with pytest.raises(ValueError, match="place"):
        append(database, NewEntry("noted", "tester", AT, gate_id="gate-1"))


def test_entries_of_many_writers_at_once_are_all_kept_in_one_chain(database: Engine) -> None:
    def write(number: int) -> int:
        return append(database, NewEntry("noted", "tester", AT, {"n": number})).sequence

    with ThreadPoolExecutor(8) as pool:
        sequences = list(pool.map(write, range(40)))
    assert sorted(sequences) == list(range(1, 41))
    assert verify(database).sound
