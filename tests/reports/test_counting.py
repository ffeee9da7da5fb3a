"""How far a long run is, where several of its pieces end at the same time and the server takes its time."""

import asyncio
import time
from typing import Any
from uuid import UUID, uuid4

import pytest

from flows import showing
from flows.showing import counted

Told = list[tuple[float, str]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the server was told, in the order it took it in; the first takes longest."""
    said: Told = []
    waits = [0.05, 0.02]

    async def created(progress: float, **_: Any) -> UUID:
        return uuid4()

    async def update(artifact: UUID, progress: float, description: str) -> None:
        await asyncio.sleep(waits.pop(0) if waits else 0)
        said.append((progress, description))

    class OfThisRun:
        id = "a-run"

    monkeypatch.setattr(showing, "flow_run", OfThisRun)
    monkeypatch.setattr(showing, "acreate_progress_artifact", created)
    monkeypatch.setattr(showing, "aupdate_progress_artifact", update)
    return said


def test_what_is_done_at_once_is_told_once(told: Told) -> None:
    async def at_once() -> None:
        async with counted("generator-progress", "stages", 4) as counting:
            for _ in range(4):
                counting.step()

    asyncio.run(at_once())
    assert told == [(100.0, "4 of 4 stages")]


def test_what_comes_while_the_server_is_told_is_told_after(told: Told) -> None:
    async def one_by_one() -> None:
        async with counted("generator-progress", "stages", 3) as counting:
            for _ in range(3):
                counting.step()
                await asyncio.sleep(0.01)

    asyncio.run(one_by_one())
    assert told == [(pytest.approx(33.33, abs=0.01), "1 of 3 stages"), (100.0, "3 of 3 stages")]


def test_a_run_under_way_is_told_at_its_pace(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "PACE_SECONDS", 0.01)

    async def slowly() -> None:
        async with counted("generator-progress", "stages", 3) as counting:
            for _ in range(3):
                counting.step()
                await asyncio.sleep(0.3)

    asyncio.run(slowly())
    assert [said for _, said in told] == ["1 of 3 stages", "2 of 3 stages", "3 of 3 stages"]


def test_the_last_state_of_a_run_that_breaks_is_told(told: Told) -> None:
    async def broken() -> None:
        async with counted("generator-progress", "stages", 3) as counting:
            counting.reached(1)
            await asyncio.sleep(0.1)
            counting.reached(2)
            raise ValueError("stage 3")

    with pytest.raises(ValueError, match="stage 3"):
        asyncio.run(broken())
    assert [said for _, said in told] == ["1 of 3 stages", "2 of 3 stages"]


def test_progress_that_cannot_be_told_hides_no_error_and_ends_no_run(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unforeseen(artifact: UUID, progress: float, description: str) -> None:
        raise ValueError("a login page is no JSON")

    async def run(fails: bool) -> None:
        async with counted("generator-progress", "stages", 3) as counting:
            counting.step()
            await asyncio.sleep(0)
            if fails:
                raise KeyError("stage 2")

    monkeypatch.setattr(showing, "aupdate_progress_artifact", unforeseen)
    asyncio.run(run(fails=False))
    with pytest.raises(KeyError, match="stage 2"):
        asyncio.run(run(fails=True))


def test_a_run_does_not_wait_long_for_a_server_that_hangs(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs(artifact: UUID, progress: float, description: str) -> None:
        await asyncio.sleep(60)

    async def run() -> None:
        async with counted("generator-progress", "stages", 3) as counting:
            counting.step()

    monkeypatch.setattr(showing, "aupdate_progress_artifact", hangs)
    monkeypatch.setattr(showing, "LAST_WORD_SECONDS", 0.05)
    began = time.monotonic()
    asyncio.run(run())
    assert time.monotonic() - began < 30


def test_nothing_done_is_not_told_again(told: Told) -> None:
    async def idle() -> None:
        async with counted("generator-progress", "stages", 3):
            pass

    asyncio.run(idle())
    assert told == []
