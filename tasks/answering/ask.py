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
    unidentified: CallError | None = None
    """Why its server did not tell the digest when the model was pinned; the first question asks for it once more."""

    @property
    def server(self) -> str:
        """What a limit on requests at the same time is for: blocks on one server with the same limit share it."""
        return f"{self.block.provider} {self.endpoint.base_url} {self.block.concurrency}"


Slot = Callable[[LanguageModel], AbstractAsyncContextManager[None]]
"""Leave to send one request to a model, for as long as the context lasts."""


Due = Callable[[], Awaitable[None]]
"""Called when it is a question's turn, before its first request. What it raises takes the question back, unasked."""


async def at_once() -> None:
    """For a question that nothing can take back."""


@contextlib.asynccontextmanager
async def unshared(model: LanguageModel) -> AsyncIterator[None]:
    """Leave at once. For a probe: a way back must not wait until a busy model has answered everybody else."""
    yield


@dataclass(frozen=True)
class _Call:
    """One question under way."""

    model: Model
    due: Due
    attempts: list[Attempt] = field(default_factory=list)


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
    _digests: dict[str, str | None] = field(default_factory=dict)
    """Block name -> digest of a model that could not be identified when it was pinned."""

    async def typed(self, model: Model, question: Question, wanted: type[T], due: Due = at_once) -> Asked[T]:
        """An answer of type `wanted`. Never raises CallError: a failure is part of what is returned."""
        return await self._ask(_Call(model, due), question, lambda reply: parse(reply, wanted))

    async def prose(self, model: Model, question: Question, due: Due = at_once) -> Asked[str]:
        """A text. Never raises CallError: a failure is part of what is returned."""
        return await self._ask(_Call(model, due), question, _text)

    def digest(self, model: Model) -> str | None:
        """The model's digest, as far as its server has told it by now."""
        return model.digest or self._digests.get(model.name)

    async def _ask(self, call: _Call, question: Question, read: Callable[[Reply], Any]) -> Asked[Any]:
        model, attempts = call.model, call.attempts
        require_fit(model.block, question, model.name)
        async with self._slots.setdefault(model.server, asyncio.Semaphore(model.block.concurrency)):
            try:
                parsed = await self._answer(call, question, read)
            except CallError as error:
                return Asked("failed", tuple(attempts), error=error)
        attempts[-1] = replace(attempts[-1], raw_body="")
        asked_again = any(attempt.error_class == "invalid_answer" for attempt in attempts)
        repairs = parsed.repairs + (("asked again",) if asked_again else ())
        return Asked("repaired" if repairs else "first_pass", tuple(attempts), value=parsed.value, repairs=repairs)

    async def _answer(self, call: _Call, question: Question, read: Callable[[Reply], Any]) -> Any:
        try:
            return read(await self._send(call, question))
        except UnusableAnswerError as error:
            reasons = _mark_unusable(call.attempts, str(error))
        try:
            return read(await self._send(call, _again(call.model.block, question, reasons), again=True))
        except UnusableAnswerError as error:
            reasons = _mark_unusable(call.attempts, str(error))
        raise fault("invalid_answer", f"{call.model.name} answered {question.name} in a wrong form twice:\n{reasons}")

    async def _send(self, call: _Call, question: Question, again: bool = False) -> Reply:
        """The reply of the first request that gets through, at most `attempts` of the block."""
        for number in range(call.model.block.attempts):
            kind: Kind = "retry" if number else "re-ask" if again else "first"
            exchange = Exchange()
            try:
                return await self._attempt(call, question, kind, exchange)
            except CallError as error:
                wait = self._wait(number, exchange)
                last = number + 1 == call.model.block.attempts or _twice(call.attempts, "json_mode")
                if not error.retryable or last or wait > LONGEST_WAIT:
                    raise
                await self.sleep(wait)
                other_seed = question.seed + (error.error_class in OF_THE_MODEL)
                question = replace(question, fresh=True, seed=other_seed)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _attempt(self, call: _Call, question: Question, kind: Kind, exchange: Exchange) -> Reply:
        """Sends once, as soon as there is a slot, and notes how it went. Waiting for the slot is no time of the model."""
        model, attempts = call.model, call.attempts
        async with self.slot(model.block):
            if not attempts:
                await call.due()
            first = model.endpoint.first()
            started, clock = datetime.now(UTC), time.perf_counter()
            try:
                await self._identify(model)
                clock = time.perf_counter()  # asking who it is, is no time of its answer
                reply = await send(self.client, model.block, model.endpoint, question, exchange)
            except CallError as error:
                seconds = time.perf_counter() - clock
                attempts.append(
                    Attempt(kind, started, seconds, exchange.status, error.error_class, error.happened, exchange.kept())
                )
                raise
            attempts.append(_good(kind, started, time.perf_counter() - clock, exchange, reply, first))
            return reply

    async def _identify(self, model: Model) -> None:
        """Asks again for the digest that was not to be had. Raises CallError: unknown weights are asked nothing."""
        if model.unidentified and model.name not in self._digests:
            self._digests[model.name] = await model.block.digest(self.client, model.endpoint)

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
