"""A slot of the limit that a model shares with every run, worker and machine, for as long as one request takes.

Who holds what is kept by the Prefect server, under the name `blocks.limits.limit_name` gives. The commands of one machine
share a server and its data with `phasegate serve`, so the limits of a bootstrap hold for `phasegate run` too. Before the
first bootstrap there are none: then each process keeps to its blocks' `concurrency` alone, and the doctor says so.

Prefect's own `concurrency()` starts a thread with a client of its own for each slot, which takes longer than some models
answer; the three requests it makes are made here on the run's client.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.responses import ConcurrencyLimitWithLeaseResponse
from prefect.exceptions import PrefectException
from prefect.logging import get_logger, get_run_logger

from blocks.limits import limit_name
from blocks.models import LanguageModel

LEASE = 60.0
"""Seconds until the slot of a killed process is free again; the least that Prefect gives."""
RENEWED = 20.0
"""A slot is renewed this often, so that two renewals may fail."""
POLL = 0.5
"""Seconds between two tries for a slot, half as long or half as long again: the server knows no queue."""
PATIENCE = 10.0
"""Seconds for one answer of the Prefect server."""
LEFT_ALONE = 60.0
"""Seconds a limit that is not there, or could not be asked for, is not asked for again."""
FULL = frozenset({422, 423})
"""HTTP statuses of a limit without a free slot; 422 is that of a limit a person has set to 0, which lets nobody in."""
UNREACHABLE = (httpx.HTTPError, PrefectException, TimeoutError, OSError, ValueError)


@dataclass
class SharedSlots:
    """Takes and gives back slots over a run's Prefect client.

    A limit that is full is waited for. One that cannot be asked for is done without: what it protects is a model's host,
    which refuses or queues what is too much, while a run that stops is lost work. The log says so.
    """

    client: PrefectClient
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic
    _left_alone: dict[str, float] = field(default_factory=dict)
    """Limit -> until when it is not asked for."""

    @contextlib.asynccontextmanager
    async def slot(self, model: LanguageModel) -> AsyncIterator[None]:
        """Holds one slot of the model's limit; waits for it as long as it takes."""
        lease = await self._take(limit_name(model))
        if lease is None:
            yield
            return
        renewing = asyncio.create_task(self._renew(lease))
        try:
            yield
        finally:
            renewing.cancel()
            await self._give_back(lease)

    async def _take(self, name: str) -> UUID | None:
        """The lease of a slot; None where the limit is done without."""
        waiting = False
        while self.clock() >= self._left_alone.get(name, 0):
            try:
                granted = await self._ask_for(name)
            except UNREACHABLE as error:
                _log().warning("The limit %s could not be asked for (%s); this run goes on without.", name, _why(error))
                break
            if granted is not None:
                if granted.limits:
                    return granted.lease_id
                break
            if not waiting:
                _log().info("Waiting for a slot of the limit %s.", name)
            waiting = True
            await self.sleep(POLL * (0.5 + self.jitter()))
        else:
            return None
        self._left_alone[name] = self.clock() + LEFT_ALONE
        return None

    async def _ask_for(self, name: str) -> ConcurrencyLimitWithLeaseResponse | None:
        """What the server grants; None if the limit is full. A cancelled request may leave a lease, which runs out."""
        try:
            async with asyncio.timeout(PATIENCE):
                reply = await self.client.increment_concurrency_slots_with_lease([name], 1, "concurrency", LEASE)
        except httpx.HTTPStatusError as error:
            if error.response.status_code in FULL:
                return None
            raise
        return ConcurrencyLimitWithLeaseResponse.model_validate(reply.json())

    async def _renew(self, lease: UUID) -> None:
        while True:
            await asyncio.sleep(RENEWED)
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.client.renew_concurrency_lease(lease, LEASE)
            except UNREACHABLE as error:
                _log().warning("A slot could not be renewed (%s); others may take it too.", _why(error))

    async def _give_back(self, lease: UUID) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self.client.release_concurrency_slots_with_lease(lease)
        except UNREACHABLE as error:
            _log().warning("A slot could not be given back (%s); it is free in %.0f s.", _why(error), LEASE)


def _log() -> "logging.Logger | logging.LoggerAdapter[Any]":
    """The run's log; Prefect's own where there is no run."""
    try:
        return get_run_logger()
    except PrefectException:
        return get_logger("phasegate")


def _why(error: BaseException) -> str:
    return f"HTTP {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
