"""What the watch starts beside a gate: replay and mirroring, as runs of their deployments, once for the same progress."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from sqlalchemy import insert

from flows.transitions.mirror import mirror
from flows.transitions.replay import replay
from flows.transitions.watch import MIRROR, REPLAY
from tasks.records.tables import runs
from tests import one_loop
from tests.transitions.gated import Scene
from tests.transitions.records import run_row
from tests.transitions.shortened import LINEUPS, POLICY

pytestmark = [pytest.mark.server]


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every user's run is mirrored; asked for before the scene is set."""
    monkeypatch.setitem(POLICY, "mirror", 1.0)


@pytest.fixture
def deployed(prefect_api: str) -> Iterator[None]:
    """The two deployments, which no worker serves; gone afterwards, unless another test has made them."""
    made = [one_loop.run(_deployed(flow)) for flow in (replay, mirror)]
    yield
    for deployment in filter(None, made):
        one_loop.run(_gone(deployment))


async def _deployed(flow: Flow[..., Any]) -> UUID | None:
    async with get_client() as client:
        try:
            await client.read_deployment_by_name(f"{flow.name}/{flow.name}")
        except ObjectNotFound:
            schema = {"type": "object", "properties": {}}
            return await client.create_deployment(
                flow_id=await client.create_flow(flow), name=flow.name, entrypoint="x:y",
                parameter_openapi_schema=schema, enforce_parameter_schema=False,
            )  # fmt: skip
    return None


async def _gone(deployment: UUID) -> None:
    async with get_client() as client:
        await client.delete_deployment(deployment)


def started(deployment: str, gate: Scene) -> int:
    """How many runs of this deployment were started for this gate."""

    async def read() -> list[FlowRun]:
        name = DeploymentFilterName(any_=[deployment.split("/")[1]])
        async with get_client() as client:
            return await client.read_flow_runs(deployment_filter=DeploymentFilter(name=name))

    return [run.parameters.get("gate_id") for run in one_loop.run(read())].count(str(gate.drive.id))


@pytest.mark.usefixtures("deployed")
def test_what_is_due_is_replayed_once_for_the_same_progress(monitoring: Scene) -> None:
    monitoring.watched()
    monitoring.watched()
    assert started(REPLAY, monitoring) == 1


@pytest.mark.usefixtures("deployed")
def test_what_died_is_started_again_after_an_hour(monitoring: Scene) -> None:
    monitoring.watched()
    monitoring.clock.by += timedelta(hours=1)
    monitoring.watched()
    assert started(REPLAY, monitoring) == 2


@pytest.mark.usefixtures("mirrors", "deployed")
def test_what_users_asked_since_is_mirrored(monitoring: Scene) -> None:
    monitoring.watched()
    assert started(MIRROR, monitoring) == 0
    asked_by_a_user(monitoring)
    monitoring.watched()
    assert started(MIRROR, monitoring) == 1


def asked_by_a_user(scene: Scene) -> None:
    scene.clock.by += timedelta(minutes=1)
    row = run_row(str(uuid4()), scene.clock(), environment=LINEUPS["production"], purpose="user")
    with scene.world.database.begin() as connection:
        connection.execute(insert(runs), [row])
    scene.clock.by += timedelta(minutes=1)
