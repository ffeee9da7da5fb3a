"""The database: migrated to the newest tables by however many processes, and clear about what is wrong with it."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from blocks.errors import ConfigurationError, InputError, StorageError
from blocks.home import PROJECT_ROOT
from tasks.records import runs
from tasks.records.database import close_databases, database_url, engine, given_address
from tasks.records.migrating import MIGRATIONS, migrate, revisions
from tests.records.given import MOMENT, a_run

# Every module that adds tables to the same metadata.
from tasks.records import ledger_tables, tables, transcript_tables  # isort: skip

MODULES = (tables, transcript_tables, ledger_tables)
MIGRATE = "from tasks.records.database import engine; engine()"


class TestMigrations:
    def test_migrated_tables_are_the_declared_ones(self, database: Engine) -> None:
        with database.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            assert compare_metadata(context, MODULES[0].metadata) == []

    def test_a_migrated_database_is_left_alone(self, database: Engine) -> None:
        runs.start_run(database, a_run())
        migrate(database)
        close_databases()
        assert runs.read_run(engine(), "run-1") is not None

    def test_a_file_begins_with_the_number_of_its_revision(self) -> None:
        configuration = Config()
        configuration.set_main_option("script_location", str(MIGRATIONS))
        known = ScriptDirectory.from_config(configuration).walk_revisions()
        assert revisions() == tuple(one.revision for one in known)

    def test_up_to_date_tables_need_no_alembic(self, empty_database: str) -> None:
        engine()
        look = f"{MIGRATE}; import sys; sys.exit('alembic' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", look], cwd=PROJECT_ROOT, timeout=120).returncode == 0

    def test_two_processes_may_migrate_at_once(self, empty_database: str) -> None:
        command = [sys.executable, "-c", MIGRATE]
        both = [subprocess.Popen(command, cwd=PROJECT_ROOT, stderr=subprocess.PIPE) for _ in range(2)]
        for process in both:
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors.decode()
        assert "runs" in inspect(engine()).get_table_names()


class TestSqlite:
    def test_only_its_owner_may_read_it(self, home: Path) -> None:
        engine()
        assert {path.stat().st_mode & 0o777 for path in home.glob("phasegate.db*")} == {0o600}

    def test_a_commit_survives_a_crash_of_the_machine(self) -> None:
        with engine().connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1

    def test_one_engine_a_process(self) -> None:
        assert engine() is engine()

    def test_a_file_that_is_no_database_is_an_error(self, home: Path) -> None:
        home.mkdir(parents=True)
        (home / "phasegate.db").write_text("This is a letter to the owner. " * 40)
        with pytest.raises(StorageError, match="file is not a database"):
            engine()

    def test_a_folder_that_is_not_there_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PHASEGATE_DATABASE_URL", "sqlite:////no/such/folder/phasegate.db")
        with pytest.raises(StorageError, match="There is no folder /no/such/folder for") as raised:
            engine()
        assert "make it" in raised.value.do


class TestFullDisk:
    @pytest.fixture
    def full(self) -> Iterator[None]:
        """No file can grow beyond 40 KiB: the system refuses the write, as it does on a full disk."""
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40 * 1024, hard))
        yield
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def test_migrating_is_an_error_that_says_what_to_do(self, full: None) -> None:
        with pytest.raises(StorageError, match="cannot be used") as raised:
            engine()
        assert "disk has room" in raised.value.do

    def test_a_home_that_cannot_be_made_is_an_error(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("PHASEGATE_HOME", str(tmp_path / "file" / "home"))
        with pytest.raises(StorageError, match="cannot be made") as raised:
            engine()
        assert "PHASEGATE_HOME" in raised.value.do


class TestAddresses:
    @pytest.mark.parametrize("prefix", ["postgres://", "postgresql://", "postgresql+psycopg://"])
    def test_every_way_to_write_postgresql_means_the_same(self, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PHASEGATE_DATABASE_URL", f"{prefix}ann:pw@db.example:5432/records")
        assert database_url() == "postgresql+psycopg://ann:pw@db.example:5432/records"

    def test_without_a_setting_it_is_below_the_state_folder(self, home: Path) -> None:
        assert database_url() == f"sqlite:///{home.resolve()}/phasegate.db"

    @pytest.mark.parametrize(
        "url", ["records.db", "nonsense://somewhere/x", "postgresql://host:port/name", "sqlite", "://"]
    )
    def test_what_is_no_address_is_refused(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PHASEGATE_DATABASE_URL", url)
        with pytest.raises(ConfigurationError, match="PHASEGATE_DATABASE_URL is no database address") as raised:
            engine()
        assert "postgresql://user:password@host:5432/name" in raised.value.do

    @pytest.mark.parametrize("given", ["nonsense://somewhere/x", "postgresql://host:port/name", "://", "host=x"])
    def test_an_option_that_is_no_address_is_named(self, given: str) -> None:
        with pytest.raises(InputError, match="What --to names is no database address"):
            given_address(given, "--to")

    def test_a_path_given_to_an_option_is_a_sqlite_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert given_address("records.db", "--to") == f"sqlite:///{tmp_path / 'records.db'}"

    def test_an_unreachable_server_is_an_error_without_the_password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PHASEGATE_DATABASE_URL", "postgresql://ann:canary-77@127.0.0.1:9/records")
        with pytest.raises(StorageError, match=r"127\.0\.0\.1:9/records cannot be used") as raised:
            engine()
        assert "canary-77" not in f"{raised.value}{raised.value!r}"


class TestMoments:
    def test_a_moment_comes_back_aware_and_in_utc(self, database: Engine) -> None:
        berlin = MOMENT.astimezone(timezone(timedelta(hours=2)))
        runs.start_run(database, a_run(started_at=berlin))
        found = runs.read_run(database, "run-1")
        assert found is not None
        assert found["started_at"] == MOMENT
        assert found["started_at"].utcoffset() == timedelta(0)

    def test_a_naive_moment_is_refused(self, database: Engine) -> None:
        with pytest.raises(Exception, match="has no time zone"):
            runs.start_run(database, a_run(started_at=datetime(2026, 5, 4, 9, 30)))


def test_tables_of_a_newer_release_are_left_alone_and_said(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    close_databases()
    with pytest.raises(StorageError, match="revision 9999, which this release does not know"):
        engine()


def test_rows_that_refer_to_a_removed_one_are_found_by_an_index(database: Engine) -> None:
    """A database looks for them at every row it removes: without one, a week of runs takes hours to remove."""
    tables = inspect(database)
    unfound = []
    for table in tables.get_table_names():
        indexes = [list(each["column_names"]) for each in tables.get_indexes(table)]
        indexes.append([*tables.get_pk_constraint(table)["constrained_columns"]])
        for key in tables.get_foreign_keys(table):
            columns = key["constrained_columns"]
            unfound += [(table, *columns)] if all(index[: len(columns)] != columns for index in indexes) else []
    assert not unfound
