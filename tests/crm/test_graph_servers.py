"""The graph's server may be shared, slow, wrong, hung or killed: what was not written is said and caught up."""

import os
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.embedded_graph import embedded_graph
from blocks.graph import GraphStore
from blocks.graph_connection import (
    SLOW_AT_MOST,
    Graph,
    GraphRefusedError,
    GraphSlowError,
    GraphUnreachableError,
    Patience,
    open_graph,
    pause_with_jitter,
)
from blocks.local_process import stop
from tasks.crm.graph.check import check_graph
from tasks.crm.graph.write import GraphResult, project, write_records
from tasks.transcripts.record import CrmRecord
from tests.crm.graph_calls import call, household, picture

pytestmark = pytest.mark.graph


def all_at_once(graph: Graph, parts: list[list[CrmRecord]]) -> list[GraphResult]:
    results: list[GraphResult] = []
    threads = [threading.Thread(target=lambda part=part: results.append(write_records(graph, part))) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_eight_threads_writing_one_new_household_make_one_client(graph: Graph) -> None:
    records = [call(number) for number in range(8)]
    results = all_at_once(graph, [[record] for record in records])
    assert [result.error for result in results] == [None] * 8
    assert check_graph(graph, records, complete=True) == []


def test_eight_threads_writing_one_transcript_make_one_meeting(graph: Graph) -> None:
    results = all_at_once(graph, [[call()]] * 8)
    assert sorted(len(result.written) for result in results) == [0] * 7 + [1]
    assert check_graph(graph, [call()], complete=True) == []


def test_shared_nodes_that_come_and_go_survive_concurrent_writers(graph: Graph) -> None:
    tides = [[household(number, advisor=name, products=[]) for name in ("Ann", "Bob", "Ann")] for number in range(4)]
    all_at_once(graph, [[record] for tide in tides for record in tide])
    final = [tide[-1] for tide in tides]
    assert write_records(graph, final).error is None
    assert check_graph(graph, final, complete=True) == []


def test_a_rival_between_reading_and_writing_leaves_no_stale_edge(graph: Graph) -> None:
    write_records(graph, [])
    ann, bob = household(1, advisor="Ann"), household(1, advisor="Bob")
    rivals = [partial(write_records, graph, [bob])]

    assert write_records(Overtaken(graph, rivals), [ann]).written == ["70000001"]
    assert check_graph(graph, [ann], complete=True) == []


class Between(Graph):
    """A graph with something in its way between looking up and writing."""

    def __init__(self, graph: Graph, in_the_way: Any) -> None:
        super().__init__(graph.driver, graph.database, graph.where, graph.patience, graph.turn)
        object.__setattr__(self, "in_the_way", in_the_way)


class Overtaken(Between):
    """A graph on which rivals write first."""

    def write_each(self, works: Any) -> Any:
        for rival in self.in_the_way:  # type: ignore[attr-defined]
            assert rival().error is None
        return super().write_each(works)


def test_a_lost_race_is_tried_again_only_so_often(embedded_facts: dict[str, Any]) -> None:
    pauses: list[int] = []
    with connection(embedded_facts, patience=Patience(attempts=4, pause=pauses.append)) as graph:
        graph.define("CREATE CONSTRAINT rival IF NOT EXISTS FOR (n:Rival) REQUIRE n.key IS UNIQUE")
        graph.define("MERGE (:Rival {key: 1})")
        with pytest.raises(GraphRefusedError, match="ConstraintValidationFailed"):
            graph.write(lambda tx: tx.run("CREATE (:Rival {key: 1})").consume())
        graph.define("MATCH (n:Rival) DELETE n")
    assert pauses == [1, 2, 3]


def test_a_query_the_server_does_not_understand_is_not_tried_again(embedded_facts: dict[str, Any]) -> None:
    pauses: list[int] = []
    with (
        connection(embedded_facts, patience=Patience(pause=pauses.append)) as graph,
        pytest.raises(GraphRefusedError, match="does not understand"),
    ):
        graph.define("MATCH SYNTAX")
    assert pauses == []


def test_an_error_inside_a_transaction_leaves_nothing_of_it(graph: Graph) -> None:
    def half(tx: Any) -> None:
        tx.run("CREATE (:Meeting {transcript_id: 'half'})").consume()
        raise RuntimeError("the process stumbles")

    with pytest.raises(RuntimeError):
        graph.write(half)
    assert graph.read("MATCH (m:Meeting {transcript_id: 'half'}) RETURN m") == []


def connection(facts: dict[str, Any], **changes: Any) -> Any:
    given = {name: facts[name] for name in ("uri", "user", "password", "database")} | changes
    return open_graph(**given)


SECRET = "correct-horse-battery"


@pytest.mark.parametrize(
    ("changes", "words", "advice"),
    [
        ({"password": SECRET}, "refused the user name or password", "correct user and password of the graph block"),
        ({"database": "nosuch"}, "has no database of that name", "correct the database name"),
        ({"uri": "bolt://127.0.0.1:1", "password": SECRET}, "does not answer", "start the graph server"),
        ({"uri": "bolt://no-such-host.invalid", "password": SECRET}, "does not answer", "start the graph server"),
    ],
)
def test_what_is_wrong_with_a_connection_is_said_without_its_secret(
    embedded_facts: dict[str, Any], changes: dict[str, str], words: str, advice: str
) -> None:
    with pytest.raises(GraphUnreachableError) as caught, connection(embedded_facts, **changes):
        pass
    assert words in str(caught.value)
    assert advice in str(caught.value)
    for secret in (SECRET, embedded_facts["password"]):
        assert secret not in str(caught.value) + repr(caught.value.__cause__)


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("bolt://127.0.0.1:1", "does not answer"),
        ("bolt://127.0.0.1:99999", "does not answer"),
        ("bolt://[::1", "is no address"),
        ("bolt://127.0.0.1:abc", "is no address"),
        ("bolt://:7687x", "is no address"),
    ],
)
def test_an_unreachable_store_is_a_result_and_no_exception(uri: str, words: str) -> None:
    result = project(GraphStore(uri=uri, seconds=5), [call(1), call(2)])
    assert sorted(result.failed) == ["70000001", "70000002"]
    assert words in (result.error or "")


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        store = GraphStore(uri=f"bolt://127.0.0.1:{mute.getsockname()[1]}", password=SecretStr(SECRET), seconds=1)
        with pytest.raises(GraphUnreachableError), store.connect():
            pass


