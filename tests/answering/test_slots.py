"""Slots that runs share through a real Prefect server: never more requests than the limit, and no run lost over it."""

import asyncio
import contextlib
import subprocess
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, GlobalConcurrencyLimitUpdate
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, temporary_settings

from blocks.home import PROJECT_ROOT
from blocks.limits import limit_name, rate_name
from blocks.models import OpenAICompatibleModel
from tasks.answering.slots import LEFT_ALONE, SharedSlots, shared_slots
from tests import one_loop
from tests.answering.setting import Waits, openai
from tests.doubles.model_server import ModelServer

pytestmark = [pytest.mark.server]
ASKS = """
import asyncio, sys
from blocks.models import OpenAICompatibleModel
from blocks.models.wire import Question
from tasks.answering.ask import Asking, Model
from tasks.answering.slots import shared_slots
from tasks.answering.transport import new_client

async def ask(model, url, key):
    block = OpenAICompatibleModel(model=model, base_url=url, api_key=key, context_window=8192, concurrency=4)
    question = Question("You know birds.", "Name one.", max_tokens=40, temperature=0.3, seed=1, name="bird")
    with block.reach() as endpoint:
        async with new_client() as client, shared_slots() as slots:
            asking = Asking(client, slots.slot)
            asked = await asyncio.gather(*(asking.prose(Model("b", block, endpoint), question) for _ in range(6)))
    assert all(one.value for one in asked), [one.error for one in asked]

asyncio.run(ask(*sys.argv[1:]))
"""


def with_slots(work: Callable[[SharedSlots], Awaitable[Any]]) -> Any:
    async def opened() -> Any:
        async with shared_slots() as slots:
            return await work(slots)

    return one_loop.run(opened())


def on_server(work: Callable[[PrefectClient], Awaitable[Any]]) -> Any:
    async def connected() -> Any:
        async with get_client() as client:
            return await work(client)

    return one_loop.run(connected())


Limited = Callable[[int], OpenAICompatibleModel]


@pytest.fixture
def limited(prefect_api: str) -> Iterator[Limited]:
    """Makes a limit of so many slots; a model whose limit it is, of a host that does not exist."""
    made = []

    def make(slots: int) -> OpenAICompatibleModel:
        block = a_model()
        limit = GlobalConcurrencyLimitCreate(name=limit_name(block), limit=slots, active=True)
        on_server(lambda client: client.create_global_concurrency_limit(limit))
        made.append(limit.name)
        return block

    yield make
    for name in made:
        on_server(lambda client, name=name: client.delete_global_concurrency_limit_by_name(name))


def a_model() -> OpenAICompatibleModel:
    return OpenAICompatibleModel(model=uuid.uuid4().hex, base_url="http://nowhere.example/v1", context_window=8192)


def taken(block: OpenAICompatibleModel) -> int:
    found = on_server(lambda client: client.read_global_concurrency_limit_by_name(limit_name(block)))
    return int(found.active_slots)


def test_two_processes_together_keep_to_a_limit_of_one(prefect_api: str, models: ModelServer) -> None:
    limit = GlobalConcurrencyLimitCreate(name=limit_name(openai(models)), limit=1, active=True)
    with contextlib.suppress(ObjectNotFound):  # a bootstrap in another test may have made one
        on_server(lambda client: client.delete_global_concurrency_limit_by_name(limit.name))
    on_server(lambda client: client.create_global_concurrency_limit(limit))
    models.delay = lambda request: 0.1
    command = [sys.executable, "-c", ASKS, "smol", models.openai_url, models.token]
    try:
        both = [subprocess.Popen(command, cwd=PROJECT_ROOT) for _ in range(2)]
        assert [process.wait(timeout=120) for process in both] == [0, 0]
    finally:
        on_server(lambda client: client.delete_global_concurrency_limit_by_name(limit.name))
    assert len(models.requests) == 12
    assert models.max_in_flight["smol"] == 1


def test_a_full_limit_is_waited_for(limited: Limited) -> None:
    block = limited(1)
    order = []

    async def second(slots: SharedSlots) -> None:
        async with slots.slot(block):
            order.append("second")

    async def both(first: SharedSlots) -> None:
        async with shared_slots() as others:
            async with first.slot(block):
                waiting = asyncio.create_task(second(others))
                await asyncio.sleep(0.5)
                order.append("first")
            await waiting

    with_slots(both)
    assert order == ["first", "second"]
    assert taken(block) == 0


