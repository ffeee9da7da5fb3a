"""Where the tests put their temporary files."""

import os
import tempfile
from pathlib import Path

import pytest

from tests import scratch


def test_files_go_to_memory_only_where_they_fit(tmp_path: Path) -> None:
    assert scratch.has_room(tmp_path, wanted=1)
    assert not scratch.has_room(tmp_path, wanted=1024**6)
    assert not scratch.has_room(tmp_path / "missing", wanted=1)


def test_a_place_that_was_named_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = tempfile.tempdir
    scratch.use_memory()
    assert tempfile.tempdir == before


def test_what_a_killed_process_left_is_removed_and_what_lives_stays(tmp_path: Path) -> None:
    mine, gone, other = (
        tmp_path / name for name in (f"phasegate-tests-{os.getpid()}-a", "phasegate-tests-0-b", "else")
    )
    for folder in (mine, gone, other):
        folder.mkdir()
    scratch.remove_abandoned(tmp_path)
    assert set(tmp_path.iterdir()) == {mine, other}
