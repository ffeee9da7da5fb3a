"""What is measured of a call and kept of it, and the limits it stays within."""

import asyncio
import tracemalloc
from dataclasses import replace
from typing import Any

import httpx
import pytest

from blocks.errors import PromptTooLongError
from tasks.answering.ask import Asking, Model
from tests.answering.setting import (
    QUESTION,
    Bird,
    ask,
    classes,
    last,
    ollama,
    on_asking,
    openai,
)
from tests.doubles.model_server import ModelServer, faults


def test_the_latency_is_that_of_the_good_attempt_alone(models: ModelServer) -> None:
    models.delay = lambda request: 0.4 if request.number == 1 else 0
    models.fail_next(faults.http_error(500))

    asked = ask(openai(models))

    assert asked.latency == last(asked).seconds
    assert asked.total_seconds >= asked.attempts[0].seconds + last(asked).seconds > 0.4


def test_the_body_of_each_failed_attempt_is_kept(models: ModelServer) -> None:
    models.fail_next(faults.http_error(500, "the disk is full"), faults.says('{"weather": "sunny"}'))

    asked = ask(openai(models))

    bodies = [attempt.raw_body for attempt in asked.attempts]
    assert "the disk is full" in bodies[0]
    assert "sunny" in bodies[1]
    assert bodies[2] == ""


def test_what_came_before_a_connection_broke_is_kept(models: ModelServer) -> None:
    models.fail_next(faults.cut())

    asked = ask(ollama(models))

    assert classes(asked)[0] == "interrupted"
    assert asked.attempts[0].raw_body.startswith('{"model":"smol"')


def test_fifty_megabytes_are_not_read_on(models: ModelServer) -> None:
    models.fail_next(faults.huge(50))

    asked = ask(openai(models))

    assert classes(asked) == ["too_large_reply"]
    assert len(last(asked).raw_body) <= 65_536


def test_a_packed_reply_is_never_unpacked(models: ModelServer) -> None:
    models.fail_next(faults.bomb(20), times=9)

    tracemalloc.start()
    asked = ask(openai(models, attempts=1))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert classes(asked) == ["invalid_envelope"]
    assert "compressed" in str(asked.error)
    assert most < 10_000_000


def test_replies_are_asked_for_plain(models: ModelServer) -> None:
    ask(openai(models))
    assert models.requests[0].headers["accept-encoding"] == "identity"


def test_tokens_and_cost_are_those_of_all_answers(models: ModelServer) -> None:
    models.fail_next(faults.http_error(500), faults.says('{"weather": "sunny"}'))

    asked = ask(openai(models))

    counted = [attempt.prompt_tokens for attempt in asked.attempts]
    assert counted[0] is None
    assert asked.prompt_tokens == sum(filter(None, counted))
    assert asked.completion_tokens is not None
    assert asked.prompt_tokens is not None
    assert asked.cost(2, 10) == (asked.prompt_tokens * 2 + asked.completion_tokens * 10) / 1_000_000


def test_an_unknown_price_or_count_makes_an_unknown_cost(models: ModelServer) -> None:
    models.fail_next(faults.no_usage())
    uncounted, counted = ask(openai(models)), ask(openai(models))

    assert uncounted.cost(1, 1) is None
    assert counted.cost(None, 1) is None
    assert counted.cost(1, None) is None
    assert counted.cost(0, 0) == 0


def test_one_uncounted_answer_of_two_makes_the_cost_unknown(models: ModelServer) -> None:
    models.fail_next(faults.Spoken("uncounted", lambda moment: "{}", lambda moment: {"usage": False}))

    asked = ask(openai(models))

    assert len(asked.attempts) == 2
    assert asked.cost(1, 1) is None


def test_no_more_requests_at_a_time_than_the_block_allows(models: ModelServer) -> None:
    models.delay = lambda request: 0.1

    async def six(asking: Any, model: Any) -> Any:
        return await asyncio.gather(*(asking.typed(model, QUESTION, Bird) for _ in range(6)))

    answers = on_asking(openai(models, concurrency=2), six)

    assert models.max_in_flight["smol"] == 2
    assert [asked.outcome for asked in answers] == ["first_pass"] * 6


def test_a_prompt_that_does_not_fit_is_never_sent(models: ModelServer) -> None:
    with pytest.raises(PromptTooLongError) as refused:
        ask(ollama(models, context_window=2048), replace(QUESTION, user="tern " * 2000))

    assert models.requests == ()
    said = str(refused.value)
    assert "The prompt of bird needs about 2,8" in said
    assert "its answer up to 400" in said
    assert "the model block 'the-block' has a window of 2,048" in said
    assert "name a model with a larger window" in said


def test_a_call_that_had_to_load_the_model_is_marked(models: ModelServer) -> None:
    block = ollama(models)
    unload = {"model": block.model, "messages": [], "keep_alive": 0}
    httpx.post(f"{models.url}/api/chat", json=unload, headers={"Authorization": f"Bearer {models.token}"})

    assert [ask(block).cold for _ in range(2)] == [True, False]


def test_the_first_call_of_a_server_that_came_up_is_marked(models: ModelServer) -> None:
    uses = iter([True, False])
    block = openai(models)

    async def twice(asking: Asking, model: Model) -> list[bool]:
        told = replace(model, endpoint=replace(model.endpoint, first=lambda: next(uses)))
        return [(await asking.typed(told, QUESTION, Bird)).cold for _ in range(2)]

    assert on_asking(block, twice) == [True, False]
