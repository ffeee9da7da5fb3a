"""A slot of the limit that a model shares with every run, worker and machine, for as long as one request takes.

Who holds what is kept by the Prefect server, under the name `blocks.limits.limit_name` gives. The commands of one machine
share a server and its data with `phasegate serve`, so the limits of a bootstrap hold for `phasegate run` too. Before the
first bootstrap there are none: then each process keeps to its blocks' `concurrency` alone, and the doctor says so.

A model with a limit on requests a minute takes a slot of that one too, right before each request. Nobody gives it back:
the server takes away some of them each second.

Prefect's own `concurrency()` starts a thread with a client of its own for each slot, which takes longer than some models
answer; the three requests it makes are made here on one client for the whole run.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.responses import ConcurrencyLimitWithLeaseResponse
from prefect.exceptions import PrefectException
from prefect.logging import get_logger, get_run_logger

from blocks.limits import limit_name, rate_name
from blocks.models import LanguageModel

LEASE = 60.0
"""Seconds until the slot of a killed process is free again; the least that Prefect gives."""
RENEWED = 20.0
"""A slot is renewed this often, so that a renewal may fail."""
POLL = 0.3
"""Seconds between two tries for a slot, half as long or half as long again: the server knows no queue."""
PATIENCE = 30.0
"""Seconds for one answer of the Prefect server."""
BUSY = 0.04
"""Seconds until a server whose SQLite database was being written to is asked again; its client would wait 2 s or more."""
LEFT_ALONE = 60.0
"""Seconds a limit that is not there, or could not be asked for, is not asked for again."""
MOMENT, KEPT = 1.0, 5.0
"""Seconds a slot is kept for the next request of the same run, and seconds after which it is given back in any case."""
TURN = 0.5
"""Seconds a run stands aside after it gave back the only slot there is: longer than others wait between two tries."""
FULL = frozenset({422, 423})
"""HTTP statuses of a limit without a free slot; 422 is that of a limit a person has set to 0, which lets nobody in."""
NO_DECAY = "slot decay"
"""In what the server says (HTTP 422) of a rate that gets no slots back; waiting for one would never end."""
WITHOUT_DECAY = (
    "The limit %s has a slot decay per second of 0 and would let nobody through; this run goes on without it. Set the decay "
    "under Concurrency in the UI, to about a sixtieth of the requests a minute."
)
T = TypeVar("T")
UNREACHABLE = (httpx.HTTPError, PrefectException, TimeoutError, OSError, ValueError)


class BusyError(Exception):
    """The Prefect server could not write just now (HTTP 503)."""


class NoLimitError(Exception):
    """There is no limit of this name, or none that ever lets a request through."""


class NoDecayError(NoLimitError):
    """A rate without decay."""


@contextlib.asynccontextmanager
async def shared_slots() -> "AsyncIterator[SharedSlots]":
    """The slots of the Prefect server that is configured."""

    async def refuse(response: httpx.Response) -> None:
        if response.status_code == 503:
            raise BusyError

    async with get_client(httpx_settings={"event_hooks": {"response": [refuse]}}) as client:
        slots = SharedSlots(client)
        try:
            yield slots
        finally:
            await slots.close()


@dataclass(frozen=True)
class Held:
    """A slot of this process."""

    limit: str
    lease: UUID
    since: float
    only: bool
    """Whether the limit has no other."""


@dataclass
class SharedSlots:
    """Takes and gives back slots over a client of its own.

    A limit that is full is waited for. One that cannot be asked for is done without: what it protects is a model's host,
    which refuses or queues what is too much, while a run that stops is lost work. The log says so.

    A slot is kept for a moment after its request, for the next one of this run: a model that answers in no time would
    otherwise be outweighed by asking for leave. After `KEPT` it is given back in any case, and where it is the only one the
    run stands aside for a moment: it would ask again at once and come first for ever.
    """

    client: PrefectClient
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic
    _left_alone: dict[str, float] = field(default_factory=dict)
    """Limit -> until when it is not asked for."""
    _aside: dict[str, float] = field(default_factory=dict)
    """Limit -> until when it is left to others."""
    _idle: list[Held] = field(default_factory=list)
    _ends: set[asyncio.Task[None]] = field(default_factory=set)
    """What gives idle slots back when their moment is over."""

    @contextlib.asynccontextmanager
    async def slot(self, model: LanguageModel) -> AsyncIterator[None]:
        """Holds one slot of the model's limit; waits for it, and for the model's rate, as long as it takes."""
        name = limit_name(model)
        held = self._of_this_run(name) or await self._take(name)
        if held is None:
            await self._pace(rate_name(name))
            yield
            return
        renewing = asyncio.create_task(self._renew(held.lease))
        try:
            await self._pace(rate_name(name))
            yield
        finally:
            renewing.cancel()
            await self._lay_down(held)

    async def close(self) -> None:
        """Gives back what is left."""
        for ending in self._ends:
            ending.cancel()
        while self._idle:
            await self._give_back(self._idle.pop().lease)

    def _of_this_run(self, name: str) -> Held | None:
        found = next((held for held in self._idle if held.limit == name), None)
        if found:
            self._idle.remove(found)
        return found

    async def _lay_down(self, held: Held) -> None:
        if self.clock() - held.since >= KEPT:
            await self._give_back(held.lease)
            if held.only:
                self._aside[held.limit] = self.clock() + TURN
            return
        self._idle.append(held)
        ending = asyncio.create_task(self._end(held))
        self._ends.add(ending)
        ending.add_done_callback(self._ends.discard)

    async def _end(self, held: Held) -> None:
        await asyncio.sleep(MOMENT)
        if held in self._idle:
            self._idle.remove(held)
            await self._give_back(held.lease)

    async def _take(self, name: str) -> Held | None:
        """A slot; None where the limit is done without."""
        if (aside := self._aside.pop(name, 0) - self.clock()) > 0:
            await self.sleep(aside)
        granted = await self._grant(name, self._ask_for, unreachable_too=rate_name(name))
        return Held(name, granted.lease_id, self.clock(), granted.limits[0].limit == 1) if granted else None

    async def _pace(self, name: str) -> None:
        """Waits until this rate lets one more request through."""
        await self._grant(name, self._ask_rate)

    async def _grant(self, name: str, ask: Callable[[str], Awaitable[T | None]], unreachable_too: str = "") -> T | None:
        """What the server grants, as soon as there is room; None where the limit is done without."""
        waiting = False
        while self.clock() >= self._left_alone.get(name, 0):
            try:
                if granted := await ask(name):
                    return granted
            except NoLimitError as error:
                if isinstance(error, NoDecayError):
                    _log().warning(WITHOUT_DECAY, name)
                self._left_alone[name] = self.clock() + LEFT_ALONE
                return None
            except UNREACHABLE as error:
                _log().warning("The limit %s could not be asked for (%s); this run goes on without.", name, _why(error))
                self._left_alone |= dict.fromkeys((name, unreachable_too), self.clock() + LEFT_ALONE)
                return None
            if not waiting:
                _log().info("Waiting for a slot of the limit %s.", name)
            waiting = True
            await self.sleep(POLL * (0.5 + self.jitter()))
        return None

    async def _ask_for(self, name: str) -> ConcurrencyLimitWithLeaseResponse | None:
        """A slot with its lease; None if the limit is full. A cancelled request may leave a lease, which runs out."""
        reply = await _unless_full(
            lambda: self.client.increment_concurrency_slots_with_lease([name], 1, "concurrency", LEASE)
        )
        granted = ConcurrencyLimitWithLeaseResponse.model_validate(reply.json()) if reply else None
        if granted and not granted.limits:
            raise NoLimitError
        return granted

    async def _ask_rate(self, name: str) -> bool | None:
        """Whether the rate let a request through. A refusal changes nothing, so it may be asked as often as one likes."""
        reply = await _unless_full(lambda: self.client.increment_concurrency_slots([name], 1, "rate_limit"))
        if reply and not reply.json():
            raise NoLimitError
        return reply is not None

    async def _renew(self, lease: UUID) -> None:
        while True:
            await asyncio.sleep(RENEWED)
            try:
                await _soon(lambda: self.client.renew_concurrency_lease(lease, LEASE))
            except UNREACHABLE as error:
                _log().warning("A slot could not be renewed (%s); others may take it too.", _why(error))

    async def _give_back(self, lease: UUID) -> None:
        try:
            await _soon(lambda: self.client.release_concurrency_slots_with_lease(lease))
        except UNREACHABLE as error:
            _log().warning("A slot could not be given back (%s); it is free in %.0f s.", _why(error), LEASE)


async def _unless_full(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response | None:
    try:
        return await _soon(send)
    except httpx.HTTPStatusError as error:
        if error.response.status_code not in FULL:
            raise
        if NO_DECAY in error.response.text:
            raise NoDecayError from error
        return None


async def _soon(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The answer of a server that is busy for moments, however many. Raises TimeoutError if it is silent."""
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                return await send()
        except BusyError:
            await asyncio.sleep(BUSY * (0.5 + random.random()))  # noqa: S311 - spreads requests, hides nothing


def _log() -> "logging.Logger | logging.LoggerAdapter[Any]":
    """The run's log; Prefect's own where there is no run."""
    try:
        return get_run_logger()
    except PrefectException:
        return get_logger("phasegate")


def _why(error: BaseException) -> str:
    return f"HTTP {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
