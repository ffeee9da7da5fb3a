"""A SQLite database moved to PostgreSQL, and whatever else may be asked of the copy."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text, update

from blocks.errors import InputError
from tasks.operations.contents import contents_of, digest
from tasks.operations.copying import copy_database, open_source
from tasks.records.database import open_database
from tasks.records.ledger import verify
from tasks.records.tables import calls
from tests.operations.records import add_entries, add_run

pytestmark = [pytest.mark.postgres]


@pytest.fixture
def source(tmp_path: Path) -> Engine:
    database = open_database(f"sqlite:///{tmp_path / 'source.db'}")
    for _ in range(3):
        add_run(database)
    add_entries(database)
    return database


@pytest.fixture
def target(postgres: str) -> Engine:
    return open_database(postgres)


def test_every_row_arrives(source: Engine, target: Engine) -> None:
    assert copy_database(source, target) == contents_of(target) == contents_of(source)


def test_content_is_the_same_to_the_byte(source: Engine, target: Engine) -> None:
    copy_database(source, target)
    with source.connect() as one, target.connect() as other:
        assert digest(one, calls) == digest(other, calls)
        other.execute(update(calls).values(total_seconds=1.25))
        assert digest(one, calls) != digest(other, calls)


def test_the_ledger_goes_on_where_it_was(source: Engine, target: Engine) -> None:
    copy_database(source, target)
    head = verify(source).head
    add_entries(target, 1)
    assert (verify(target, head).sound, verify(target).entries) == (True, 4)


def test_a_target_that_holds_rows_is_refused(source: Engine, target: Engine) -> None:
    add_run(target)
    with pytest.raises(InputError, match="is not empty"):
        copy_database(source, target)


def test_tables_of_others_are_not_left_behind_in_silence(source: Engine, target: Engine) -> None:
    with source.begin() as connection:
        connection.execute(text("CREATE TABLE notes (id INTEGER)"))
    with pytest.raises(InputError, match="tables phasegate does not know: notes"):
        copy_database(source, target)


@pytest.mark.parametrize("there", [False, True], ids=["no file", "a file without tables"])
def test_a_source_that_is_none_is_said_and_not_made(tmp_path: Path, there: bool) -> None:
    place = tmp_path / "mistyped.db"
    if there:
        place.touch()
    with pytest.raises(InputError, match="mistyped"):
        open_source(f"sqlite:///{place}", "--from")
    assert place.exists() == there


def test_a_source_with_older_tables_is_told_what_brings_them_to_the_newest(source: Engine, tmp_path: Path) -> None:
    with source.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(InputError, match="are of revision 0001") as raised:
        copy_database(open_source(str(source.url), "--from"), open_database(f"sqlite:///{tmp_path / 'target.db'}"))
    assert "phasegate status" in raised.value.do


def test_the_way_back_works_too(source: Engine, target: Engine, tmp_path: Path) -> None:
    copy_database(source, target)
    back = open_database(f"sqlite:///{tmp_path / 'back.db'}")
    assert copy_database(target, back) == contents_of(source)
    with back.connect() as connection:
        assert len(connection.execute(select(calls)).all()) == 3
