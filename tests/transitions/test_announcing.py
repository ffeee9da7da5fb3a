"""What people are told of the ledger's entries, and that telling never gets in a gate's way."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from flows.alarming import FAMILIES, Alarm
from flows.transitions.announcing import alarms, announce, of_drift
from flows.transitions.drift import Finding
from flows.transitions.moving import advance
from flows.transitions.world import World
from tasks.records.database import connect
from tasks.records.ledger import Entry
from tasks.records.migrating import migrate
from tests.transitions.memory import a_lineup
from tests.transitions.scenes import START, entry
from tests.transitions.story import GATE, Story


@pytest.fixture
def story(tmp_path: Path) -> Story:
    database = connect(f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate(database)
    return Story(database)


def told(story: Story) -> list[str]:
    """The events of the gate's story, in order."""
    entries = story.world.read(gate_id=GATE)
    return [alarm.event.removeprefix("phasegate.") for one in entries for alarm in alarms(one, "generator-1")]


def test_an_approver_is_told_how_to_answer(story: Story) -> None:
    asked = story.awaiting().world.read("moved", gate_id=GATE)[-1]
    [alarm] = alarms(asked, "generator-1")
    assert alarm.event == "phasegate.gate.awaiting-approval"
    assert alarm.name == "Gate generator-1"
    assert f"phasegate approve {GATE}" in alarm.do
    assert alarm.run_id == GATE


def test_a_promotion_is_told(story: Story) -> None:
    story.awaiting().answered()
    assert told(story) == ["gate.awaiting-approval", "gate.promoted"]


def test_harm_is_told_before_the_rollback_it_leads_to(story: Story) -> None:
    story.monitoring().waited(minutes=1).called(8, failed=8).waited(minutes=1).moved()
    assert told(story) == ["harm", "gate.rolled-back"]


def test_a_reminder_and_then_an_expired_approval_are_told(story: Story) -> None:
    story.awaiting().waited(hours=47).moved().waited(hours=100).moved()
    assert told(story)[1:] == ["gate.reminder", "gate.expired", "gate.rolled-back"]


def test_a_rollback_by_hand_is_no_harm(story: Story) -> None:
    story.monitoring().rolled_back("by hand")
    assert told(story) == ["gate.rolled-back"]


@pytest.mark.parametrize(
    ("kind", "body", "event"),
    [
        ("incident_opened", {"reason": "wrong prices"}, "phasegate.incident.opened"),
        ("incident_closed", {"findings": "a prompt"}, "phasegate.incident.closed"),
        ("drilled", {"passed": False, "pipeline": "generator", "detail": "dead: 9 calls"}, "phasegate.drill.failed"),
        ("baseline", {"passed": False, "pipeline": "generator", "detail": "1 failed"}, "phasegate.baseline.failed"),
        ("unsettled", {"reason": "no such block"}, "phasegate.gate.unsettled"),
        ("settled", {"way_back": "no answer"}, "phasegate.gate.way-back-dead"),
    ],
)
def test_what_else_people_are_told(kind: str, body: dict[str, object], event: str) -> None:
    [alarm] = alarms(entry(kind, 1, START, **body), "generator-1")
    assert alarm.event == event
    assert set(alarm.payload) == {"what", "happened", "do", "link"}


def test_a_drill_that_passed_is_no_news() -> None:
    assert not list(alarms(entry("drilled", 1, START, passed=True, pipeline="generator"), ""))


def test_another_edit_of_the_same_block_is_another_thing_to_know() -> None:
    edits = [Finding("lineup", "generator", "production", a_lineup("old"), a_lineup(name)) for name in ("new", "newer")]
    first, second = (of_drift(edit) for edit in edits)
    assert first.resource != second.resource
    assert "'new' instead of 'old'" in first.happened


def test_every_event_has_one_family_and_a_meaning() -> None:
    events = [event for family in FAMILIES.values() for event in family]
    assert len(set(events)) == len(events)
    for event in events:
        assert Alarm(event, "x", "X", "so").payload["what"].startswith("X: ")


def test_texts_are_cut_so_that_no_event_is_too_large() -> None:
    assert len(Alarm("phasegate.harm", "x", "X", "a" * 10_000_000).payload["happened"]) < 2000


def test_an_entry_stands_whether_anybody_can_be_told_or_not(story: Story) -> None:
    def unreadable(world: World, one: Entry) -> None:
        announce(replace(world, database=connect("sqlite:////nowhere/ledger.db")), one)

    world = replace(story.prepared().planned().world, announce=unreadable)
    assert asyncio.run(advance(world, GATE)).state == "TESTING"
