"""A bootstrap on a real Prefect server: everything is made once, and what a person changed stays."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentUpdate, GlobalConcurrencyLimitUpdate
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import PrefectHTTPStatusError

from blocks.limits import limits_there
from deployments.applying import Applied, bootstrap
from deployments.catalogue import FIRST, WORK_POOL
from flows.operations.tags import OURS
from flows.transitions.known import known_lineups, known_models
from flows.transitions.world import real_world
from tasks.operations.stuck_runs import Patience
from tests.conftest import SaveModel

pytestmark = [pytest.mark.server]
T = TypeVar("T")


def ask(question: Callable[[PrefectClient], Awaitable[T]]) -> T:
    async def connected() -> T:
        async with get_client() as client:
            return await question(client)

    return asyncio.run(connected())


def ours(name: str) -> DeploymentResponse:
    found = ask(lambda client: client.read_deployments(limit=200))
    return next(one for one in found if one.name == name and OURS in one.tags)


async def started(deployment: UUID) -> UUID:
    async with get_client() as client:
        return (await client.create_flow_run_from_deployment(deployment)).id


@pytest.fixture(scope="module")
def bootstrapped(prefect_api: str) -> Applied:
    return asyncio.run(bootstrap())


@pytest.fixture
def edited(bootstrapped: Applied) -> Any:
    """The janitor's deployment, with its schedule put back to active afterwards."""
    yield ours("janitor")
    again = ours("janitor")
    set_active(again, True)


def set_active(deployment: DeploymentResponse, active: bool) -> None:
    [schedule] = deployment.schedules
    ask(lambda client: client.update_deployment_schedule(deployment.id, schedule.id, active=active))


def test_runs_send_heartbeats_as_the_janitor_expects_them_whoever_starts_the_worker(bootstrapped: Applied) -> None:
    job = ask(lambda client: client.read_work_pool(WORK_POOL)).base_job_template
    beats = int(job["variables"]["properties"]["env"]["default"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])
    assert 4 * timedelta(seconds=beats) <= Patience().silent


def test_a_second_bootstrap_changes_nothing(bootstrapped: Applied) -> None:
    again = asyncio.run(bootstrap())
    assert not again.created_blocks
    assert not again.created_work_pool
    assert not (*again.changed_deployments, *again.created_limits)
    assert again.deployments == bootstrapped.deployments


