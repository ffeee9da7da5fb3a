"""Trials: the transcript pipeline's suite end to end on both arms, and results as files under the documents' names."""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from sqlalchemy import event, insert
from typer.testing import CliRunner

from blocks.errors import StorageError
from blocks.lineups import TranscriptLineup
from deployments.application import app
from flows.transcripts.samples import SHORT
from flows.transitions.baseline import export, export_gate, record_baseline
from flows.transitions.plans import phase
from flows.transitions.suite_transcripts import TranscriptSuite
from flows.transitions.suites import SUITES
from flows.transitions.trial import run_trial
from flows.transitions.world import World, real_world
from tasks.judging.evidence import Evidence
from tasks.judging.observations import Window
from tasks.records.ledger_evidence import Slice, read_evidence
from tasks.records.tables import runs
from tasks.transcripts.scoring.rules import KEY_FIELDS
from tests import one_loop
from tests.conftest import SaveModel
from tests.doubles.model_server import AskedRequest, ModelServer
from tests.transcripts.scene import says
from tests.transitions.records import run_row
from tests.transitions.scenes import opening
from tests.transitions.serving import production_on
from tests.transitions.story import GATE, Story

AGENTS = TranscriptLineup.roles


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save_model: SaveModel, models: ModelServer) -> ModelServer:
    """The short sample as the whole suite; `old` serves it right, `new` finds nothing in it."""
    for file in (SHORT, SHORT.with_suffix(".gold.json")):
        shutil.copy(file, tmp_path / file.name)
    monkeypatch.setitem(SUITES, "transcripts", TranscriptSuite(tmp_path))
    save_model("old", model="llama3.1:8b")
    save_model("new", model="smol")
    for name in ("old", "new"):
        lineup = TranscriptLineup(**dict.fromkeys(AGENTS, name))
        one_loop.run(lineup.asave(f"trial-{name}", overwrite=True))
    right, blind = says(), says(extraction={"findings": []})

    def answer(request: AskedRequest) -> Any:
        return (right if request.model == "llama3.1:8b" else blind)(request)

    models.answer = answer
    return models


@pytest.fixture
def production(suite: ModelServer) -> Iterator[None]:
    with production_on(TranscriptLineup, "old"):
        yield


def a_gate(world: World) -> None:
    about = opening(
        pipeline="transcripts", production="trial-old", preview="trial-new",
        changes=[{"role": role, "incumbent": "old", "candidate": "new"} for role in AGENTS],
    )  # fmt: skip
    world.record("planned", "tester", {"opening": about.model_dump(mode="json")}, GATE, 1)
    world.record("moved", "tester", {"to": "TESTING", "reason": "so", "serves": {}}, GATE, 2)


def tried() -> Any:
    @flow(name="one-trial")
    async def one_trial() -> Any:
        return await run_trial("transcripts", ("trial-old", "trial-new"), GATE)

    return one_loop.run(one_trial())


def seen(world: World) -> Evidence:
    now, policy = datetime.now(UTC), phase("transcripts-preproduction").policy
    window = Window(start=now - timedelta(hours=1))
    wanted = Slice("transcripts", ("trial-old", "trial-new"), dict.fromkeys(AGENTS, "new"), window.start, now)
    return read_evidence(world.database, wanted, policy, window)


