"""A short drill: a generator run, a gate and a batch killed at their acts, by the code of `make drill`, which kills 200 times."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.home import PROJECT_ROOT
from tests.drills.__main__ import SCENES, WORKERS, kind, lived
from tests.drills.findings import Drill, Findings, Round, code, gone_on, once


@pytest.mark.server
@pytest.mark.proof
@pytest.mark.graph
@pytest.mark.timeout(400)
def test_killed_at_random_and_run_again_nothing_is_lost_doubled_or_wrongly_promoted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.drills", "--kills", "8", "--most", "1", "--seed", "1"]
    environment = {**os.environ, "PHASEGATE_HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    drill = Drill.model_validate(json.loads((tmp_path / "drills.json").read_text()))
    assert drill.kills >= 8
    assert {one.scene.partition(",")[0] for one in drill.rounds} == {"generator", "gate", "transcript batch"}
    assert drill.good


def test_a_drill_takes_every_kind_of_round_in_turn() -> None:
    assert {kind(number) for number in range(27)} == {*SCENES, *WORKERS}


@pytest.mark.parametrize("error", [AssertionError("it is Crashed"), KeyError("id")])
def test_a_round_that_breaks_is_a_finding(error: Exception) -> None:
    def work() -> Findings:
        raise error

    assert str(error) in lived(work).lost[0]


@pytest.mark.parametrize(("kills", "hopeless"), [({}, True), ({"worker": 1}, False)])
def test_a_drill_goes_on_after_a_bad_round_unless_nothing_could_be_killed(
    kills: dict[str, int], hopeless: bool
) -> None:
    bad = of(0, Findings(lost=["it"])).model_copy(update={"kills": kills})
    drill = Drill(seed=6, rounds=[bad])
    assert (drill.good, drill.hopeless) == (False, hopeless)


def of(kills: int, findings: Findings | None = None) -> Round:
    return Round(number=0, scene="gate", kills={"watch": kills}, seconds=1, findings=findings or Findings())


@pytest.mark.parametrize(
    ("kept", "goes_on"),
    [
        (Drill(seed=6, code="today's", rounds=[of(3)]), True),
        (Drill(seed=6, code="another", rounds=[of(3)]), False),
        (Drill(seed=7, code="today's", rounds=[of(3)]), False),
        (Drill(seed=6, code="today's", rounds=[of(4)]), False),
        (Drill(seed=6, code="today's", rounds=[of(3, Findings(lost=["it"]))]), False),
    ],
    ids=["stopped", "of other code", "of another seed", "complete", "bad"],
)
def test_only_a_drill_that_was_stopped_is_gone_on_with(kept: Drill, goes_on: bool, tmp_path: Path) -> None:
    file = tmp_path / "drills.json"
    file.write_text(kept.model_dump_json())
    new = Drill(seed=6, code="today's")
    assert gone_on(new, file, kills=4) == (kept if goes_on else new)


def test_a_drill_knows_its_code() -> None:
    assert code() == code() != Drill(seed=6).code


def test_what_is_missing_is_lost_and_what_is_there_twice_is_doubled() -> None:
    assert once({"a": 1, "b": 2}, {"a": 1, "b": 1, "c": 1}) == (["c: 0 of 1"], ["b: 2 times"])
    assert once({"a": 1, "stranger": 1}, {"a": 1}) == ([], ["stranger: 1 times"])