def test_a_second_bootstrap_asks_the_server_little(bootstrapped: Applied, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    send = httpx.AsyncClient.send

    async def counted(client: httpx.AsyncClient, request: httpx.Request, **given: Any) -> httpx.Response:
        asked.append(request.url.path.removeprefix("/api"))
        return await send(client, request, **given)

    asyncio.run(bootstrap())  # notes what other tests have saved
    monkeypatch.setattr(httpx.AsyncClient, "send", counted)
    asyncio.run(bootstrap())
    assert asked.count("/deployments/filter") == 1
    assert asked.count("/block_documents/filter") == 3  # whether defaults are missing; for the ledger; for limits
    assert len(asked) < 35, asked


def test_a_worker_of_what_must_not_wait_is_given_nothing_else(bootstrapped: Applied) -> None:
    watch, long = (asyncio.run(started(ours(name).id)) for name in ("watch", "generate"))
    given = ask(lambda client: client.get_scheduled_flow_runs_for_work_pool(WORK_POOL, [FIRST]))
    assert watch in {one.flow_run.id for one in given}
    assert long not in {one.flow_run.id for one in given}


def test_a_misspelled_parameter_is_refused_by_its_name_and_starts_no_run(bootstrapped: Applied) -> None:
    def begun(**parameters: str) -> FlowRun:
        generate = ours("generate").id
        return ask(lambda client: client.create_flow_run_from_deployment(generate, parameters=parameters))

    with pytest.raises(PrefectHTTPStatusError) as refused:
        begun(bref="{}")
    assert refused.value.response.status_code == 409
    assert "'bref' was unexpected" in refused.value.response.json()["detail"]
    assert begun(continue_run="r").parameters["continue_run"] == "r"


def test_a_parameter_that_the_flow_lost_keeps_no_run_from_starting(bootstrapped: Applied) -> None:
    change("mirror", version="older", enforce_parameter_schema=False, parameters={"old": 1})
    again = asyncio.run(bootstrap())
    assert "mirror: left out the parameter 'old', which the flow does not have" in again.merged
    assert ours("mirror").parameters == {}


def test_every_deployment_is_there_with_its_schedules(bootstrapped: Applied) -> None:
    assert {schedule.slug for schedule in ours("janitor").schedules} == {"every-minute"}


def test_a_paused_schedule_stays_paused(edited: DeploymentResponse) -> None:
    set_active(edited, False)
    asyncio.run(bootstrap())
    assert not ours("janitor").schedules[0].active


def change(name: str, **fields: Any) -> None:
    """What the UI changes of a deployment."""
    known = ours(name).id
    ask(lambda client: client.update_deployment(known, DeploymentUpdate(**fields)))


def test_a_paused_schedule_stays_paused_when_the_catalogue_has_changed(edited: DeploymentResponse) -> None:
    set_active(edited, False)
    change("janitor", version="older")
    assert asyncio.run(bootstrap()).changed_deployments == ["janitor"]
    assert not ours("janitor").schedules[0].active


def test_a_deployment_edited_by_a_person_stays(bootstrapped: Applied) -> None:
    change("transcript", description="by hand")
    asyncio.run(bootstrap())
    assert ours("transcript").description == "by hand"


@pytest.mark.parametrize("name", ["drill", "generate", "transcript-full"])
def test_a_changed_catalogue_takes_nothing_for_a_person_s_that_is_its_own(bootstrapped: Applied, name: str) -> None:
    change(name, version="older")
    again = asyncio.run(bootstrap())
    assert (again.changed_deployments, again.merged) == ([name], [])


def test_what_a_person_changed_stays_when_the_catalogue_has_changed_and_is_said(bootstrapped: Applied) -> None:
    change("retention", version="older", description="by hand", concurrency_limit=None)
    again = asyncio.run(bootstrap())
    assert again.merged == [
        "retention: kept the description edited by hand; the catalogue has another",
        "retention: kept the limit none; the catalogue says 1",
    ]
    assert ours("retention").description == "by hand"
    assert ours("retention").global_concurrency_limit is None


def test_a_deployment_whose_tags_a_person_replaced_stays_theirs_and_gets_our_tag_back(bootstrapped: Applied) -> None:
    set_active(ours("model-probe"), False)
    change("model-probe", tags=["ops-team"], parameters={"only": "everything"})
    assert asyncio.run(bootstrap()).changed_deployments == ["model-probe"]
    found = ours("model-probe")
    assert (found.tags, found.parameters) == (["ops-team", OURS], {"only": "everything"})
    assert not found.schedules[0].active
    assert not asyncio.run(bootstrap()).changed_deployments


def test_job_variables_of_a_person_stay_when_the_catalogue_has_changed(bootstrapped: Applied) -> None:
    change("backup", version="older", job_variables={"env": {"TZ": "Europe/Berlin"}})
    assert asyncio.run(bootstrap()).changed_deployments == ["backup"]
    assert ours("backup").job_variables == {"env": {"TZ": "Europe/Berlin"}}


def test_a_schedule_that_is_not_in_the_catalogue_is_said(bootstrapped: Applied) -> None:
    drill, old = ours("drill").id, CronSchedule(cron="0 4 * * 1")
    made = {"schedule": old.model_dump(mode="json"), "active": False, "slug": "weekly"}
    ask(lambda client: client.request("POST", f"/deployments/{drill}/schedules", json=[made]))
    assert "schedule 'weekly' of 'drill'" in asyncio.run(bootstrap()).strangers


def test_a_limit_set_by_a_person_stays(bootstrapped: Applied) -> None:
    name = "phasegate:ollama:127.0.0.1:11434"
    assert ask(limits_there)[name] == 1
    ask(lambda client: client.update_global_concurrency_limit(name, GlobalConcurrencyLimitUpdate(limit=3)))
    asyncio.run(bootstrap())
    assert ask(limits_there)[name] == 3


def test_a_model_with_requests_a_minute_gets_a_rate(bootstrapped: Applied, save_model: SaveModel) -> None:
    save_model("paced", model="paced", requests_per_minute=60)
    [name] = [name for name in asyncio.run(bootstrap()).created_limits if name.endswith(":paced:rate")]
    found = ask(lambda client: client.read_global_concurrency_limit_by_name(name))
    assert (found.limit, round(60 * found.slot_decay_per_second)) == (6, 55)


def test_blocks_are_noted_in_the_ledger_so_that_the_first_edit_by_hand_is_found(bootstrapped: Applied) -> None:
    asyncio.run(bootstrap())
    assert {"embedded-demo", "mistral-7b"} <= set(known_models(real_world()))
    assert ("generator", "production") in known_lineups(real_world())
    assert asyncio.run(bootstrap()).noted_blocks == []
