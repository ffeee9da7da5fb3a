"""The gate on a real Prefect server: suspended while it waits, woken by the watch, decided on the form."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from prefect.client.schemas.responses import SetStateStatus
from prefect.input.actions import aread_flow_run_input
from prefect.input.run_input import keyset_from_base_key

from blocks.errors import GateError
from flows.transitions.drill import rehearse
from flows.transitions.form import Form, Signal
from flows.transitions.incidents import emergency
from flows.transitions.moving import roll_back
from flows.transitions.story import Opening
from tests import one_loop
from tests.transitions.gated import Scene
from tests.transitions.shortened import LINEUPS

pytestmark = [pytest.mark.server, pytest.mark.long]


def test_from_the_form_to_production(monitoring: Scene) -> None:
    assert monitoring.serves("preview") == "new"
    assert monitoring.monitored() == "Suspended"
    assert (monitoring.gate.state, monitoring.serves()) == ("AWAITING_APPROVAL", "old")
    assert monitoring.decides() == SetStateStatus.ACCEPT
    assert monitoring.drive.leg() == "Completed"
    assert (monitoring.gate.state, monitoring.serves()) == ("PROMOTED", "new")


def test_a_process_that_dies_right_after_suspending_leaves_a_run_that_can_be_woken_and_answered(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Form.asave.__func__  # type: ignore[attr-defined]

    async def not_by_prefect(cls: type[Form], keyset: Any, flow_run_id: UUID | None = None) -> None:
        if flow_run_id is not None:  # Prefect names no run, and is too late
            await kept(cls, keyset, flow_run_id)

    monkeypatch.setattr(Form, "asave", classmethod(not_by_prefect))
    assert scene.drive.leg() == "Suspended"
    assert scene.monitored() == "Suspended"
    assert scene.gate.state == "AWAITING_APPROVAL"
    assert scene.decides() == SetStateStatus.ACCEPT
    assert scene.drive.leg() == "Completed"


def test_a_form_that_is_kept_already_is_no_error(monitoring: Scene) -> None:
    keyset = keyset_from_base_key("suspended-again")
    for _ in range(2):
        one_loop.run(Signal.with_initial_data(description="wait").asave(keyset, monitoring.drive.id))
    shown = one_loop.run(aread_flow_run_input(keyset["description"], flow_run_id=monitoring.drive.id))
    assert shown == "wait"


def test_a_wrong_code_is_asked_again(monitoring: Scene) -> None:
    monitoring.monitored()
    first = monitoring.drive.key
    monitoring.decides(code="000000")
    assert monitoring.drive.leg() == "Suspended"
    assert monitoring.drive.key != first
    assert (monitoring.gate.state, monitoring.serves()) == ("AWAITING_APPROVAL", "old")
    monitoring.decides()
    assert monitoring.drive.leg() == "Completed"


def test_the_server_takes_no_other_decision_than_the_two(monitoring: Scene) -> None:
    monitoring.monitored()
    assert monitoring.decides("maybe") == SetStateStatus.REJECT


def test_a_rejection(monitoring: Scene) -> None:
    monitoring.monitored()
    monitoring.decides("reject", reason="too wordy")
    assert monitoring.drive.leg() == "Completed"
    assert (monitoring.gate.state, monitoring.serves("preview")) == ("ROLLED_BACK", "old")


def test_nobody_answers(monitoring: Scene) -> None:
    monitoring.monitored()
    monitoring.clock.by += timedelta(hours=73)
    monitoring.watched()
    assert (monitoring.gate.state, monitoring.serves("preview")) == ("ROLLED_BACK", "old")
    assert monitoring.drive.leg() == "Completed"


def test_harm_while_monitoring(monitoring: Scene) -> None:
    monitoring.called(60, failed=True)
    monitoring.clock.by += timedelta(minutes=1)
    monitoring.watched()
    assert (monitoring.gate.state, monitoring.serves("preview")) == ("ROLLED_BACK", "old")
    assert monitoring.drive.leg() == "Completed"


def test_a_resume_by_hand_before_the_time_changes_nothing(monitoring: Scene) -> None:
    before = monitoring.drive.key
    monitoring.drive.resume(note="impatient")
    assert monitoring.drive.leg() == "Suspended"
    assert monitoring.gate.state == "MONITORING"
    assert monitoring.drive.key != before


def test_the_watch_leaves_a_gate_alone_that_waits_rightly(monitoring: Scene) -> None:
    before = monitoring.drive.key
    monitoring.watched()
    monitoring.monitored()
    asked = monitoring.drive.key
    monitoring.watched()
    assert (monitoring.drive.key, before != asked) == (asked, True)


def breaking(opening: Opening) -> list[tuple[str, dict[str, Any]]]:
    """The story of a gate that was given more time than there will ever be, which nothing refused once."""
    moves: list[dict[str, Any]] = [
        {"to": to, "reason": "so", "serves": {}} for to in ("TESTING", "MONITORING", "HELD", "MONITORING")
    ]
    moves[-1]["extension"] = {"hours": 1e11, "replays": 1}
    return [("planned", {"opening": opening.model_dump(mode="json")}), *(("moved", move) for move in moves)]


def test_gates_that_cannot_be_read_or_followed_keep_no_other_waiting(monitoring: Scene) -> None:
    monitoring.world.record("planned", "tester", {"opening": {"phase": "generator-9"}}, "gate-9", 1)
    assert "Gate gate-9 cannot be read" in monitoring.watched()[0]
    for place, (kind, body) in enumerate(breaking(monitoring.gate.opening), 1):
        monitoring.world.record(kind, "tester", body, "gate-8", place)
    monitoring.called(60, failed=True)
    monitoring.clock.by += timedelta(minutes=1)
    with pytest.raises(GateError, match="nobody foresaw"):  # so the watch's run fails, and people are told
        monitoring.watched()
    assert monitoring.gate.state == "ROLLED_BACK"


def test_the_watch_wakes_the_run_of_a_gate_that_somebody_ended_and_could_not_tell(monitoring: Scene) -> None:
    one_loop.run(roll_back(monitoring.world, monitoring.gate.id, "grace", "killed before the run was woken"))
    assert monitoring.drive.key != ""
    monitoring.watched()
    assert monitoring.drive.key == ""


@pytest.mark.parametrize("twice", [1, 2])
def test_a_rollback_by_hand_after_promotion(monitoring: Scene, twice: int) -> None:
    monitoring.monitored()
    monitoring.decides()
    monitoring.drive.leg()
    for _ in range(twice):
        one_loop.run(roll_back(monitoring.world, monitoring.gate.id, "grace", "slow"))
    assert (monitoring.gate.settled, monitoring.serves()) == (True, "old")


def test_an_emergency_freezes_and_takes_back(monitoring: Scene) -> None:
    one_loop.run(emergency(monitoring.world, "grace", "Customers see nonsense."))
    assert (monitoring.gate.state, monitoring.serves("preview")) == ("ROLLED_BACK", "old")


def test_a_drill_restores_and_proves_the_way_back_within_ten_seconds(scene: Scene) -> None:
    drilled = one_loop.run(rehearse(scene.world, "generator", LINEUPS["production"]))
    assert [one.candidate for one in drilled if not one.passed] == []
    assert scene.serves() == "old"
