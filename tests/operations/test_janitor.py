"""The janitor on a real Prefect server: what it starts again, once, and what it leaves alone."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.events import Event
from prefect.states import Cancelled, Crashed, Failed, Late, Pending, Running, Suspended

from flows.alarming import Alarm, told_since
from flows.operations import janitor
from flows.operations.janitor import last_heartbeat, tell_people, tidy
from flows.operations.tags import OURS
from tests.conftest import fresh_events

pytestmark = [pytest.mark.server]
LATER = timedelta(seconds=200)


@flow(name="stuck")
def stuck() -> None:
    """Never run here; its runs are put into states."""


Given = Callable[..., UUID]


@pytest.fixture(scope="module", autouse=True)
def _events(prefect_api: str) -> None:
    fresh_events()


@pytest.fixture
def given(prefect_api: str) -> Any:
    """Makes a run that went through some states; all of them are cancelled afterwards."""
    made: list[UUID] = []

    async def make(states: tuple[State, ...], tags: list[str]) -> UUID:
        async with get_client() as client:
            flow_id = await client.create_flow(stuck)
            deployment = await client.create_deployment(flow_id, "stuck " + " ".join(tags), entrypoint="x:y", tags=tags)
            run = await client.create_flow_run_from_deployment(deployment)
            for state in states:
                await client.set_flow_run_state(run.id, state, force=True)
        made.append(run.id)
        return run.id

    def given(*states: State, tags: tuple[str, ...] = (OURS,)) -> UUID:
        return asyncio.run(make(states, list(tags)))

    yield given
    for run in made:
        asyncio.run(_set(run, Cancelled()))


async def _set(run: UUID, state: State) -> None:
    async with get_client() as client:
        await client.set_flow_run_state(run, state, force=True)


def tidied(run: UUID, after: timedelta = LATER) -> list[str]:
    """What a visit of the janitor, so much later, said of the run; other tests leave runs on the server too."""

    async def visit() -> list[str]:
        async with get_client() as client:
            return await tidy(client, datetime.now(UTC) + after)

    return [sentence for sentence in asyncio.run(visit()) if sentence.startswith(f"Run {read(run).name} ")]


def read(run: UUID) -> FlowRun:
    async def reading() -> FlowRun:
        async with get_client() as client:
            return await client.read_flow_run(run)

    return asyncio.run(reading())


def state_of(run: UUID) -> str | None:
    return getattr(read(run).state, "name", None)


def test_a_crashed_run_is_started_again_exactly_once(given: Given) -> None:
    run = given(Running(), Crashed())
    assert [sentence.split(": ")[0] for sentence in tidied(run)] == [f"Run {read(run).name} is started again"]
    assert state_of(run) == "AwaitingRetry"
    assert tidied(run) == []


def test_a_run_that_just_crashed_is_left_until_its_death_is_certain(given: Given) -> None:
    run = given(Running(), Crashed())
    assert tidied(run, after=timedelta()) == []
    assert state_of(run) == "Crashed"


def test_a_run_that_never_left_pending_is_started_again(given: Given) -> None:
    run = given(Pending())
    assert len(tidied(run)) == 1
    assert state_of(run) == "AwaitingRetry"


def test_a_run_that_crashed_three_times_is_left_for_a_person(given: Given) -> None:
    run = given(*(Running(), Crashed()) * 3)
    assert tidied(run) == []
    assert (state_of(run), read(run).run_count) == ("Crashed", 3)


def test_a_run_whose_process_fell_silent_is_crashed_and_then_started_again(given: Given) -> None:
    run = given(Running())
    heartbeat(run)
    assert "is marked as crashed" in tidied(run)[0]
    assert "is started again" in tidied(run)[0]


def test_a_run_that_is_heard_of_is_left_alone(given: Given) -> None:
    run = given(Running())
    heartbeat(run)
    assert tidied(run, after=timedelta(seconds=60)) == []


def test_a_crashed_run_whose_process_is_heard_of_runs_again_and_not_twice(given: Given) -> None:
    run = given(Running(), Crashed())
    heartbeat(run)
    assert "is Running again" in tidied(run, after=timedelta(seconds=60))[0]
    assert state_of(run) == "Running"


def test_a_run_that_died_before_its_first_heartbeat_is_given_up_later(given: Given) -> None:
    run = given(Running())
    assert tidied(run, after=timedelta(minutes=14)) == []
    assert "nothing was ever heard of its process" in tidied(run, after=timedelta(minutes=16))[0]


def heartbeat(run: UUID) -> None:
    """What a run's process sends every 30 s, seen by the server."""

    async def send() -> None:
        event = Event(event="prefect.flow-run.heartbeat", resource={"prefect.resource.id": f"prefect.flow-run.{run}"})
        async with get_client() as client:
            await client.request("POST", "/events", json=[event.model_dump(mode="json")])
            while await last_heartbeat(client, run) is None:  # noqa: ASYNC110 - the server stores events when it likes
                await asyncio.sleep(0.1)

    asyncio.run(asyncio.wait_for(send(), 60))


def test_a_suspended_gate_is_left_alone(given: Given) -> None:
    run = given(Running(), Suspended(timeout_seconds=86400, pause_key="approval"))
    heartbeat(run)
    assert tidied(run, after=timedelta(hours=20)) == []
    assert state_of(run) == "Suspended"


def test_runs_of_other_people_are_left_alone(given: Given) -> None:
    run = given(Running(), Crashed(), tags=("theirs",))
    assert tidied(run) == []
    assert state_of(run) == "Crashed"


def test_a_run_that_moved_on_by_itself_is_left_alone(given: Given) -> None:
    run = given(Running(), Crashed(), Running())
    assert tidied(run) == []


def test_many_late_runs_hide_no_stuck_one(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(janitor, "PAGE", 1)
    stuck = given(Pending())
    given(Late(scheduled_time=datetime.now(UTC)))
    assert "is started again" in tidied(stuck)[0]


def test_a_failed_run_is_told_to_people_once(given: Given) -> None:
    run = given(Running(), Failed(message="No such block."))
    [told] = told_of(run)
    assert told.happened == "No such block."

    async def stored() -> None:
        while not await told_since(told, datetime.now(UTC) - LATER):  # noqa: ASYNC110 - stored when the server likes
            await asyncio.sleep(0.2)

    asyncio.run(asyncio.wait_for(stored(), 60))
    assert told_of(run) == []


def test_a_run_that_took_too_long_is_told_to_people(given: Given) -> None:
    run = given(Running(), Failed(name="TimedOut", message="Flow run exceeded timeout of 300.0 second(s)"))
    assert [told.happened for told in told_of(run)] == ["Flow run exceeded timeout of 300.0 second(s)"]


def test_a_crashed_run_that_will_be_started_again_is_no_news(given: Given) -> None:
    assert told_of(given(Running(), Crashed())) == []


def test_failed_runs_of_other_people_are_their_business(given: Given) -> None:
    assert told_of(given(Running(), Failed(), tags=("theirs",))) == []


def told_of(run: UUID) -> list[Alarm]:
    """What the janitor tells people of the run now."""

    async def telling() -> list[Alarm]:
        async with get_client() as client:
            return await tell_people(client, datetime.now(UTC))

    return [alarm for alarm in asyncio.run(telling()) if alarm.run_id == str(run)]
