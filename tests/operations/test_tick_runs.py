"""Old runs of ticks go from a real Prefect server; everything else stays."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.client.schemas.objects import State
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Running

from flows.operations import tick_runs
from flows.operations.retention import retention
from flows.operations.tags import OURS
from flows.operations.tick_runs import remove_tick_runs
from tasks.operations.retention import apply_retention
from tasks.records.database import engine

pytestmark = [pytest.mark.server]
MINUTE = timedelta(minutes=1)


@flow(name="ticking")
def ticking() -> None:
    """Never run here; its runs are put into states."""


def made(*states: State, deployment: str = "watch", tag: str = OURS, count: int = 1) -> list[UUID]:
    async def making() -> list[UUID]:
        async with get_client() as client:
            known = await client.create_deployment(
                await client.create_flow(ticking), deployment, entrypoint="x:y", tags=[tag]
            )
            runs = [await client.create_flow_run_from_deployment(known) for _ in range(count)]
            for run in runs:
                for state in states:
                    await client.set_flow_run_state(run.id, state, force=True)
            return [run.id for run in runs]

    return asyncio.run(making())


def removed(after: timedelta = MINUTE, most: int = 1000) -> int:
    with get_client(sync_client=True) as client:
        return remove_tick_runs(client, datetime.now(UTC) + after, most)


def there(run: UUID) -> bool:
    with get_client(sync_client=True) as client:
        try:
            return bool(client.read_flow_run(run))
        except ObjectNotFound:
            return False


@pytest.fixture(autouse=True)
def _server(prefect_api: str) -> Iterator[None]:
    removed()
    yield
    with get_client(sync_client=True) as client:  # other tests take a deployment of this name for the catalogue's
        for one in client.read_deployments(flow_filter=FlowFilter(name=FlowFilterName(any_=[ticking.name]))):
            client.delete_deployment(one.id)


def test_finished_runs_of_ticks_are_removed_when_they_are_old() -> None:
    [run] = made(Running(), Completed())
    assert (removed(after=-MINUTE), there(run)) == (0, True)
    assert (removed(), there(run)) == (1, False)


def test_runs_under_way_other_runs_and_those_of_other_people_stay() -> None:
    runs = [
        *made(Running()), *made(Running(), Completed(), deployment="gate"),
        *made(Running(), Completed(), deployment="janitor", tag="theirs"),
    ]  # fmt: skip
    assert removed() == 0
    assert all(there(run) for run in runs)


def test_the_retention_looks_after_records_and_runs(home: Path) -> None:
    made(Running(), Completed())
    assert retention() == {**dict.fromkeys(apply_retention(engine(), datetime.now(UTC)), 0), "flow runs of ticks": 0}


def test_they_go_in_batches_and_no_more_than_a_visit_may_remove(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tick_runs, "BATCH", 2)
    made(Running(), Completed(), count=5)
    assert (removed(most=3), removed()) == (4, 1)
