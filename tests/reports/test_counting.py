"""How far a long run is, where several of its pieces end at the same time."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from flows.showing import Counting


def test_an_update_that_takes_long_is_not_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, told = [0.05, 0.02, 0.0], []

    async def slow_at_first(artifact: UUID, progress: float, description: str) -> None:
        await asyncio.sleep(waits.pop(0))
        told.append(description)

    async def at_once() -> None:
        counting = Counting("stages", 3, artifact=uuid4())
        await asyncio.gather(*(counting.step() for _ in range(3)))

    monkeypatch.setattr("flows.showing.aupdate_progress_artifact", slow_at_first)
    asyncio.run(at_once())
    assert told[-1] == "3 of 3 stages"


def test_an_overtaken_update_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[float, str]] = []

    async def update(artifact: UUID, progress: float, **said: Any) -> None:
        await asyncio.sleep(0)
        told.append((progress, said["description"]))

    async def at_once() -> None:
        counting = Counting("stages", 4, artifact=uuid4())
        await asyncio.gather(*(counting.step() for _ in range(4)))

    monkeypatch.setattr("flows.showing.aupdate_progress_artifact", update)
    asyncio.run(at_once())
    assert told[-1] == (100.0, "4 of 4 stages")
    assert len(told) < 4
