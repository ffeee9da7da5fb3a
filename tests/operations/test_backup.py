"""Backups of both databases, made, proven, kept and restored."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from blocks.errors import InputError, StorageError
from blocks.home import folder
from tasks.operations.backup import Backup, back_up, prove, prune
from tasks.operations.contents import contents_of
from tasks.operations.restoring import restore
from tasks.operations.scratch import scratch_database
from tasks.records.database import connect
from tests.operations.records import NOW, add_entries, add_run, count_calls
from tests.postgres import binaries


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client programs of the server the tests run, wherever they are."""
    places = os.pathsep.join(map(str, binaries()))
    monkeypatch.setenv("PATH", f"{places}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def filled(database: Engine) -> Engine:
    add_run(database)
    add_entries(database)
    return database


def another(database: Engine, tmp_path: Path) -> Engine:
    """An empty database of the same kind."""
    if database.dialect.name == "sqlite":
        return connect(f"sqlite:///{tmp_path / 'another.db'}")
    name = f"{database.url.database}_another"
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    return connect(database.url.set(database=name).render_as_string(hide_password=False))


def test_a_backup_can_be_restored_to_the_row(filled: Engine, tmp_path: Path) -> None:
    made = back_up(filled, tmp_path / "backup")
    add_run(filled)
    target = another(filled, tmp_path)
    assert restore(made.file, target) == made.contents
    assert (count_calls(target), count_calls(filled)) == (1, 2)
    target.dispose()


def test_only_its_owner_can_read_a_backup(filled: Engine) -> None:
    assert stat.S_IMODE(back_up(filled).file.stat().st_mode) == 0o600


def test_a_backup_is_never_written_over(filled: Engine, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "backup")
    with pytest.raises(InputError, match="is there already"):
        back_up(filled, tmp_path / "backup")


def test_a_backup_is_not_restored_over_records(filled: Engine, tmp_path: Path) -> None:
    made = back_up(filled, tmp_path / "backup")
    with pytest.raises(InputError, match="is not empty"):
        restore(made.file, filled)


def test_a_restored_ledger_stays_append_only(filled: Engine, tmp_path: Path) -> None:
    target = another(filled, tmp_path)
    restore(back_up(filled, tmp_path / "backup").file, target)
    with target.begin() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text("DELETE FROM ledger"))
    target.dispose()


def test_a_ledger_that_was_tampered_with_is_found_when_the_backup_is_proven(filled: Engine, tmp_path: Path) -> None:
    triggers = ("ledger_no_update",) if filled.dialect.name == "sqlite" else ("ledger_no_change ON ledger",)
    with filled.begin() as connection:
        for trigger in triggers:
            connection.execute(text(f"DROP TRIGGER {trigger}"))
        connection.execute(text("UPDATE ledger SET actor = 'somebody' WHERE sequence = 2"))
    with pytest.raises(StorageError, match="entry 2 of the ledger does not hold"):
        back_up(filled, tmp_path / "backup")
    assert list(tmp_path.glob("backup*")) == []


def test_a_backup_that_lacks_rows_is_found_out(filled: Engine, tmp_path: Path) -> None:
    made = back_up(filled, tmp_path / "backup")
    add_run(filled)
    with pytest.raises(StorageError, match="calls has 1 rows, not 2"):
        prove(filled, made.file, contents_of(filled))


def test_no_scratch_database_is_left(filled: Engine, home: Path) -> None:
    back_up(filled)
    assert scratch_of(filled, home) == []


def scratch_of(database: Engine, home: Path) -> list[str]:
    """Scratch folders and databases that are there."""
    found = [place.name for place in (home / "run").glob("scratch-*")]
    if database.dialect.name == "postgresql":
        with database.connect() as connection:
            names = connection.scalars(text("SELECT datname FROM pg_database")).all()
        found += [name for name in names if name.startswith("phasegate_scratch")]
    return found


def test_what_a_killed_backup_left_goes_with_the_next_but_not_while_it_may_be_made(filled: Engine, home: Path) -> None:
    part = folder("backups") / "phasegate-20260504T033000Z.db.part"
    part.touch()
    with scratch_database(filled):
        back_up(filled, home / "at-once")
        assert (len(scratch_of(filled, home)), part.exists()) == (1, True)
        back_up(filled, home / "next-day", now=datetime.now(UTC) + timedelta(days=1))
        assert (scratch_of(filled, home), part.exists()) == ([], False)