def test_a_slot_serves_the_next_request_of_the_same_run_and_is_soon_free(limited: Limited) -> None:
    block, waits = limited(1), Waits()

    async def twice(slots: SharedSlots) -> None:
        slots.sleep = waits
        for _ in range(2):
            async with slots.slot(block):
                pass
        async with shared_slots() as others, others.slot(block):
            pass

    with_slots(twice)
    assert waits.seconds == []
    assert taken(block) == 0


def test_a_run_that_goes_on_and_on_lets_others_have_a_turn(limited: Limited, monkeypatch: pytest.MonkeyPatch) -> None:
    block, order = limited(1), list[str]()

    async def use(slots: SharedSlots, name: str, times: int) -> None:
        for _ in range(times):
            async with slots.slot(block):
                await asyncio.sleep(0.5)
            order.append(name)

    async def both(greedy: SharedSlots) -> None:
        monkeypatch.setattr("tasks.answering.slots.KEPT", 0.1)
        async with shared_slots() as modest:
            await asyncio.gather(use(greedy, "greedy", 4), use(modest, "modest", 1))

    with_slots(both)
    assert "modest" in order[:2]


@pytest.mark.parametrize("failure", [ValueError, asyncio.CancelledError])
def test_a_slot_comes_back_from_a_request_that_fails(limited: Limited, failure: type[BaseException]) -> None:
    block = limited(1)

    async def fail(slots: SharedSlots) -> None:
        async with slots.slot(block):
            raise failure

    with pytest.raises(failure):
        with_slots(fail)
    assert taken(block) == 0


def test_a_limit_set_to_zero_lets_nobody_in(limited: Limited) -> None:
    block, waits = limited(1), Waits()

    async def raised_after_three(seconds: float) -> None:
        await waits(seconds)
        if len(waits.seconds) == 3:
            await set_to(1)

    async def set_to(slots: int) -> None:
        async with get_client() as client:
            update = GlobalConcurrencyLimitUpdate(limit=slots)
            await client.update_global_concurrency_limit(limit_name(block), update)

    async def take(slots: SharedSlots) -> None:
        await set_to(0)
        slots.sleep = raised_after_three
        async with slots.slot(block):
            pass

    with_slots(take)
    assert len(waits.seconds) == 3


def test_a_rate_lets_through_one_by_one_however_often_it_is_asked(prefect_api: str) -> None:
    block, times = a_model(), list[float]()
    rate = GlobalConcurrencyLimitCreate(name=rate_name(limit_name(block)), limit=1, slot_decay_per_second=0.5)

    async def use(slots: SharedSlots) -> None:
        for _ in range(2):
            async with slots.slot(block):
                times.append(time.monotonic())

    on_server(lambda client: client.create_global_concurrency_limit(rate))
    with_slots(lambda slots: asyncio.wait_for(use(slots), 20))
    assert times[1] - times[0] > 1.8


def test_a_rate_that_gets_no_slots_back_is_done_without_and_named(
    prefect_api: str, caplog: pytest.LogCaptureFixture
) -> None:
    block, waits = a_model(), Waits()
    rate = GlobalConcurrencyLimitCreate(name=rate_name(limit_name(block)), limit=1, slot_decay_per_second=0)

    async def use(slots: SharedSlots) -> None:
        slots.sleep = waits
        async with slots.slot(block):
            pass

    on_server(lambda client: client.create_global_concurrency_limit(rate))
    with_slots(lambda slots: asyncio.wait_for(use(slots), 5))
    assert waits.seconds == []
    assert f"{rate.name} has a slot decay per second of 0" in caplog.text


def test_a_model_without_a_limit_is_not_held_up(prefect_api: str) -> None:
    waits = Waits()

    async def take(slots: SharedSlots) -> None:
        slots.sleep = waits
        async with slots.slot(a_model()):
            pass

    with_slots(take)
    assert waits.seconds == []


def test_a_prefect_server_that_is_gone_costs_one_try_a_minute_and_no_run(caplog: pytest.LogCaptureFixture) -> None:
    now, block = [0.0], a_model()

    async def take() -> None:
        async with shared_slots() as slots:
            slots.clock = lambda: now[0]
            for now[0] in (0.0, 1.0, LEFT_ALONE + 1):
                async with slots.slot(block):
                    pass

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        asyncio.run(asyncio.wait_for(take(), 30))
    assert caplog.text.count("could not be asked for") == 2
