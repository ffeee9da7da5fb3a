"""The double itself: one local server, three protocols, hooks, faults and a log. See `ModelServer`."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from tests.doubles.model_server.answers import default_text
from tests.doubles.model_server.asked import (
    AskedRequest,
    Dialect,
    HostedModel,
    Question,
    Said,
    json_response,
    limited,
)
from tests.doubles.model_server.catalogue import DEFAULT_MODELS
from tests.doubles.model_server.cloudflare import Cloudflare
from tests.doubles.model_server.faults import Carried, Fault, Moment, Raw, Refused, Spoken
from tests.doubles.model_server.house import House
from tests.doubles.model_server.journal import Exchange, Journal
from tests.doubles.model_server.ollama import Ollama
from tests.doubles.model_server.openai import OpenAI
from tests.doubles.model_server.plan import Condition, FaultPlan
from tests.doubles.model_server.wire import HttpRequest, HttpResponse, LocalHttpServer, Send

Text = str | dict[str, Any] | list[Any] | None
"""What a model is to say; objects are written as JSON text. None: the default answer."""


class ModelServer:
    """A language-model server for tests on a free port of 127.0.0.1; use it as a context manager.

    Without any set-up it answers every question: a valid instance of the JSON schema in the request (or written out in
    the prompt), else prose; always the same for the same seed and prompt. Leaving the context raises AssertionError if
    the test left the double without an answer it could give, so that no test passes on a mistake of its own.
    """

    def __init__(
        self,
        models: Sequence[HostedModel] = DEFAULT_MODELS,
        *,
        token: str = "test-token",
        account: str = "test-account",
        gateway_cache_ttl: float | None = 3360.0,
        clock: Callable[[], float] = time.monotonic,
        log_limit: int | None = None,
    ) -> None:
        self.answer: Callable[[AskedRequest], Text | Fault] | None = None
        """Asked for every question; also for the good text a fault then spoils. Runs in the event loop: never blocks."""
        self.delay: Callable[[AskedRequest], float] | None = None
        """Seconds to wait before answering, per question; other questions go on meanwhile."""
        self.problems: list[str] = []
        """Questions the double could not answer, raised when the context is left."""
        self.token, self.account = token, account
        self._house = House(token, account, {model.name: model for model in models}, clock)
        self._cloudflare = Cloudflare(self._house, gateway_cache_ttl)
        self._dialects: tuple[Dialect, ...] = (self._cloudflare, Ollama(self._house), OpenAI(self._house))
        self._journal = Journal(log_limit)
        self._plan = FaultPlan()
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._open = asyncio.Event()
        self._open.set()
        self._http = LocalHttpServer(self._handle)

    # Where it is ------------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The root; also Ollama's base URL."""
        return f"http://127.0.0.1:{self._http.port}"

    @property
    def cloudflare_url(self) -> str:
        """Stands for `https://api.cloudflare.com/client/v4`."""
        return f"{self.url}/client/v4"

    @property
    def gateway_url(self) -> str:
        """Stands for `https://gateway.ai.cloudflare.com/v1`."""
        return f"{self.url}/v1"

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    # What it has seen -------------------------------------------------------------------------------------------------

    @property
    def requests(self) -> tuple[AskedRequest, ...]:
        """Every question so far, refused and cached ones included, in order of arrival."""
        return self._journal.asked

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every HTTP request answered so far, lists and refusals included."""
        return self._journal.exchanges

    @property
    def max_in_flight(self) -> Mapping[str, int]:
        """Most questions under way at one time, by model; those that wait for a slot do not count."""
        return self._journal.max_in_flight

    def wait_for_requests(self, count: int, timeout: float = 30.0) -> tuple[AskedRequest, ...]:
        """Block until that many questions have arrived; AssertionError when they do not."""
        self._journal.wait_for(count, timeout)
        return self.requests

    def clear(self) -> None:
        """Empty the logs, the highest counts and the gateway's cache; hooks and faults stay."""
        self._journal.clear()
        self._cloudflare.forget()

    # What it is to do -------------------------------------------------------------------------------------------------

    def host(self, model: HostedModel) -> None:
        """Serve this model too, or serve it differently from now on."""
        self._house.models[model.name] = model
        self._slots.pop(model.name, None)

    def host_only(self, models: Iterable[HostedModel]) -> None:
        """Serve these, as they are given, and no others."""
        wanted = {model.name: model for model in models}
        for name in self._house.models.keys() - wanted.keys():
            self.withdraw(name)
        for model in wanted.values():
            self.host(model)

    def withdraw(self, name: str) -> None:
        """Serve this model no longer."""
        del self._house.models[name]

    def fail_next(self, *faults: Fault, times: int = 1, when: Condition = lambda request: True) -> None:
        """The next matching questions meet these faults, one after the other, each `times` times."""
        for fault in faults:
            self._plan.add(fault, times, when)

    def fail_when(self, when: Condition, fault: Fault) -> None:
        """Every matching question meets the fault until `heal()`."""
        self._plan.add(fault, None, when)

    def heal(self) -> None:
        """Forget the planned faults that are left."""
        self._plan.clear()

    def pause(self) -> None:
        """Hold every question from now on, until `resume()`."""
        self._http.call(self._open.clear)

    def resume(self) -> None:
        self._http.call(self._open.set)

    def start(self) -> Self:
        self._http.start()
        return self

    def stop(self) -> None:
        self._http.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None and self.problems:
            raise AssertionError("The model server had no answer to give:\n" + "\n".join(self.problems))

    # How a request is served ------------------------------------------------------------------------------------------

    async def _handle(self, http: HttpRequest, send: Send) -> None:
        try:
            found = next(filter(None, (dialect.receive(http) for dialect in self._dialects)), None)
        except Exception as error:  # a request so odd that a dialect fails over it
            self.problems.append(f"{http.method} {http.path}: {type(error).__name__}: {error}")
            found = json_response({"error": "the test double does not understand this"}, 500)
        match found:
            case Question():
                dialect = next(one for one in self._dialects if one.speaks(found.asked.protocol))
                await self._serve(dialect, found, send)
            case HttpResponse():
                await self._reply(http, found, send)
            case _:
                await self._reply(http, json_response({"error": "not found"}, 404), send)

    async def _serve(self, dialect: Dialect, question: Question, send: Send) -> None:
        asked = self._journal.ask(question.asked, self._house.clock())
        if ready := question.refusal or question.cached:
            await self._reply(asked.http, ready, send)
            return
        async with self._slot(asked):
            with self._journal.flight(asked.model):
                await self._reply(asked.http, question.keep(await self._respond(dialect, asked)), send)

    async def _reply(self, http: HttpRequest, response: HttpResponse, send: Send) -> None:
        self._journal.answered(http, response.status)
        await send(response)

    def _slot(self, asked: AskedRequest) -> contextlib.AbstractAsyncContextManager[Any]:
        model = self._house.model(asked.model) or self._house.by_tag(asked.model)
        if model is None or model.slots is None:
            return contextlib.nullcontext()
        return self._slots.setdefault(model.name, asyncio.Semaphore(model.slots))

    async def _respond(self, dialect: Dialect, asked: AskedRequest) -> HttpResponse:
        await self._open.wait()
        try:
            if self.delay and (seconds := self.delay(asked)) > 0:
                await asyncio.sleep(seconds)
            planned, hooked = self._plan.due(asked), self.answer(asked) if self.answer else None
            text = None if isinstance(hooked, Fault) else hooked
            if fault := planned or (hooked if isinstance(hooked, Fault) else None):
                return await self._with_fault(dialect, asked, fault, text)
            said = await self._said(asked, text)
            self._journal.said(asked.prompt, str(said.value))
            return self._say(dialect, asked, said)
        except Exception as error:
            # Whatever a hook, a fault or a schema does wrong is a defect of the test, told when the context is left.
            self.problems.append(f"request {asked.number} to {asked.model}: {type(error).__name__}: {error}")
            return dialect.fail(500, None, "the test double has no answer to this", {})

    async def _with_fault(self, dialect: Dialect, asked: AskedRequest, fault: Fault, text: Text) -> HttpResponse:
        match fault:
            case Refused():
                return dialect.fail(fault.status, fault.code, fault.message, fault.headers)
            case Raw():
                return fault.response
            case Carried():
                good = self._say(dialect, asked, await self._said(asked, text))
                return replace(good, manner=fault.manner, drip_seconds=fault.drip_seconds)
            case Spoken():
                said = await self._said(asked, text)
                moment = Moment(asked, str(said.value), self._journal.said_to_others(asked.prompt))
                return self._say(dialect, asked, replace(said, value=fault.change(moment), **fault.traits(moment)))
            case _:
                raise TypeError(f"{fault!r} is none of the four kinds of faults")

    def _say(self, dialect: Dialect, asked: AskedRequest, said: Said) -> HttpResponse:
        return dialect.say(asked, said, self._house.clock() - asked.at)

    async def _said(self, asked: AskedRequest, answer: Text) -> Said:
        """What the model says: the hook's answer or the default, within the limits in force."""
        if answer is None:
            return limited(default_text(asked), asked)
        return limited(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False), asked)