def test_the_newest_backups_are_kept(filled: Engine) -> None:
    made = [back_up(filled, now=NOW + timedelta(days=day)).file for day in range(3)]
    assert prune(made[0].parent, keep=2) == [made[0]]
    assert [file.exists() for file in made] == [False, True, True]


def test_what_others_put_beside_the_backups_stays(tmp_path: Path) -> None:
    (tmp_path / "phasegate-before-upgrade.db").touch()
    assert prune(tmp_path, keep=1) == []


def test_something_else_is_no_backup(database: Engine, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("hello")
    with pytest.raises(InputError, match="cannot be restored"):
        restore(tmp_path / "notes", database)


def test_a_file_that_holds_other_tables_is_no_backup(empty_database: str, tmp_path: Path) -> None:
    other = connect(empty_database)
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
    made = back_up(other, tmp_path / "other")
    with pytest.raises(InputError, match="lacks the tables attempts, calls, runs"):
        restore(made.file, another(other, tmp_path))
    other.dispose()


def test_a_file_of_another_kind_is_refused_before_the_target_is_made(home: Path, tmp_path: Path) -> None:
    text_file, target = tmp_path / "notes.md", tmp_path / "new.db"
    text_file.write_text("No backup.")
    with pytest.raises(InputError, match="cannot be restored into sqlite"):
        restore(text_file, connect(f"sqlite:///{target}"))
    assert not target.exists()


def test_a_damaged_backup_leaves_the_target_to_an_older_one(home: Path, tmp_path: Path) -> None:
    whole, damaged = _sqlite_backup(tmp_path), tmp_path / "damaged.db"
    content = whole.file.read_bytes()
    damaged.write_bytes(content[: len(content) // 2])
    target = connect(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(InputError, match="cannot be read as a backup"):
        restore(damaged, target)
    assert restore(whole.file, target) == whole.contents
    target.dispose()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://u:opensesame@127.0.0.1:9/x", "cannot be used"),
        ("sqlite:////not/there/x.db", "There is no folder /not/there"),
    ],
)
def test_a_target_that_cannot_be_opened_is_said(home: Path, tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(StorageError, match=said) as raised:
        restore(_sqlite_backup(tmp_path).file, connect(url))
    assert "opensesame" not in str(raised.value)


def test_a_missing_folder_is_said(home: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no folder .*not there\.") as raised:
        back_up(connect(f"sqlite:///{tmp_path / 'records.db'}"), tmp_path / "not there" / "backup")
    assert "Errno" not in str(raised.value)


def test_a_place_that_cannot_be_written_is_said_without_its_number(filled: Engine, tmp_path: Path) -> None:
    (tmp_path / "backup.part").mkdir()
    with pytest.raises(StorageError, match=r"No backup was made at .*backup: Is a directory\n"):
        back_up(filled, tmp_path / "backup")


def test_a_backup_that_is_not_there_is_said_with_the_folder_of_those_that_are(home: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        restore(tmp_path / "nowhere.db", connect(f"sqlite:///{tmp_path / 'new.db'}"))
    assert f"in {home / 'backups'}." in raised.value.do


@pytest.mark.postgres
def test_a_sqlite_backup_can_be_restored_into_postgresql(home: Path, postgres: str, tmp_path: Path) -> None:
    made = _sqlite_backup(tmp_path)
    target = connect(postgres)
    assert restore(made.file, target) == made.contents
    target.dispose()


@pytest.mark.postgres
def test_without_pg_dump_the_error_names_the_package(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.operations import postgres_tools
    from tasks.records.database import open_database

    database = open_database(postgres)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres_tools, "DEBIAN", tmp_path)
    with pytest.raises(StorageError, match="apt-get install postgresql-client"):
        back_up(database, tmp_path / "backup")


def _sqlite_backup(tmp_path: Path) -> Backup:
    from tasks.records.database import engine

    add_run(engine())
    add_entries(engine())
    return back_up(engine(), tmp_path / "backup.db")
