"""Real processes, killed with SIGKILL between any two writes of a gate; another one brings it to the same end."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ENDS: dict[str, tuple[str, list[str]]] = {
    "start": ("TESTING", ["old", "new"]),
    "monitor": ("MONITORING", ["old", "new"]),
    "promote": ("PROMOTED", ["new", "new"]),
    "roll back": ("ROLLED_BACK", ["old", "old"]),
    "harm": ("ROLLED_BACK", ["old", "old"]),
    "canary": ("MONITORING", ["old", "new"]),
    "answer": ("PROMOTED", ["new", "new"]),
    "extend": ("MONITORING", ["old", "new"]),
    "emergency": ("ROLLED_BACK", ["old", "old"]),
}


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    place: Path = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-m", "tests.transitions.killing", str(place)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]


@pytest.mark.long
@pytest.mark.parametrize("scene", list(ENDS))
def test_the_end_is_the_same_wherever_the_process_was_killed(killed: list[dict[str, Any]], scene: str) -> None:
    state, serves = ENDS[scene]
    mine = [one for one in killed if one["scene"] == scene]
    assert {(one["state"], one["settled"], *one["serves"]) for one in mine} == {(state, True, *serves)}
    assert all(one["sound"] for one in mine)
    (moves,) = {tuple(one["moves"]) for one in mine}
    assert all(before != after for before, after in pairwise(moves))


@pytest.mark.parametrize("scene", list(ENDS))
def test_every_write_was_a_place_to_die_at(killed: list[dict[str, Any]], scene: str) -> None:
    died = [one["died"] for one in killed if one["scene"] == scene]
    assert len(died) > 3
    assert died == [True] * (len(died) - 1) + [False]
