"""What the terminal is sent: words of models, servers and people show, and do nothing."""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blocks.errors import ServiceError
from blocks.home import PROJECT_ROOT
from deployments.application import app
from deployments.commands.operations import show
from deployments.terminal import say, show_error
from deployments.watching import Lines
from flows.progress import Progress
from tasks.operations.checks import Check

HOSTILE = "so \x1b]0;owned\x07[red]it said\x9b2J"


@pytest.mark.parametrize(
    "speak",
    [
        lambda: say(HOSTILE),
        lambda: show_error(ServiceError(HOSTILE, means=HOSTILE, do=HOSTILE)),
        lambda: show([Check("model", "failed", 0.1, HOSTILE, HOSTILE)]),
        lambda: Lines().ended(Progress(HOSTILE, "failed", HOSTILE)),
    ],
    ids=["say", "error", "doctor", "progress"],
)
def test_words_of_a_stranger_show_and_do_nothing(speak: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> None:
    speak()
    said = "".join(capsys.readouterr())
    assert not {"\x1b", "\x07", "\x9b"} & set(said)
    assert "[U+001B]" in said
    assert "[red]" in said


def test_a_paragraph_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\ntwo")
    assert capsys.readouterr().out == "one\ntwo\n"


def test_phasegate_tells_its_version() -> None:
    told = CliRunner().invoke(app, ["--version"])
    declared = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (told.exit_code, told.output) == (0, f"phasegate {declared}\n")


WARNED = """
import logging, sys
from deployments.settings import apply_settings
apply_settings(quiet=sys.argv[1] == "quiet")
logging.getLogger("EventsWorker").warning("Still processing items: 1 items remaining...")
"""


@pytest.mark.parametrize(("how", "heard"), [("quiet", False), ("loud", True)])
def test_what_prefects_client_warns_of_is_not_said_among_a_commands_words(home: Path, how: str, heard: bool) -> None:
    command = [sys.executable, "-c", WARNED, how]  # in this process pytest listens
    child = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert ("Still processing" in child.stdout + child.stderr) is heard
