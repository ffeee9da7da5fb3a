"""Where the tests put their temporary files."""

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
