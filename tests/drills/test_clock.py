"""Clocks that are set back, nights with an hour more or less, and watches that run at the same time."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from prefect.server.schemas.schedules import CronSchedule

from flows.transitions.history import as_of
from flows.transitions.moving import advance
from tests.transitions.conftest import story
from tests.transitions.story import GATE, Story

__all__ = ["story"]
BERLIN = ZoneInfo("Europe/Berlin")


def test_a_clock_set_back_an_hour_neither_ends_nor_harms_a_gate(story: Story) -> None:
    story.monitoring().called(8).waited(hours=6).called(8)
    assert story.waited(hours=-1).moved().gate.state == "MONITORING"
    story.waited(hours=7).called(8).waited(hours=6).called(8)
    assert story.waited(hours=6).moved().gate.state == "AWAITING_APPROVAL"


def test_a_gate_that_was_promoted_is_not_taken_back_when_the_clock_is(story: Story) -> None:
    story.awaiting().answered()
    assert story.waited(hours=-1).moved().gate.state == "PROMOTED"
    assert (story.gate.settled, story.serves()) == (True, "new")


def test_a_code_that_has_served_does_not_serve_again_when_the_clock_is_set_back(story: Story) -> None:
    story.opened = {"protected": True}
    story.awaiting()
    assert story.answers("Grace") == ""
    used = story.code("Grace")
    story.waited(hours=1).waited(hours=-1)
    assert story.answers("Grace", code=used) != ""
    assert story.gate.state == "AWAITING_APPROVAL"


def test_the_ledger_is_sound_and_in_order_though_its_times_are_not(story: Story) -> None:
    from tasks.records.ledger import verify

    story.monitoring().waited(hours=-1).rolled_back()
    assert verify(story.database).sound
    sequences = [entry.sequence for entry in story.world.read(gate_id=GATE)]
    assert sequences == sorted(set(sequences))


def test_a_moment_of_the_hour_that_comes_twice_is_told_by_its_offset(story: Story) -> None:
    story.clock.now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in summer time, the first of two
    story.monitoring().rolled_back()
    first = datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN)
    second = first.replace(fold=1)
    served = [as_of(story.world, "generator", "preview", moment) for moment in (first, second)]
    assert served[0] == {}
    assert served[1]["market_analysis"] == "old"


@pytest.mark.parametrize(("night", "hours"), [(datetime(2026, 3, 28, 22, tzinfo=UTC), 23), (datetime(2026, 10, 24, 22, tzinfo=UTC), 25)])  # fmt: skip
@pytest.mark.parametrize("cron", ["30 1 * * *", "30 2 * * *", "30 3 * * *"])
def test_a_nightly_run_comes_once_in_a_night_of_another_length(night: datetime, hours: int, cron: str) -> None:
    schedule = CronSchedule(cron=cron, timezone="Europe/Berlin")
    days = asyncio.run(schedule.get_dates(start=night, end=night + timedelta(hours=hours)))
    assert len(days) <= 1
    assert len(asyncio.run(schedule.get_dates(start=night, end=night + timedelta(hours=hours + 24)))) >= 1


def test_watches_at_the_same_time_roll_back_once(story: Story) -> None:
    story.monitoring().called(20, failed=20).waited(minutes=1)
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(lambda _: asyncio.run(advance(story.world, GATE)).state, range(4)))
    assert set(states) == {"ROLLED_BACK"}
    assert [entry.body["to"] for entry in story.world.read("moved")].count("ROLLED_BACK") == 1
    assert (story.gate.settled, story.serves()) == (True, "old")


def test_watches_at_the_same_time_promote_once(story: Story) -> None:
    story.awaiting().answers()
    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(lambda _: asyncio.run(advance(story.world, GATE)).state, range(4)))
    assert set(states) == {"PROMOTED"}
    assert [entry.body["to"] for entry in story.world.read("moved")].count("PROMOTED") == 1
