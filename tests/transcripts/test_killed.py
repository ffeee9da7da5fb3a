"""kill -9, a lost store or a lost model at every point of a run, and the run again: the same end, nothing doubled."""

import asyncio
import multiprocessing
import os
import signal
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from blocks.embedded_graph import embedded_graph
from blocks.errors import CallError
from blocks.graph import GraphStore
from blocks.graph_connection import Graph
from blocks.local_process import stop
from tasks.crm.graph.check import check_graph
from tasks.crm.projecting import project
from tasks.crm.status import TARGETS, read_status
from tasks.records.database import close_databases, database_url, engine
from tasks.records.tables import calls
from tasks.records.transcripts import read_transcript
from tests.crm.baserow_setting import NAMES, Setting
from tests.doubles.model_server import ModelServer, faults
from tests.transcripts.kept import count_transcripts
from tests.transcripts.killed import Point, World, at, run, run_until
from tests.transcripts.scene import says, stored

pytestmark = [pytest.mark.graph, pytest.mark.long]

KEY = "70944126"
SPAWN = multiprocessing.get_context("forkserver")
SPAWN.set_forkserver_preload(["tests.transcripts.killed"])

TRUTH, STATUS = "tasks.records.transcripts", "tasks.crm.status"
BASEROW, GRAPH = "tasks.crm.baserow.connection", "tasks.crm.graph.write"
POINTS = [
    Point(TRUTH, "keep_source"),
    Point(TRUTH, "note_run"),
    Point("tasks.records.runs", "save_call", "call"),  # an answer that was paid for and not recorded
    Point("tasks.records.runs", "save_call"),
    Point("tasks.records.runs", "save_call", times=6),  # understood
    Point("tasks.records.runs", "save_call", times=7),  # drafted
    Point(TRUTH, "keep_result", "call"),
    Point(STATUS, "mark_behind"),  # inside the transaction of the record
    Point(TRUTH, "keep_result"),  # written
    Point(STATUS, "claim", times=2),
    *(Point(BASEROW, "fine", times=times) for times in (1, 8, 13, 15, 17, 21)),
    Point(GRAPH, "define_constraints"),
    Point(GRAPH, "_fold_clients", "call"),  # inside the graph's transaction
    Point(GRAPH, "write_call"),  # before its commit
    Point(GRAPH, "write_records"),  # after it
    Point(STATUS, "settle", "call"),
    Point(STATUS, "settle"),
    Point(STATUS, "settle", times=2),
]


@pytest.fixture
def world(home: Any, models: ModelServer, setting: Setting, graph_store: GraphStore, graph: Graph) -> World:
    models.answer = says()
    engine()
    close_databases()  # migrated, and not open here while another process writes
    baserow = {"url": setting.double.url, "database_id": setting.database, "token": setting.token.get_secret_value()}
    facts = graph_store.model_dump(include={"uri", "user", "database"})
    assert graph_store.password is not None
    return World(
        str(home), (models.openai_url, models.token), baserow,
        {**facts, "password": graph_store.password.get_secret_value()},
    )  # fmt: skip


def killed(world: World, point: Point) -> None:
    process = SPAWN.Process(target=run_until, args=(world, point))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, f"{point} was never reached"


def again(world: World) -> dict[Any, str]:
    return asyncio.run(run(world, "again"))


def catch_up(world: World) -> None:
    """As the sync flow does, when the claims of a dead process are over."""
    later = datetime.now(UTC) + timedelta(hours=1)
    for target in TARGETS:
        asyncio.run(project(engine(), target, world.stores, clock=lambda: later))


def answered() -> Counter[str]:
    with engine().connect() as connection:
        usable = select(calls.c.role, calls.c.part).where(calls.c.outcome != "failed")
        return Counter(f"{role}/{part}" for role, part in connection.execute(usable))


def require_everything_once(setting: Setting, graph: Graph) -> None:
    kept = read_transcript(engine(), KEY)
    assert kept is not None
    record = stored(kept)
    assert (count_transcripts(engine()), record.deal.amount, record.communications.follow_up_email is None) == (
        1, 3200, False,
    )  # fmt: skip
    assert {row["status"] for row in read_status(engine())} == {"done"}
    assert {name: list(setting.rows(name)) for name in NAMES} == {name: [KEY] for name in NAMES}
    assert setting.row("Deals", KEY)["deal_amount"] == "3200.00"
    assert check_graph(graph, [record], complete=True) == []
    assert len(answered()) == 7
    assert set(answered().values()) == {1}


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_killed_anywhere_and_run_again_it_comes_to_the_same(
    point: Point, world: World, setting: Setting, graph: Graph
) -> None:
    killed(world, point)

    behind = again(world)
    assert all("another process took it" in why for why in behind.values())
    catch_up(world)

    require_everything_once(setting, graph)


def test_undisturbed_it_comes_to_that_end_too(world: World, setting: Setting, graph: Graph) -> None:
    assert again(world) == {}

    require_everything_once(setting, graph)


@pytest.mark.parametrize("questions", range(7))
def test_a_model_that_is_lost_after_any_question_is_asked_only_what_is_missing(
    questions: int, world: World, setting: Setting, graph: Graph, models: ModelServer
) -> None:
    lost = iter(range(questions))
    models.fail_when(lambda request: next(lost, None) is None, faults.http_error(400))
    try:
        asyncio.run(run(world, "lost"))
    except CallError:
        assert read_transcript(engine(), KEY)["crm_data"] is None  # type: ignore[index]
    models.heal()

    assert again(world) == {}

    require_everything_once(setting, graph)


@pytest.mark.parametrize("requests", [0, 1, 6, 9, 12, 15, 18, 20])
def test_a_baserow_that_refuses_from_any_request_on_is_caught_up(
    requests: int, world: World, setting: Setting, graph: Graph
) -> None:
    from tests.doubles.baserow import answers

    setting.double.faults.plan("before", skip=requests, times=10_000, answer=answers.no_credentials)
    assert list(again(world)) == ["baserow"]
    setting.double.faults.planned.clear()

    catch_up(world)

    require_everything_once(setting, graph)


def test_a_graph_server_killed_in_the_middle_is_caught_up_on_another(world: World, setting: Setting) -> None:
    own = replace(world, graph={"uri": "embedded", "password": ""})
    served = embedded_graph()
    with at(Point(GRAPH, "_fold_clients", "call"), lambda: os.kill((served.running() or {})["pid"], signal.SIGKILL)):
        behind = again(own)
    assert list(behind) == ["graph"]
    assert "does not answer" in behind["graph"]

    catch_up(own)

    assert own.stores.graph is not None
    with own.stores.graph.connect() as graph:
        require_everything_once(setting, graph)
    stop((served.running() or {})["pid"])


def test_a_database_that_is_lost_ends_the_run_and_the_next_one_goes_on(
    world: World, setting: Setting, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    from blocks.errors import StorageError

    assert "sqlite" in database_url()
    with monkeypatch.context() as patch:
        patch.setenv("PHASEGATE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        with pytest.raises(StorageError):
            again(world)

    assert again(world) == {}

    require_everything_once(setting, graph)
