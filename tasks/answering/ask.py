"""One typed answer from one model: tries, repair, one more question, and everything measured on the way."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import httpx
from pydantic import BaseModel

from blocks.errors import CallError
from blocks.models import LanguageModel
from blocks.models.faults import fault
from blocks.models.wire import Endpoint, Question, Reply
from tasks.answering.call import Asked, Attempt
from tasks.answering.limits import characters_left, require_fit
from tasks.answering.parse import Parsed, UnusableAnswerError, parse, storable
from tasks.answering.transport import Exchange, send

T = TypeVar("T", bound=BaseModel)
Kind = Literal["first", "retry", "re-ask"]

LONGEST_WAIT = 60.0
"""Seconds; a server that asks for a longer pause counts as failed."""
LONGEST_COMPLAINT = 1500
"""Characters of what was wrong that go into the second question."""
OF_THE_MODEL = frozenset({"json_mode", "incomplete", "empty_answer"})
"""Faults of what the model wrote: with the same seed it would write the same again."""


@dataclass(frozen=True)
class Model:
    """A model as a run has pinned it: its block, where it is reached, and what its weights are called."""

    name: str
    """Name of the block document."""
    block: LanguageModel
    endpoint: Endpoint
    digest: str | None = None

    @property
    def server(self) -> str:
        """What a limit on requests at the same time is for: blocks on one server with the same limit share it."""
        return f"{self.block.provider} {self.endpoint.base_url} {self.block.concurrency}"


Slot = Callable[[LanguageModel], AbstractAsyncContextManager[None]]
"""Leave to send one request to a model, for as long as the context lasts."""


@contextlib.asynccontextmanager
async def unshared(model: LanguageModel) -> AsyncIterator[None]:
    """Leave at once. For a probe: a way back must not wait until a busy model has answered everybody else."""
    yield


@dataclass
class Asking:
    """Asks models. One for a run: it shares connections and keeps the requests to each server within its limit.

    The limit of this process lasts for a whole question; `slot`, which other processes share, for one request, so that
    nobody waits for a run that waits itself. `sleep` and `jitter` are passed in so that tests do not wait.
    """

    client: httpx.AsyncClient
    slot: Slot = unshared
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    _slots: dict[str, asyncio.Semaphore] = field(default_factory=dict)

    async def typed(self, model: Model, question: Question, wanted: type[T]) -> Asked[T]:
        """An answer of type `wanted`. Never raises CallError: a failure is part of what is returned."""
        return await self._ask(model, question, lambda reply: parse(reply, wanted))

    async def prose(self, model: Model, question: Question) -> Asked[str]:
        """A text. Never raises CallError: a failure is part of what is returned."""
        return await self._ask(model, question, _text)

    async def _ask(self, model: Model, question: Question, read: Callable[[Reply], Any]) -> Asked[Any]:
        require_fit(model.block, question, model.name)
        attempts: list[Attempt] = []
        async with self._slots.setdefault(model.server, asyncio.Semaphore(model.block.concurrency)):
            try:
                parsed = await self._answer(model, question, read, attempts)
            except CallError as error:
                return Asked("failed", tuple(attempts), error=error)
        attempts[-1] = replace(attempts[-1], raw_body="")
        asked_again = any(attempt.error_class == "invalid_answer" for attempt in attempts)
        repairs = parsed.repairs + (("asked again",) if asked_again else ())
        return Asked("repaired" if repairs else "first_pass", tuple(attempts), value=parsed.value, repairs=repairs)

    async def _answer(
        self, model: Model, question: Question, read: Callable[[Reply], Any], attempts: list[Attempt]
    ) -> Any:
        try:
            return read(await self._send(model, question, attempts))
        except UnusableAnswerError as error:
            reasons = _mark_unusable(attempts, str(error))
        try:
            return read(await self._send(model, _again(model.block, question, reasons), attempts, again=True))
        except UnusableAnswerError as error:
            reasons = _mark_unusable(attempts, str(error))
        raise fault("invalid_answer", f"{model.name} answered {question.name} in a wrong form twice:\n{reasons}")

    async def _send(self, model: Model, question: Question, attempts: list[Attempt], again: bool = False) -> Reply:
        """The reply of the first request that gets through, at most `attempts` of the block."""
        for number in range(model.block.attempts):
            kind: Kind = "retry" if number else "re-ask" if again else "first"
            exchange = Exchange()
            try:
                return await self._attempt(model, question, kind, exchange, attempts)
            except CallError as error:
                wait = self._wait(number, exchange)
                last = number + 1 == model.block.attempts or _twice(attempts, "json_mode")
                if not error.retryable or last or wait > LONGEST_WAIT:
                    raise
                await self.sleep(wait)
                other_seed = question.seed + (error.error_class in OF_THE_MODEL)
                question = replace(question, fresh=True, seed=other_seed)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _attempt(
        self, model: Model, question: Question, kind: Kind, exchange: Exchange, attempts: list[Attempt]
    ) -> Reply:
        """Sends once, as soon as there is a slot, and notes how it went. Waiting for the slot is no time of the model."""
        async with self.slot(model.block):
            first = model.endpoint.first()
            started, clock = datetime.now(UTC), time.perf_counter()
            try:
                reply = await send(self.client, model.block, model.endpoint, question, exchange)
            except CallError as error:
                seconds = time.perf_counter() - clock
                attempts.append(
                    Attempt(kind, started, seconds, exchange.status, error.error_class, error.happened, exchange.kept())
                )
                raise
            attempts.append(_good(kind, started, time.perf_counter() - clock, exchange, reply, first))
            return reply

    def _wait(self, number: int, exchange: Exchange) -> float:
        """Seconds before the next try: what the server asks for, else 2, 4, 8 ... with up to a quarter more."""
        if exchange.retry_after is not None:
            return exchange.retry_after
        return float(min(LONGEST_WAIT, 2 ** (number + 1) * (1 + self.jitter() / 4)))


def _twice(attempts: Sequence[Attempt], error_class: str) -> bool:
    """A model that has failed at its schema with two seeds will fail with a third."""
    return [attempt.error_class for attempt in attempts].count(error_class) > 1


def _good(kind: Kind, started: datetime, seconds: float, exchange: Exchange, reply: Reply, first: bool) -> Attempt:
    return Attempt(
        kind, started, seconds, exchange.status,
        prompt_tokens=reply.prompt_tokens, completion_tokens=reply.completion_tokens, truncated=reply.truncated,
        raw_body=exchange.kept(), cold=reply.cold or first,
    )  # fmt: skip


def _mark_unusable(attempts: list[Attempt], reasons: str) -> str:
    """The last attempt came through but its answer is of no use: say so, keep its body, and tell truncation apart."""
    if attempts[-1].truncated:
        reasons = f"The answer was cut at the output limit.\n{reasons}"
    attempts[-1] = replace(attempts[-1], error_class="invalid_answer", message=reasons)
    return reasons


def _again(block: LanguageModel, question: Question, reasons: str) -> Question:
    """The same question with what was wrong, another seed, and no cache that could give the same answer back.

    What was wrong is left out where the window has no room for it: a prompt that is cut in silence is worse.
    """
    before, after = (
        "\n\nYour previous answer could not be used:\n",
        "\nAnswer again, complete and in the requested form.",
    )
    left = min(LONGEST_COMPLAINT, characters_left(block, question) - len(before + after))
    complaint = before + reasons[:left] + after if left > 0 else ""
    return replace(question, user=question.user + complaint, seed=question.seed + 1, fresh=True)


def _text(reply: Reply) -> Parsed[Any]:
    text = storable(reply.text or "").strip()
    if not text:
        raise UnusableAnswerError("The answer holds no text.")
    return Parsed(text)
