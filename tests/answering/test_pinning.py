"""Models whose server does not answer, or has not the model, when a run begins."""

import asyncio
from contextlib import ExitStack
from dataclasses import replace

import httpx
import pytest

from blocks.errors import CallError, ConfigurationError
from tasks.answering.ask import Asking, Model
from tasks.answering.call import Asked
from tasks.answering.pinning import pin
from tests.answering.setting import QUESTION, TERN, Bird, Waits, classes, cloudflare, ollama, on_asking
from tests.doubles.model_server import ModelServer, catalogue

NEW = replace(catalogue.SMOL, name="hoopoe:1b")


def asked_after(models: ModelServer, pulled: bool, waits: Waits) -> tuple[Asked[Bird], str | None]:
    """The answer of a model that the server did not have when it was pinned, and the digest known then."""
    models.answer = lambda request: TERN
    block = ollama(models, model=NEW.name)

    async def pin_and_ask(asking: Asking, _: Model) -> tuple[Asked[Bird], str | None]:
        with ExitStack() as reached:
            model = await pin("the-block", block, reached, asking.client)
            if pulled:
                models.host(NEW)
            asked = await asking.typed(model, QUESTION, Bird)
            return asked, asking.digest(model)

    found: tuple[Asked[Bird], str | None] = on_asking(block, pin_and_ask, waits)
    return found


def test_a_model_that_is_not_there_is_a_failed_call_of_who_asks_it(models: ModelServer) -> None:
    asked, digest = asked_after(models, pulled=False, waits=Waits())
    assert (asked.outcome, classes(asked), digest) == ("failed", ["unknown_model"], None)
    assert not models.requests


def test_one_that_has_come_by_the_first_question_is_identified_and_asked(models: ModelServer) -> None:
    asked, digest = asked_after(models, pulled=True, waits=Waits())
    assert (asked.outcome, classes(asked), digest) == ("first_pass", [None], NEW.digest)


def test_identifying_a_model_is_no_time_of_its_answer(models: ModelServer) -> None:
    async def slow_list(request: httpx.Request) -> None:
        await asyncio.sleep(0.5 * request.url.path.endswith("/tags"))

    async def ask(asking: Asking, model: Model) -> Asked[Bird]:
        asking.client.event_hooks = {"request": [slow_list]}
        return await asking.typed(replace(model, unidentified=CallError("It was away.")), QUESTION, Bird)

    models.answer = lambda request: TERN
    (attempt,) = on_asking(ollama(models), ask).attempts
    assert attempt.seconds < 0.5


def test_a_server_that_refuses_the_connection_is_tried_again(models: ModelServer) -> None:
    block, waits = ollama(models, base_url="http://127.0.0.1:9"), Waits()

    async def pin_and_ask(asking: Asking, _: Model) -> Asked[Bird]:
        with ExitStack() as reached:
            return await asking.typed(await pin("b", block, reached, asking.client), QUESTION, Bird)

    assert classes(on_asking(block, pin_and_ask, waits)) == ["connection"] * 3
    assert waits.seconds == [2, 4]


def test_a_block_that_cannot_be_used_is_named(models: ModelServer) -> None:
    block = cloudflare(models, account_id="")

    async def pinned(asking: Asking, _: Model) -> None:
        with ExitStack() as reached:
            await pin("the-third", block, reached, asking.client)

    with pytest.raises(ConfigurationError, match="'the-third'"):
        on_asking(ollama(models), pinned)
