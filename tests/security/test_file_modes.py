"""What phasegate keeps is for its owner only, whoever writes the file."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.home import PROJECT_ROOT, folder
from blocks.home import home as state_folder
from tasks.records.database import close_databases, engine


def modes(place: Path) -> dict[str, int]:
    return {str(path.relative_to(place)): path.stat().st_mode & 0o777 for path in (place, *place.rglob("*"))}


def opened(home: Path, *inside: str) -> None:
    """The state folder as somebody may have made it before: open to others."""
    home.mkdir()
    for name in inside:
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).touch()
    home.chmod(0o755)


@pytest.mark.parametrize("before", [0o022, 0o000])
def test_folders_and_files_are_closed_to_others_whatever_the_shell_says(before: int, home: Path) -> None:
    os.umask(before)

    (folder("reports", "deep") / "report.html").write_text("Confidential.")

    assert modes(home) == {".": 0o700, "reports": 0o700, "reports/deep": 0o700, "reports/deep/report.html": 0o600}


@pytest.mark.parametrize("inside", [(), ("phasegate.db",), ("prefect/prefect.db", "notes.txt")])
def test_a_folder_made_before_is_closed(inside: tuple[str, ...], home: Path) -> None:
    opened(home, *inside)

    assert state_folder().stat().st_mode & 0o777 == 0o700


def test_a_folder_with_other_things_in_it_is_left_as_it_is(home: Path) -> None:
    opened(home, "somebody's.txt")

    assert state_folder().stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("refused", ["chmod", "iterdir"])
def test_a_mount_without_modes_of_its_own_can_be_used(
    refused: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    opened(home)
    monkeypatch.setattr(Path, refused, refuse)

    assert state_folder() == home


def test_so_are_those_of_the_processes_it_starts(home: Path) -> None:
    folder("run")

    subprocess.run([sys.executable, "-c", "open('child', 'w')"], cwd=home, check=True)

    assert modes(home)["child"] == 0o600


def test_a_command_leaves_nothing_open(home: Path) -> None:
    engine()
    close_databases()
    command = [sys.executable, "-m", "deployments.command_line", "backup"]
    subprocess.run(command, cwd=PROJECT_ROOT, check=True, capture_output=True, umask=0o000)

    found = modes(home)

    assert any(name.startswith("backups/") for name in found)
    assert not {name: oct(mode) for name, mode in found.items() if mode & 0o077}
