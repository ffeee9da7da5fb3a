"""Two workers, a server with a password, everything on PostgreSQL: shared work, shared limits, and a machine that dies."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from sqlalchemy import select

from deployments.applying import bootstrap
from flows.generator.samples import sample_input
from flows.operations.janitor import last_heartbeat, tidy
from tasks.records.database import engine
from tasks.records.tables import calls
from tests.doubles.model_server import AskedRequest, ModelServer
from tests.generator.scene import QUESTIONS, asked
from tests.house import LONG, House, closing, furnish, until
from tests.postgres import new_database

pytestmark = [pytest.mark.server, pytest.mark.proof, pytest.mark.postgres, pytest.mark.timeout(900)]
PASSWORD = "admin:4f1c09e2a7"
WORKERS = ("one", "other")
AT_ONCE = 2
"""Requests that the model's block allows, whoever makes them."""
RUNS = 4


@pytest.fixture
def house(
    postgres_cluster: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, models: ModelServer
) -> Iterator[House]:
    with new_database(postgres_cluster) as ours, new_database(postgres_cluster) as prefects:
        settings = {
            "PHASEGATE_DATABASE_URL": ours,
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": prefects.replace("+psycopg", "+asyncpg"),
            "PREFECT_SERVER_API_AUTH_STRING": PASSWORD,
            "PREFECT_API_AUTH_STRING": PASSWORD,
            "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
        }
        with closing(House(monkeypatch, tmp_path, **settings)) as opened:
            opened.start()
            opened.do(lambda: furnish(models, "shared", concurrency=AT_ONCE))
            opened.do(bootstrap)
            for name in WORKERS:
                opened.hire(name, "--limit", "2")
            yield opened


def test_work_and_limits_are_shared_and_nothing_is_lost_or_doubled_when_a_machine_dies(
    house: House, models: ModelServer
) -> None:
    models.delay = lambda request: 0.15  # long enough for requests of several runs to meet
    runs = [start(house) for _ in range(RUNS)]
    for run in runs:
        house.until(run, "Completed")
    taken = Counter(worker_of(house, run) for run in runs)
    assert set(taken) == set(WORKERS)
    assert [answers(run) for run in runs] == [{1: QUESTIONS}] * RUNS
    assert len(models.requests) == RUNS * QUESTIONS
    assert models.max_in_flight["llama3.1:8b"] == AT_ONCE

    models.clear()
    models.delay = lambda request: 600 if asked(request) == "competitive_analysis" else 0
    run = start(house)
    models.wait_for_requests(3, timeout=LONG)
    heard(house, run)
    house.kill(dead := worker_of(house, run))
    models.delay = None
    assert ["is marked as crashed" in said for said in visited(house, run)] == [True]
    assert ["is started again" in said for said in visited(house, run)] == [True]
    house.until(run, "Completed")
    assert worker_of(house, run) != dead
    assert visited(house, run) == []
    assert answers(run) == {1: QUESTIONS}
    assert asked_twice(models.requests) == {"competitive_analysis"}


def start(house: House) -> UUID:
    return house.run("generator/generate", brief=sample_input().model_dump(mode="json"))


def answers(run: UUID) -> dict[int, int]:
    """How often -> how many of the run's questions were answered."""
    with engine().connect() as connection:
        rows = connection.execute(select(calls.c.role, calls.c.part).where(calls.c.run_id == str(run)))
        return dict(Counter(Counter(rows.tuples().all()).values()))


def asked_twice(requests: Iterable[AskedRequest]) -> set[str]:
    return {question for question, times in Counter(map(asked, requests)).items() if times > 1}


def worker_of(house: House, run: UUID) -> str:
    """The worker that has taken the run last; it is an error if one take-up was made twice."""
    return str(_taken(house, run)[0]["resource"]["prefect.resource.name"])


def _taken(house: House, run: UUID) -> list[dict[str, Any]]:
    wanted = {
        "event": {"name": ["prefect.worker.submitted-flow-run"]},
        "related": {"id": [f"prefect.flow-run.{run}"]},
    }

    async def read() -> list[dict[str, Any]]:
        async with get_client() as client:
            found = await client.request("POST", "/events/filter", json={"filter": wanted, "limit": 50})
            return list(found.json()["events"])

    return until(lambda: house.do(read))


def heard(house: House, run: UUID) -> None:
    async def read() -> datetime | None:
        async with get_client() as client:
            return await last_heartbeat(client, run)

    until(lambda: house.do(read))


def visited(house: House, run: UUID) -> list[str]:
    """What the janitor says of the run when it comes after a while."""

    async def visit() -> list[str]:
        async with get_client() as client:
            name = (await client.read_flow_run(run)).name
            said = await tidy(client, datetime.now(UTC) + timedelta(seconds=200))
            return [sentence for sentence in said if f" {name} " in sentence]

    return house.do(visit)
