"""Catching up: every call once, whoever is at it, whatever is down; and a second run with a changed value."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from blocks.baserow import Baserow
from blocks.graph import GraphStore
from blocks.graph_connection import Graph
from blocks.stores import Stores
from flows.transcripts.sync import synced
from tasks.crm.graph.check import check_graph, graph_counts
from tasks.crm.projecting import Projection, project
from tasks.crm.status import Settled, Target, claim, read_status, settle
from tests.crm.baserow_setting import NAMES, Setting, record
from tests.doubles.baserow import html_500
from tests.transcripts.scene import NOW, store

KEY = "10000001"


def at(setting: Setting, **changes: Any) -> Stores:
    block: dict[str, Any] = {"url": setting.double.url, "database_id": setting.database, "token": setting.token}
    return Stores(baserow=Baserow(**block | changes))


def catch_up(database: Engine, stores: Stores, target: Target = "baserow", **options: Any) -> Projection:
    return asyncio.run(project(database, target, stores, **options))


def states(database: Engine, target: Target = "baserow") -> dict[str, str]:
    return {row["place"]: row["status"] for row in read_status(database) if row["target"] == target}


def test_a_call_is_brought_to_all_five_tables_once(database: Engine, setting: Setting) -> None:
    store(database)

    first, second = catch_up(database, at(setting)), catch_up(database, at(setting))

    assert (first.done, second.done) == ([KEY], [])
    assert all(len(setting.rows(name)) == 1 for name in NAMES)
    assert set(states(database).values()) == {"done"}


def test_a_changed_value_keeps_the_rows_and_makes_no_new_ones(database: Engine, setting: Setting) -> None:
    store(database)
    catch_up(database, at(setting))
    before = setting.ids()

    store(database, run_id="second", client={"state": "Maine"})
    catch_up(database, at(setting))

    assert setting.ids() == before
    assert setting.row("Clients")["state"] == "Maine"


def test_a_draft_set_back_gets_newer_words_when_everything_is_compared(database: Engine, setting: Setting) -> None:
    store(database)
    catch_up(database, at(setting))
    setting.double.edit("Communications", 1, status="Approved")
    store(database, run_id="second", communications={"follow_up_email": "Newer words."})
    catch_up(database, at(setting))
    assert setting.row("Communications")["follow_up_email_draft"] != "Newer words."

    setting.double.edit("Communications", 1, status="Draft")
    catch_up(database, at(setting), statuses=["behind", "done"])

    assert setting.row("Communications")["follow_up_email_draft"] == "Newer words."


def test_an_unconfigured_store_is_said_and_caught_up_later(database: Engine, setting: Setting) -> None:
    store(database)

    without = catch_up(database, Stores())
    assert without.status == "unconfigured"
    assert "phasegate baserow bootstrap" in without.behind[KEY]
    assert set(states(database).values()) == {"unconfigured"}

    assert catch_up(database, at(setting)).done == [KEY]


def test_calls_that_wait_for_a_store_nobody_has_configured_are_not_written_again(database: Engine) -> None:
    store(database)
    for minutes in (1, 31):
        catch_up(database, Stores(), clock=lambda: NOW + timedelta(minutes=minutes))  # noqa: B023 - used at once
    rows = [row for row in read_status(database) if row["target"] == "baserow"]
    assert {(row["at"], row["claimed_by"]) for row in rows} == {(NOW + timedelta(minutes=1), None)}


def test_a_store_nobody_has_configured_is_not_behind(database: Engine, setting: Setting) -> None:
    store(database)
    down = at(setting, token="x" * 32)

    without, behind = (synced(catch_up(database, stores), 1, stores) for stores in (Stores(), down))

    assert (without.behind, without.configured, without.others) == ({}, False, 1)
    assert without.sentence.startswith("baserow: not configured, 1 calls would go there; no Baserow block named")
    assert (list(behind.behind), behind.configured) == ([KEY], True)


def test_a_store_that_is_down_leaves_calls_behind_until_it_is_up(database: Engine, setting: Setting) -> None:
    store(database)
    store(database, 2)
    wrong = at(setting, token="x" * 32)

    down = catch_up(database, wrong)
    assert sorted(down.behind) == [KEY, "10000002"]
    assert {row["attempts"] for row in read_status(database) if row["target"] == "baserow"} == {1}

    assert sorted(catch_up(database, at(setting)).done) == [KEY, "10000002"]
    assert all(len(setting.rows(name)) == 2 for name in NAMES)


def test_a_store_that_could_not_write_is_caught_up(database: Engine, setting: Setting, monkeypatch: Any) -> None:
    monkeypatch.setattr("tasks.crm.baserow.connection.Patience.seconds", lambda *_: 0.0)
    store(database)
    setting.double.faults.plan("before", method="POST", answer=html_500, times=999)

    assert "no usable answer" in catch_up(database, at(setting)).behind[KEY]
    assert set(states(database).values()) == {"behind"}

    setting.double.faults.planned.clear()
    assert catch_up(database, at(setting)).done == [KEY]


def test_tables_that_were_changed_are_said(database: Engine, setting: Setting) -> None:
    store(database)
    setting.double.delete_field("Deals", "deal_amount")

    behind = catch_up(database, at(setting))

    assert "Deals.deal_amount is missing" in behind.behind[KEY]
    assert set(states(database).values()) == {"behind"}


def test_a_refused_row_is_refused_once_with_its_reason(database: Engine, setting: Setting) -> None:
    store(database, client={"phone": "no number at all!"})

    refused = catch_up(database, at(setting))

    assert states(database)["Clients"] == "rejected"
    assert states(database)["Deals"] == "done"
    assert "Clients" in refused.behind[KEY]
    assert catch_up(database, at(setting)).behind == {}
    assert catch_up(database, at(setting), statuses=["rejected"]).behind != {}


def test_a_refused_call_with_a_new_record_is_tried_again(database: Engine, setting: Setting) -> None:
    store(database, client={"phone": "no number at all!"})
    catch_up(database, at(setting))

    store(database, run_id="second")

    assert catch_up(database, at(setting)).done == [KEY]
    assert setting.row("Clients")["phone"] == "+12125550100"


def test_of_two_who_catch_up_at_once_only_one_sends_a_call(database: Engine, setting: Setting) -> None:
    for number in range(1, 21):
        store(database, number)

    async def both() -> tuple[Projection, Projection]:
        return await asyncio.gather(*(project(database, "baserow", at(setting)) for _ in range(2)))  # type: ignore[return-value]

    one, other = asyncio.run(both())

    assert sorted(one.done + other.done) == [str(10_000_000 + number) for number in range(1, 21)]
    assert all(len(setting.rows(name)) == 20 for name in NAMES)


def test_a_claimed_call_is_left_alone_until_its_claim_is_over(database: Engine) -> None:
    store(database)
    taken = claim(database, "graph", NOW)

    assert list(taken.records) == [KEY]
    assert not claim(database, "graph", NOW).records
    assert claim(database, "baserow", NOW).records
    assert claim(database, "graph", NOW + timedelta(hours=1)).records


def test_a_round_goes_on_after_the_last_call_it_took_and_tries_none_twice(database: Engine) -> None:
    for number in range(1, 6):
        store(database, number)

    taken, after = list[list[str]](), ""
    while records := (one := claim(database, "graph", NOW, after=after, most=2)).records:
        settle(database, one, {key: {"": Settled("behind", "down")} for key in records}, NOW)
        taken, after = [*taken, sorted(records)], one.last

    assert taken == [[KEY, "10000002"], ["10000003", "10000004"], ["10000005"]]


def test_a_record_that_changes_while_it_is_sent_stays_behind(database: Engine) -> None:
    store(database)
    taken = claim(database, "graph", NOW)
    store(database, run_id="second", client={"state": "Maine"})

    settle(database, taken, {KEY: {"": Settled("done")}}, NOW)

    assert states(database, "graph") == {"": "behind"}
    assert claim(database, "graph", NOW).records


def test_a_crash_while_sending_gives_the_claim_back(database: Engine, setting: Setting, monkeypatch: Any) -> None:
    store(database)
    monkeypatch.setattr("tasks.crm.projecting.read_records", _crash)
    with pytest.raises(MemoryError):
        catch_up(database, at(setting))
    monkeypatch.undo()

    assert catch_up(database, at(setting)).done == [KEY]


def _crash(*_: Any) -> Any:
    raise MemoryError


@pytest.mark.graph
class TestGraph:
    """The embedded graph server, for real."""

    def test_a_call_is_brought_and_changed_there(self, database: Engine, graph_store: GraphStore, graph: Graph) -> None:
        store(database)
        stores = Stores(graph=graph_store)
        assert catch_up(database, stores, "graph").done == [KEY]
        counts = graph_counts(graph)

        store(database, run_id="second", client={"state": "Maine"})
        catch_up(database, stores, "graph")

        assert check_graph(graph, [record(1, client={"state": "Maine"})], complete=True) == []
        assert graph_counts(graph) == counts

    def test_what_was_altered_by_hand_is_mended_when_everything_is_compared(
        self, database: Engine, graph_store: GraphStore, graph: Graph
    ) -> None:
        store(database)
        catch_up(database, Stores(graph=graph_store), "graph")
        graph.define("MATCH (:Meeting)-[r:RESULTED_IN]->(d:Deal) SET d.amount = 1.0 DELETE r")
        graph.define("MATCH (p:Person) DETACH DELETE p")

        catch_up(database, Stores(graph=graph_store), "graph", statuses=["behind", "done"])

        assert check_graph(graph, [record()], complete=True) == []

    def test_a_refused_call_is_refused_once_with_its_reason(
        self, database: Engine, graph_store: GraphStore, graph: Graph
    ) -> None:
        store(database, client={"children_count": 10**30})
        store(database, 2)
        stores = Stores(graph=graph_store)

        first = catch_up(database, stores, "graph")

        assert (first.done, list(first.behind), first.status) == (["10000002"], [KEY], "rejected")
        assert "process the transcript again" in first.behind[KEY]
        assert catch_up(database, stores, "graph").behind == {}
        store(database, run_id="second")
        assert catch_up(database, stores, "graph").done == [KEY]

    def test_a_graph_that_is_down_leaves_the_call_behind(self, database: Engine) -> None:
        store(database)

        down = catch_up(database, Stores(graph=GraphStore(uri="bolt://127.0.0.1:1", seconds=2)), "graph")

        assert "does not answer" in down.behind[KEY]
        assert states(database, "graph") == {"": "behind"}