@pytest.mark.parametrize("uri", ["http://graph.example", "bolt://user:word@graph.example", "graph.example", ""])
def test_an_address_that_is_none_or_carries_a_password_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="uri"):
        GraphStore(uri=uri)


def test_the_block_shows_no_password() -> None:
    assert SECRET not in repr(GraphStore(uri="bolt://graph.example", password=SecretStr(SECRET)))


@pytest.mark.parametrize("attempt", range(1, 13))
def test_the_pause_before_another_attempt_is_bounded(attempt: int, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    pause_with_jitter(attempt)
    assert 0 <= slept[0] <= 1


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder whose embedded graph, if one was started, is ended with the test."""
    monkeypatch.setenv("PHASEGATE_HOME", str(tmp_path))
    yield tmp_path
    if facts := embedded_graph().running():
        stop(facts["pid"])


def test_a_server_killed_in_the_middle_is_started_again_and_caught_up(own_home: Path) -> None:
    records = [household(number) for number in range(6)]
    store = GraphStore(seconds=20)
    with store.connect() as graph:
        first = embedded_graph().running() or {}
        kill = partial(os.kill, first["pid"], signal.SIGKILL)
        result = write_records(KilledAt(graph, (4, kill)), records)
    assert result.written == [record.meeting.transcript_id for record in records[:4]]
    assert list(result.failed) == ["70000004", "70000005"]
    assert "embedded graph does not answer" in (result.error or "")

    with store.connect() as graph:
        again = embedded_graph().running() or {}
        caught_up = write_records(graph, records)
        assert sorted(caught_up.unchanged + caught_up.written) == [record.meeting.transcript_id for record in records]
        assert {"70000004", "70000005"} <= set(caught_up.written)
        assert check_graph(graph, records, complete=True) == []
        once = picture(graph)
        write_records(graph, records, repair=True)
        assert picture(graph) == once

    assert again["password"] != first["password"]
    state = own_home / "run" / "graph" / "state.json"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert again["password"] not in (own_home / "run" / "graph" / "log.txt").read_text()


class KilledAt(Between):
    """A graph whose server is killed outright in a transaction, before its commit."""

    def write_each(self, works: Any) -> Any:
        number, kill = self.in_the_way  # type: ignore[attr-defined]

        def cut_off(tx: Any) -> Any:
            outcome = works[number](tx)
            kill()
            return outcome

        return super().write_each([*works[:number], cut_off, *works[number + 1 :]])


def test_a_transcript_that_stalls_costs_itself_only(graph: Graph) -> None:
    records, over = [household(number) for number in range(1, 6)], threading.Event()
    write_records(graph, records)  # once, so that the server knows the statements
    records = [household(number, state="Ohio") for number in range(1, 6)]
    impatient = replace(graph, patience=Patience(seconds=2))
    result = write_records(StalledAt(impatient, (2, over)), records)
    over.set()
    assert result.written == ["70000001", "70000002", "70000004", "70000005"]
    assert "did not finish within 2 s" in result.failed["70000003"]
    left_behind()
    assert write_records(graph, records).error is None
    assert check_graph(graph, records, complete=True) == []


def test_after_a_few_that_stall_the_rest_is_not_waited_for(graph: Graph) -> None:
    over = threading.Event()
    impatient = replace(graph, patience=Patience(seconds=0.1))

    outcomes = list(impatient.write_each([lambda tx: over.wait()] * 200))

    over.set()
    left_behind()
    assert [type(outcome) for outcome in outcomes] == [GraphSlowError] * SLOW_AT_MOST


class StalledAt(Between):
    """A graph that stands still in a transaction, before its first query."""

    def write_each(self, works: Any) -> Any:
        number, over = self.in_the_way  # type: ignore[attr-defined]

        def stalled(tx: Any) -> Any:
            over.wait()
            return works[number](tx)

        return super().write_each([*works[:number], stalled, *works[number + 1 :]])


def left_behind() -> None:
    """Waits for threads that were given up."""
    for thread in threading.enumerate():
        if thread.name == "graph-call":
            thread.join(20)


def test_a_hung_server_is_given_up_after_the_time_limit(own_home: Path) -> None:
    with GraphStore(seconds=2).connect() as graph:
        pid = (embedded_graph().running() or {})["pid"]
        os.kill(pid, signal.SIGSTOP)
        result = write_records(graph, [call()])
        os.kill(pid, signal.SIGCONT)
        left_behind()
    assert "did not finish within 2 s" in (result.error or "")
