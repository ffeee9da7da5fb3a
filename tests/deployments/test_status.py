"""`phasegate status` and `phasegate report`: what a person sees who asks how things stand, without a server."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from blocks.errors import GateError
from deployments.application import app
from deployments.terminal import console
from flows.transitions.world import real_world
from tasks.records.database import engine
from tasks.records.runs import RunStart, start_run
from tests.reports.gates import PhaseOne


@pytest.fixture
def story(home: Path, monkeypatch: pytest.MonkeyPatch) -> PhaseOne:
    monkeypatch.setattr(console, "_width", 160)
    return PhaseOne(engine())


def phasegate(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_an_empty_ledger_says_what_to_do_first(story: PhaseOne) -> None:
    shown = phasegate("status")
    assert "No gate is open." in shown
    made = "phasegate trial --baseline --pipeline generator, then phasegate drill --pipeline generator"
    gate = "phasegate plan generator-1, then phasegate start generator-1."
    assert f"Next: phasegate approver add NAME, then {made}, then {gate}" in shown
    assert "last drill passed: never" in shown


def test_what_is_there_already_is_no_step(story: PhaseOne) -> None:
    world = real_world()  # of today
    world.record("approver_added", "tester", {"approver": "grace", "renewed": False, "active": True})
    world.record("baseline", "tester", {"pipeline": "generator", "passed": True, "lineup": "production"})
    assert "Next: phasegate drill --pipeline generator, then phasegate plan generator-1" in phasegate("status")
    world.record("drilled", "tester", {"pipeline": "generator", "passed": True})
    assert "Next: phasegate plan generator-1, then phasegate start generator-1." in phasegate("status")


def test_where_no_gate_was_ever_started_no_id_is_looked_for(home: Path) -> None:
    with pytest.raises(GateError, match=r"There is no gate yet\.\nNext: see `phasegate status` for what comes first"):
        phasegate("status", "nope")


def test_a_gate_that_waits_shows_verdict_and_next_step(story: PhaseOne) -> None:
    story.begun()
    shown = phasegate("status")
    assert "Monitoring" in shown
    assert "old → new" in shown
    assert "Next: The window ends on 2026-11-03 08:40 UTC." in shown


def test_a_gate_of_another_release_is_not_forgotten(story: PhaseOne) -> None:
    story.begun().world.record("entangled", "tester", {}, story.gate.id, story.gate.sequence + 1)
    shown = phasegate("status")
    assert "A gate of another release is not over" in shown
    assert "No gate is open." not in shown
    assert "phasegate start" not in shown
    with pytest.raises(GateError, match="Gate gate-1 cannot be read"):
        phasegate("status", "gate")


def test_an_incident_comes_first(story: PhaseOne) -> None:
    story.begun().world.record("incident_opened", "Grace", {"reason": "Customers see [red]nonsense\x1b[2J."})
    shown = phasegate("status")
    assert shown.index("An incident is open") < shown.index("Monitoring")
    assert "[red]nonsense[U+001B][2J." in shown


def test_a_gate_that_is_over_is_shown_when_asked_for(story: PhaseOne) -> None:
    story.begun().rolled_back("by hand")
    assert "Analytical stages (1-3) · Rolled back" not in phasegate("status")
    assert "Analytical stages (1-3) · Rolled back" in phasegate("status", "--all")
    assert "by hand" in phasegate("status", "gate")


def test_the_page_of_a_gate_that_is_over_is_written(story: PhaseOne, home: Path) -> None:
    story.begun().rolled_back("by hand")
    written = phasegate("report", "gate", "gate-1")
    page = home / "reports" / "gates" / "gate-gate-1.html"
    assert str(page) in written
    assert "by hand" in page.read_text()


def test_the_report_of_a_run_nobody_knows(story: PhaseOne) -> None:
    result: Any = CliRunner().invoke(app, ["report", "run", "nothing"])
    assert "There is no generator run" in str(result.exception)


def test_a_run_about_a_call_has_no_report_and_it_is_said_where_its_record_is(home: Path) -> None:
    start = RunStart(id="call-1", pipeline="transcripts", environment="production", purpose="user", lineup={}, models={},
                     input={}, started_at=datetime.now(UTC))  # fmt: skip
    start_run(engine(), start)
    said = str(CliRunner().invoke(app, ["report", "run", "call-1"]).exception)
    assert "'call-1' is a run of the pipeline transcripts" in said
    assert "`phasegate transcript FILE`" in said
