"""The command line twin: what needs no server speaks for itself; what does goes through the same code as the form."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from blocks.home import PROJECT_ROOT
from deployments.application import app
from deployments.commands.gates import plan, start
from deployments.commands.ledger import trial
from deployments.commands.transcripts import score
from flows.transcripts.score import score_models
from flows.transitions.gate import gate
from flows.transitions.world import World
from tests.deployments.terminal import environment
from tests.transitions.memory import MemoryBlocks, a_lineup
from tests.transitions.test_ledger import tamper


@pytest.fixture
def world(home: Any) -> World:
    from tasks.records.database import engine

    return World(MemoryBlocks(), engine())


def phasegate(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=True)


def test_verify_says_how_many_entries_are_sound(world: World) -> None:
    head = world.record("drilled", "tester", {"pipeline": "generator", "passed": True}).hash
    assert f"1 entries, sound. Newest: {head}" in phasegate("verify").output
    assert phasegate("verify", "--head", head).exit_code == 0
    assert phasegate("verify", "--head", "0" * 64).exit_code == 1


def test_verify_names_the_broken_entry(world: World) -> None:
    world.record("drilled", "tester", {"pipeline": "generator", "passed": True})
    tamper(world.database, "UPDATE ledger SET actor = 'someone'")
    result = phasegate("verify")
    assert (result.exit_code, "BROKEN at entry 1" in result.output) == (1, True)


def test_history_marks_what_comes_from_the_documents(world: World) -> None:
    output = phasegate("history").output
    assert "2025-01-26 *" in output
    assert "taken from the documents" in output
    assert "`phasegate status` says what this installation has recorded" in output


def test_as_of_tells_who_served(world: World) -> None:
    world.record("adopted", "tester", {"pipeline": "generator", "lineup": "production", "content": a_lineup()})
    assert "market_analysis          old" in phasegate("as-of", datetime.now(UTC).isoformat()).output
    assert "did not know the lineup" in phasegate("as-of", "2020-01-01T00:00+00:00").output


def test_as_of_a_lineup_that_never_was_is_no_history(world: World) -> None:
    moment = datetime.now(UTC).isoformat()
    assert "`phasegate bootstrap` enters" in str(phasegate("as-of", moment).exception)
    world.record("adopted", "tester", {"pipeline": "generator", "lineup": "production", "content": a_lineup()})
    refused = phasegate("as-of", moment, "--lineup", "prodction")
    assert "The ledger knows no generator lineup 'prodction'." in str(refused.exception)
    assert (refused.exit_code, "use one of: production." in str(refused.exception)) == (1, True)


def test_as_of_a_time_to_come_tells_nothing(world: World) -> None:
    assert "has not come yet" in str(phasegate("as-of", "2999-01-01T00:00+00:00").exception)


def test_an_empty_ledger_is_said_to_be_empty(world: World) -> None:
    assert "The ledger is empty." in phasegate("verify").output


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-02T08:00"])
def test_as_of_wants_a_moment_with_a_zone(world: World, moment: str) -> None:
    assert "no moment with a time zone" in str(phasegate("as-of", moment).exception)


@pytest.mark.parametrize(
    "words",
    [
        ("drift", "ignore"),
        ("drift", "--pipeline", "nosuch"),
        ("trial",),
        ("plan", "generator-1", "--policy", "[]"),
        ("start", "generator-1", "--policy", "{"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_starts(world: World, words: tuple[str, ...]) -> None:
    result = phasegate(*words)
    assert result.exit_code == 1
    assert "Next:" in str(result.exception)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("drill", "--pipeline", "nosuch"), "use one of: generator, transcripts"),
        (("trial", "--baseline", "--pipeline", "nosuch"), "use one of: generator, transcripts"),
        (("score", "nosuch"), "nosuch is not a folder"),
        (("score", "."), "has no files in it"),
    ],
)
def test_a_mistyped_name_makes_no_failed_flow_run(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")  # whoever asks it gets another error
    assert said in str(phasegate(*words).exception)


@pytest.mark.parametrize("command", [plan, start])
def test_every_field_of_a_gates_form_has_an_option(command: Callable[..., None]) -> None:
    assert set(signature(command).parameters) == set(signature(gate.fn).parameters)


def test_every_act_of_the_ui_has_a_command() -> None:
    output = phasegate("--help").output
    acts = ("plan start status approve reject extend rollback emergency-rollback close-incident drift drill history "
            "verify as-of trial watch approver")  # fmt: skip
    assert [act for act in acts.split() if act not in output] == []


WHEN_PREFECT_IS_IMPORTED = """
import os, sys
from deployments.application import app

class Imported(BaseException):
    pass

class Finder:
    def find_spec(self, name, *_):
        if name == "prefect":
            raise Imported

sys.meta_path.insert(0, Finder())
before = dict(os.environ)
for command in sys.argv[1:]:
    try:
        app(command.split(), standalone_mode=False)
    except Imported:
        print(command, "with" if "PREFECT_HOME" in os.environ else "WITHOUT")
    os.environ.clear()
    os.environ.update(before)
"""
ACTS = (
    "plan generator-1", "start generator-1", "extend a 1", "rollback", "watch", "drill", "emergency-rollback bad",
    "close-incident found",
)  # fmt: skip


def test_every_act_sets_prefects_settings_before_prefect_reads_them(home: Any) -> None:
    nobody = environment(home, "http://127.0.0.1:9/api")  # else a server would be started first
    asked = [sys.executable, "-c", WHEN_PREFECT_IS_IMPORTED, *ACTS]
    child = subprocess.run(asked, cwd=PROJECT_ROOT, env=nobody, capture_output=True, text=True)
    assert child.stdout.splitlines() == [f"{command} with" for command in ACTS], child.stderr


def test_how_often_something_is_asked_is_one_word_in_commands_and_forms() -> None:
    asking = (plan, start, trial, gate.fn, score, score_models.fn)
    assert [one for one in asking if "repeats" not in signature(one).parameters] == []


@pytest.mark.parametrize("words", ["plan generator-1", "start generator-1", "trial --baseline"])
def test_more_repeats_than_the_form_takes_are_refused_before_anything_starts(words: str, home: Any) -> None:
    refused = phasegate(*words.split(), "--repeats", "101")
    assert (refused.exit_code, "less than or equal to 100" in refused.output) == (2, True)
