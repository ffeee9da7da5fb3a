"""The commands as people call them: what they print, and their exit status."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blocks.errors import InputError
from blocks.home import PROJECT_ROOT
from deployments.application import app
from tasks.operations.contents import contents_of
from tasks.records.database import close_databases, connect, engine
from tests.operations.records import add_entries, add_run


def phasegate(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deployments.command_line", *arguments],
        cwd=PROJECT_ROOT, env={**os.environ, "COLUMNS": "200", **environment}, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=120, check=False,
    )  # fmt: skip


def test_a_backup_is_made_and_restored(home: Path, tmp_path: Path) -> None:
    add_run(engine())
    add_entries(engine())
    made = phasegate("backup", str(tmp_path / "backup.db"))
    assert (made.returncode, "3 ledger entries" in made.stdout) == (0, True), made.stderr
    again = tmp_path / "again.db"
    assert phasegate("restore", str(tmp_path / "backup.db"), "--to", str(again)).returncode == 0
    copy = connect(f"sqlite:///{again}")
    assert contents_of(copy) == contents_of(engine())
    copy.dispose()


def test_a_mistyped_database_is_not_made_to_be_backed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_environment: None
) -> None:
    monkeypatch.setenv("PHASEGATE_DATABASE_URL", f"sqlite:///{tmp_path / 'typo.db'}")
    with pytest.raises(InputError, match="correct PHASEGATE_DATABASE_URL"):
        CliRunner().invoke(app, ["backup"], catch_exceptions=False)
    assert not (tmp_path / "typo.db").exists()


def test_nothing_stored_is_no_wrong_address(home: Path, own_environment: None) -> None:
    result = CliRunner().invoke(app, ["backup"], env={"PHASEGATE_DATABASE_URL": None})
    assert "Nothing is stored yet" in str(result.exception)
    assert "the first run makes it" in str(result.exception)


def test_a_missing_folder_of_a_new_database_is_no_dead_server(tmp_path: Path, own_environment: None) -> None:
    source, target = Path(str(engine().url.database)), tmp_path / "nodir" / "new.db"
    close_databases()  # so that the file is whole, as a backup is
    for words in (["restore", str(source), "--to"], ["migrate-database", "--from", str(source), "--to"]):
        said = str(CliRunner().invoke(app, [*words, str(target)]).exception)
        assert f"There is no folder {target.parent} for the database." in said
        assert "server" not in said


def test_a_restore_over_records_is_an_error_that_says_what_to_do(home: Path, tmp_path: Path) -> None:
    add_run(engine())
    assert phasegate("backup", str(tmp_path / "backup.db")).returncode == 0
    refused = phasegate("restore", str(tmp_path / "backup.db"))
    assert refused.returncode == 1
    assert "is not empty" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_database_is_moved(home: Path, tmp_path: Path) -> None:
    add_run(engine())
    moved = phasegate("migrate-database", "--from", str(engine().url), "--to", f"sqlite:///{tmp_path / 'new.db'}")
    assert moved.returncode == 0, moved.stderr
    assert "every table has the same content" in moved.stdout
    assert f"Set PHASEGATE_DATABASE_URL to sqlite:///{tmp_path / 'new.db'} and restart." in moved.stdout


def test_the_doctor_has_a_table_and_an_exit_status_when_all_is_dead(home: Path) -> None:
    dead = {
        "PREFECT_API_URL": "http://127.0.0.1:9/api",
        "PHASEGATE_DATABASE_URL": "postgresql://u:opensesame@127.0.0.1:9/x",
    }
    done = phasegate("doctor", **dead)
    assert done.returncode == 1
    assert re.search(r"failed +Prefect server", done.stdout)
    assert "Traceback" not in done.stdout + done.stderr
    assert "opensesame" not in done.stdout + done.stderr
