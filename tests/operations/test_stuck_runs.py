"""Which runs are started again, cancelled or left alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tasks.operations.stuck_runs import SeenRun, pushes

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def seen(state: str, seconds: float, **fields: Any) -> SeenRun:
    """A run that has been in `state` for so many seconds."""
    facts = {"id": "1", "name": "calm-owl", "deployment": "gate", "run_count": 1, **fields}
    return SeenRun(state=state, since=NOW - timedelta(seconds=seconds), **facts)


def late(hours: float, **fields: Any) -> SeenRun:
    """A run of a schedule that was due so long ago."""
    due = NOW - timedelta(hours=hours)
    return seen("Late", hours * 3600, id=f"due {hours}", by_schedule=True, expected=due, **fields)


def queued(hours: float, **fields: Any) -> SeenRun:
    """A run of a schedule that was due so long ago and waits for another run of its deployment to end."""
    due = NOW - timedelta(hours=hours)
    facts = {"id": f"queued {hours}", "by_schedule": True, "expected": due, **fields}
    return seen("AwaitingConcurrencySlot", 20, **facts)


def done(*runs: SeenRun) -> list[tuple[str, str]]:
    return [(push.run.id, push.to) for push in pushes(runs, NOW)]


@pytest.mark.parametrize(
    ("run", "what"),
    [
        (seen("Crashed", 46), "retry"),
        (seen("Crashed", 44), None),
        (seen("Crashed", 25 * 3600), None),
        (seen("Crashed", 60, run_count=2), "retry"),
        (seen("Crashed", 60, run_count=3), None),
        (seen("Crashed", 60, ticks=True), None),
        (seen("Crashed", 60, heard=NOW - timedelta(seconds=90)), "retry"),
        (seen("Crashed", 60, heard=NOW - timedelta(seconds=5)), "revive"),  # its machine slept, and it with it
        (seen("Crashed", 60, heard=NOW - timedelta(seconds=5), run_count=3), "revive"),
        (seen("Crashed", 600, heard=NOW - timedelta(seconds=121)), "retry"),
        (seen("Pending", 121), "retry"),
        (seen("Pending", 119), None),
        (seen("Submitting", 121), "retry"),
        (seen("Pending", 121, ticks=True), "cancel"),
        (seen("Suspended", 10**6), None),
        (seen("Paused", 10**6), None),
        (seen("Running", 14 * 60), None),
        (seen("Running", 16 * 60), "crash"),  # it died before its first heartbeat
        (seen("Running", 10**6, heard=NOW - timedelta(seconds=121)), "crash"),
        (seen("Running", 10**6, heard=NOW - timedelta(seconds=119)), None),
        (seen("Running", 60, heard=NOW - timedelta(hours=1)), None),
        (seen("Suspended", 10**6, heard=NOW - timedelta(days=1)), None),
        (seen("Failed", 60), None),
    ],
    ids=lambda value: f"{value.state}-{value.run_count}-{value.ticks}" if isinstance(value, SeenRun) else str(value),
)
def test_a_run_gets_the_push_it_needs(run: SeenRun, what: str | None) -> None:
    assert [push.to for push in pushes([run], NOW)] == ([what] if what else [])


def test_of_late_runs_of_one_schedule_only_the_newest_stays() -> None:
    assert done(late(48), late(1), late(24)) == [("due 48", "cancel"), ("due 24", "cancel")]


def test_late_runs_with_other_parameters_are_other_work() -> None:
    assert not done(late(2, parameters={"lineup": "preview"}), late(1, parameters={"lineup": "production"}))


def test_late_runs_of_other_deployments_are_other_work() -> None:
    assert not done(late(2, deployment="a"), late(1, deployment="b"))


def test_a_late_run_that_a_person_asked_for_is_never_cancelled() -> None:
    by_hand = seen("Late", 7200, expected=NOW - timedelta(hours=2))
    assert not done(by_hand, late(1))


def test_a_queued_run_is_overtaken_like_a_late_one() -> None:
    assert done(queued(25), late(1)) == [("queued 25", "cancel")]


def test_a_queued_run_is_left_out_while_the_same_work_is_under_way() -> None:
    assert done(seen("Running", 60), queued(1)) == [("queued 1", "cancel")]


def test_a_queued_run_of_the_other_pipeline_waits_for_its_turn() -> None:
    running = seen("Running", 60, parameters={"pipeline": "generator"})
    assert not done(running, queued(1, parameters={"pipeline": "transcripts"}))


def test_a_queued_run_that_a_person_asked_for_waits_for_its_turn() -> None:
    assert not done(seen("Running", 60), queued(1, by_schedule=False))


def test_a_late_run_has_its_turn_when_a_worker_comes_whatever_is_under_way() -> None:
    assert not done(seen("Running", 60), late(1))


def test_the_reason_says_what_was_seen() -> None:
    [push] = pushes([seen("Crashed", 50)], NOW)
    assert push.reason == "it crashed 50 s ago and was started once"
