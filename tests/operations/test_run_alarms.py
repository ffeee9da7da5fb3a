"""Which runs people should hear of, and which look after themselves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.operations.alarms import EVENTS, QUIET
from tasks.operations.run_alarms import SILENT, Concern, awake_since, concerns, silence
from tasks.operations.stuck_runs import MOST_STARTS, SeenRun

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
NAMES = {"d1": "generate", "d2": "watch"}


def run(state: str, **facts: Any) -> SeenRun:
    return SeenRun(**{"id": "r1", "name": "amber-owl", "deployment": "d1", "state": state, "since": NOW, **facts})


def heard(*runs: SeenRun, awake: timedelta = timedelta(days=1)) -> list[Concern]:
    return concerns(runs, NAMES, NOW, NOW - awake)


def test_a_failed_run_is_told_with_what_its_state_says() -> None:
    [one] = heard(run("Failed", message="No stage could be asked."))
    assert (one.kind, one.run_id, one.name) == ("failed", "r1", "generate, run amber-owl")
    assert one.happened == "No stage could be asked."


def test_a_failed_watch_is_told_as_such() -> None:
    assert [(one.kind, one.about) for one in heard(run("Failed", deployment="d2"))] == [("watch", "watch")]


def test_a_run_that_took_too_long_is_told_like_one_that_failed() -> None:
    [one] = heard(run("TimedOut", message="Flow run exceeded timeout of 300.0 second(s)"))
    assert (one.kind, one.happened) == ("failed", "Flow run exceeded timeout of 300.0 second(s)")


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"run_count": 1}, 0),
        ({"run_count": MOST_STARTS}, 1),
        ({"run_count": MOST_STARTS, "since": NOW - timedelta(days=1)}, 0),
        ({"run_count": 1, "ticks": True}, 0),
    ],
)
def test_a_crashed_run_is_told_when_nobody_starts_it_again(facts: dict[str, Any], told: int) -> None:
    assert len(heard(run("Crashed", **facts))) == told


def ticks(*hours: float, of: str = "d2") -> list[SeenRun]:
    """Ticks of the watch, or of another deployment, that died so many hours ago."""
    return [
        run("Crashed", id=f"{ago}", deployment=of, ticks=True, run_count=1, since=NOW - timedelta(hours=ago))
        for ago in hours
    ]


def test_ticks_that_keep_dying_are_one_thing_to_know() -> None:
    [one] = heard(*ticks(1.5, 0.5, 1))
    assert (one.kind, one.about, one.run_id) == ("watch", "deployment.d2", "0.5")
    assert one.happened == "The processes of 3 of its runs died within 2 hours."


def test_ticks_that_keep_dying_are_told_again_the_same_day() -> None:
    [one] = heard(*ticks(1.5, 0.5, 1, of="d1"))
    assert (EVENTS[one.kind], QUIET[one.kind]) == ("phasegate.run.failed", timedelta(hours=6))


def test_ticks_that_died_with_their_workers_long_ago_are_no_news() -> None:
    assert heard(*ticks(*range(1, 60 * 24, 24))) == []


def test_late_runs_of_a_deployment_are_one_thing_to_know() -> None:
    late = [run("Late", id=str(n), name=f"run-{n}", expected=NOW - timedelta(minutes=n)) for n in (5, 20, 40)]
    [one] = heard(*late)
    assert (one.kind, one.about) == ("late", "deployment.d1")
    assert "run-40 was due at 2026-11-02 07:20 UTC" in one.happened


def test_a_run_that_is_a_little_late_is_none() -> None:
    assert heard(run("Late", expected=NOW - timedelta(minutes=5))) == []


@pytest.mark.parametrize(
    ("begun", "last", "awake", "silent"),
    [
        (timedelta(days=1), timedelta(minutes=6), SILENT * 2, False),
        (timedelta(days=1), 2 * SILENT, SILENT * 2, True),
        (timedelta(days=1), None, SILENT * 2, True),
        (timedelta(minutes=6), timedelta(days=1), SILENT * 2, False),  # it was paused, and was just switched on again
        (timedelta(days=1), timedelta(hours=8), SILENT, False),  # everything was stopped for the night
    ],
)
def test_a_watch_is_silent_after_four_ticks(
    begun: timedelta, last: timedelta | None, awake: timedelta, silent: bool
) -> None:
    found = silence(NOW - begun, NOW - last if last else None, NOW, NOW - awake)
    assert bool(found) == silent


def test_what_was_due_while_everything_was_stopped_is_late_only_when_nobody_takes_it_then() -> None:
    late = run("Late", expected=NOW - timedelta(hours=8))
    assert not heard(late, awake=timedelta(minutes=9))
    assert heard(late, awake=timedelta(minutes=11))


@pytest.mark.parametrize(
    ("looks", "awake"),
    [
        ([], 0),
        ([1, 2, 4, 13, 24, 25], 13),
        ([600, 601], 0),
        ([15, 30, 45, 60, 75], 75),  # somebody made the janitor slower
        ([15, 600, 615, 630, 645], 15),
    ],
)
def test_workers_are_awake_since_the_janitor_began_to_look_again(looks: list[int], awake: int) -> None:
    ends = [NOW - timedelta(minutes=one) for one in looks]
    assert awake_since(ends, NOW) == NOW - timedelta(minutes=awake)