@pytest.mark.server
class TestTheTranscriptsSuite:
    def test_both_arms_answer_and_are_compared_with_gold_field_by_field(self, suite: ModelServer) -> None:
        world = real_world()
        a_gate(world)
        assert [one.problem for one in tried()] == ["", ""]
        found = seen(world).role("extraction")
        assert {name: found.incumbent.fields[name].wrong for name in KEY_FIELDS} == dict.fromkeys(KEY_FIELDS, 0)
        assert found.candidate.fields["deal_amount"].wrong == 1
        assert found.pairs.pairs == 1

    def test_every_agent_makes_one_pair_however_many_questions_it_asks(self, suite: ModelServer) -> None:
        world = real_world()
        a_gate(world)
        tried()
        evidence = seen(world)
        assert {evidence.role(role).pairs.pairs for role in evidence.roles} == {1}
        assert max(evidence.role(role).candidate.calls for role in evidence.roles) > 1

    @pytest.mark.usefixtures("own_environment", "production")
    def test_a_baseline_is_noted_and_written(self) -> None:
        said = CliRunner().invoke(app, ["trial", "--baseline", "--pipeline", "transcripts"]).output
        path = Path(said.splitlines()[-1])
        body = json.loads(path.read_text())
        assert path.name == f"baseline-{datetime.now(UTC):%Y-%m-%d}.json"
        assert {call["role"] for call in body["runs"][0]["calls"]} <= set(AGENTS)
        assert "extraction/window-001" in body["runs"][0]["outputs"]
        (noted,) = real_world().read("baseline")
        assert (noted.body["pipeline"], noted.body["passed"]) == ("transcripts", True)


# Files ----------------------------------------------------------------------------------------------------------------


def ran(story: Story, run_id: str, **given: Any) -> None:
    with story.database.begin() as connection:
        connection.execute(insert(runs), [run_row(run_id, story.clock.now, **given)])


def ids(path: Path) -> list[str]:
    return [run["id"] for run in json.loads(path.read_text())["runs"]]


def test_a_second_trial_of_the_day_does_not_overwrite_the_first(story: Story) -> None:
    first = export(story.world, "baseline-2026-11-02", ["a"])
    second = export(story.world, "baseline-2026-11-02", ["b"])
    assert (first.name, second.name) == ("baseline-2026-11-02.json", "baseline-2026-11-02-2.json")
    assert (ids(first), ids(second)) == (["a"], ["b"])


def test_the_same_trial_exported_again_replaces_its_own_file(story: Story) -> None:
    export(story.world, "baseline-2026-11-02", ["b"])
    first = export(story.world, "phase-1-2026-11-02", ["a"])
    again = export(story.world, "phase-1-2026-11-02", ["a", "b"])
    assert (again, ids(again)) == (first, ["a", "b"])


def test_a_file_of_somebody_else_is_left_alone(story: Story) -> None:
    path = export(story.world, "baseline-2026-11-02", ["a"])
    path.write_text("notes of a person")
    assert export(story.world, "baseline-2026-11-02", ["a"]).name == "baseline-2026-11-02-2.json"
    assert path.read_text() == "notes of a person"


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)


def test_a_full_disk_is_said_and_leaves_the_file_as_it_was(story: Story, request: pytest.FixtureRequest) -> None:
    first = export(story.world, "phase-1-2026-11-02", ["a"])
    request.getfixturevalue("full_disk")
    with pytest.raises(StorageError, match="No space left on device") as failed:
        export(story.world, "phase-1-2026-11-02", ["a", "b"])
    assert "free the disk" in failed.value.do
    assert (ids(first), list(first.parent.iterdir())) == (["a"], [first])


def test_a_baseline_whose_file_found_no_room_is_none(story: Story, full_disk: None) -> None:
    with pytest.raises(StorageError):
        record_baseline(story.world, "generator", "production", [])
    assert not list(story.world.read("baseline"))


def test_a_gates_trials_are_exported_under_its_phase_and_no_others(story: Story) -> None:
    ran(story, "before")
    story.waited(hours=1).monitoring().waited(hours=1)
    ran(story, "mine")
    ran(story, "a-users", purpose="user")
    story.rolled_back().waited(hours=1)
    ran(story, "later")
    path = export_gate(story.world, story.gate)
    assert (path.name, ids(path)) == ("phase-1-2026-11-02.json", ["mine"])


def test_runs_are_read_at_once_for_their_file(story: Story) -> None:
    read: list[str] = []
    event.listen(story.database, "before_cursor_execute", lambda *given: read.append(given[2]))
    counts = []
    for runs_there in (["run-1"], ["run-1", "run-2", "run-3"]):
        read.clear()
        export(story.world, f"of-{len(runs_there)}", runs_there)
        counts.append(len(read))
    assert counts[0] == counts[1]
