"""CRM records become the graph, once and only once, whatever is written again, changed or renamed."""

from datetime import UTC, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from neo4j.exceptions import ConstraintError

from blocks.graph_connection import Graph
from tasks.crm.graph.check import check_graph, graph_counts
from tasks.crm.graph.write import define_constraints, write_records
from tasks.transcripts.record import CrmRecord, Meeting, Objection
from tests.crm.graph_calls import NOON, PRICE, SPOUSE, call, column, household, picture

pytestmark = pytest.mark.graph

ID = "70000001"


def test_one_call_becomes_the_whole_graph_of_it(graph: Graph) -> None:
    assert write_records(graph, [call()]).written == [ID]
    counts = graph_counts(graph)
    assert counts.nodes == {
        "Client": 1, "Person": 2, "Meeting": 1, "Deal": 1, "Product": 2, "ObjectionCategory": 2, "Objection": 2,
        "Advisor": 1,
    }  # fmt: skip
    assert counts.relations == {
        "PARTICIPATED_IN": 1, "LED_BY": 1, "RESULTED_IN": 1, "DISCUSSED": 2, "CONTAINED": 2, "IN_CATEGORY": 2,
        "RAISED": 2, "MEMBER_OF": 2,
    }  # fmt: skip
    assert check_graph(graph, [call()], complete=True) == []


def test_values_arrive_as_they_are(graph: Graph) -> None:
    write_records(graph, [call(deposit=None)], now=NOON)
    (client,) = graph.read("MATCH (c:Client) RETURN properties(c) AS c")[0].values()
    (deal,) = graph.read("MATCH (d:Deal) RETURN properties(d) AS d")[0].values()
    assert client.pop("updated_at").to_native().replace(tzinfo=UTC) == NOON
    assert client == {
        "client_key": "hanna.brandt@example.net", "name": "Hanna Brandt and Tom Brandt",
        "email": "Hanna.Brandt@example.net", "phone": "+12025550143", "state": "Oregon", "marital_status": "Married",
        "children_count": 0,
    }  # fmt: skip
    assert deal == {
        "transcript_id": ID, "amount": 4650.10, "currency": "USD", "status": "agreed", "stage": "Closed Won"
    }  # fmt: skip
    (started,) = column(graph, "MATCH (m:Meeting) RETURN m.started_at")
    assert started.to_native().replace(tzinfo=UTC) == NOON


def test_the_second_run_changes_nothing(graph: Graph) -> None:
    records = [call(1), call(2), household(3)]
    write_records(graph, records, now=NOON)
    before, updated = picture(graph), column(graph, "MATCH (c:Client) RETURN c.updated_at")

    again = write_records(graph, records, now=NOON + timedelta(days=1))

    assert (again.written, len(again.unchanged), again.error) == ([], 3, None)
    assert picture(graph) == before
    assert column(graph, "MATCH (c:Client) RETURN c.updated_at") == updated


def test_writing_everything_again_gives_the_same_graph(graph: Graph) -> None:
    records = [call(1), call(2), household(3)]
    write_records(graph, records)
    before = picture(graph)
    assert len(write_records(graph, records, repair=True).written) == 3
    assert picture(graph) == before


def test_written_at_once_or_over_other_values_one_by_one_it_is_the_same_graph(graph: Graph) -> None:
    records = [call(1), household(2), call(3, advisor="Uma Raman"), household(4, products=[])]
    write_records(graph, records)
    at_once = picture(graph)
    for number in range(1, 5):
        write_records(graph, [household(number, persons=["Nobody"], products=["Other"], objections=[])])
    for record in records:
        write_records(graph, [record])
    assert picture(graph) == at_once


def test_every_changed_transcript_has_a_transaction_of_its_own_and_no_other_one(graph: Graph) -> None:
    records = [household(number) for number in range(1, 6)]
    write_records(graph, records)
    counting = Counting(graph)
    assert len(write_records(counting, records).unchanged) == 5
    assert counting.transactions == []
    assert len(write_records(counting, [*records[:3], household(4, state="Ohio"), household(6)]).written) == 2
    assert counting.transactions == [[1, 1]]  # two of one transcript each, in one turn


class Counting(Graph):
    """Notes of every turn the number of transcripts written in each of its transactions."""

    transactions: list[list[int]]

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph.driver, graph.database, graph.where, graph.patience, graph.turn)
        object.__setattr__(self, "transactions", [])

    def write_each(self, works: Any) -> Any:
        def counted(tx: Any, work: Any) -> Any:
            count = "MATCH (m:Meeting) RETURN m.transcript_id AS id, m.fingerprint AS fingerprint"
            before = {tuple(row.values()) for row in tx.run(count).data()}
            outcome = work(tx)
            self.transactions[-1].append(len({tuple(row.values()) for row in tx.run(count).data()} - before))
            return outcome

        if works:
            self.transactions.append([])
        return super().write_each([partial(counted, work=work) for work in works])


def test_a_changed_record_leaves_no_stale_edge_and_no_orphan(graph: Graph) -> None:
    write_records(graph, [call(), household(2, products=["Estate Planning"], objections=[PRICE])])
    changed = call(products=["Life Insurance"], objections=[PRICE], advisor=None, persons=["Hanna Brandt"])

    assert write_records(graph, [changed]).written == [ID]

    assert column(graph, "MATCH (:Meeting {transcript_id: $id})-[:DISCUSSED]->(p) RETURN p.name", id=ID) == [
        "Life Insurance"
    ]
    assert column(graph, "MATCH (p:Product) RETURN p.name") == ["Estate Planning", "Life Insurance"]
    assert column(graph, "MATCH (k:ObjectionCategory) RETURN k.name") == ["Price"]
    assert column(graph, "MATCH (p:Person) RETURN p.name") == ["Client Number 2", "Hanna Brandt"]
    assert graph_counts(graph).relations["LED_BY"] == 1
    assert check_graph(graph, [changed]) == []


def test_a_value_that_is_no_longer_stated_is_removed(graph: Graph) -> None:
    write_records(graph, [call()])
    write_records(graph, [call(phone=None, amount=None, title=None)])
    assert graph.read("MATCH (c:Client) RETURN c.phone AS v") == [{"v": None}]
    assert graph.read("MATCH (d:Deal) RETURN d.amount AS v") == [{"v": None}]
    assert graph.read("MATCH (m:Meeting) RETURN m.title AS v") == [{"v": None}]


def test_another_client_key_moves_the_edges_and_leaves_one_client(graph: Graph) -> None:
    write_records(graph, [call(email=None)])
    assert column(graph, "MATCH (c:Client) RETURN c.client_key") == ["hanna brandt|tom brandt"]

    write_records(graph, [call()])

    assert column(graph, "MATCH (c:Client) RETURN c.client_key") == ["hanna.brandt@example.net"]
    assert graph_counts(graph).relations["RAISED"] == 2
    assert graph_counts(graph).nodes["Person"] == 2
    assert check_graph(graph, [call()], complete=True) == []


def test_a_client_with_other_calls_stays_when_one_call_moves_away(graph: Graph) -> None:
    write_records(graph, [call(1, phone="+12025550111"), call(2, phone="+12025550122")])
    moved = call(2, email="other@example.net", persons=["Other Person"])
    write_records(graph, [moved])
    phones = graph.read("MATCH (c:Client) RETURN c.client_key AS k, c.phone AS p ORDER BY k")
    assert phones == [
        {"k": "hanna.brandt@example.net", "p": "+12025550111"},
        {"k": "other@example.net", "p": "+12025550143"},
    ]
    assert check_graph(graph, [call(1, phone="+12025550111"), moved], complete=True) == []


@pytest.mark.parametrize("order", [1, -1])
def test_the_latest_call_counts_in_whatever_order_they_are_processed(graph: Graph, order: int) -> None:
    early = call(1, phone="+12025550111", state="Oregon")
    late = call(2, phone="+12025550122", state=None, started_at=NOON + timedelta(days=30))
    for record in [early, late][::order]:
        write_records(graph, [record])
    assert graph.read("MATCH (c:Client) RETURN c.phone AS phone, c.state AS state") == [
        {"phone": "+12025550122", "state": "Oregon"}
    ]


def test_a_call_of_which_only_the_day_is_known_keeps_its_place_in_time(graph: Graph) -> None:
    early = call(1, phone="+12025550111")
    late = call(2, phone="+12025550122", started_at=None, held_on=NOON.date() + timedelta(days=1))
    write_records(graph, [late])
    write_records(graph, [early])
    assert column(graph, "MATCH (c:Client) RETURN c.phone") == ["+12025550122"]
    assert column(graph, "MATCH (m:Meeting) WHERE m.started_at IS NULL RETURN toString(m.held_on)") == ["2026-03-03"]
    assert check_graph(graph, [early, late], complete=True) == []


def test_two_households_with_one_persons_name_stay_apart(graph: Graph) -> None:
    write_records(graph, [household(1, persons=["Ann Lee"]), household(2, persons=["Ann Lee"])])
    assert graph_counts(graph).nodes["Person"] == 2


def test_a_call_that_names_nobody_has_a_client_of_its_own_until_it_does(graph: Graph) -> None:
    nobody = [call(number, email=None, persons=[]) for number in (1, 2)]
    write_records(graph, nobody)
    assert column(graph, "MATCH (c:Client) RETURN c.client_key") == ["transcript:70000001", "transcript:70000002"]
    assert graph.read("MATCH (c:Client) RETURN DISTINCT c.name AS name") == [{"name": None}]
    assert check_graph(graph, nobody, complete=True) == []

    write_records(graph, [call(1)])
    assert column(graph, "MATCH (c:Client) RETURN c.client_key") == ["hanna.brandt@example.net", "transcript:70000002"]


def test_a_record_with_nothing_but_its_id_is_written(graph: Graph) -> None:
    bare = CrmRecord(meeting=Meeting(transcript_id="t0", filename="bare.txt"))
    assert write_records(graph, [bare]).written == ["t0"]
    assert check_graph(graph, [bare], complete=True) == []
    assert graph_counts(graph).nodes["Advisor"] == 0


def test_of_two_records_of_one_transcript_the_last_counts(graph: Graph) -> None:
    assert write_records(graph, [call(amount=Decimal(1)), call(amount=Decimal(2))]).written == [ID]
    assert column(graph, "MATCH (d:Deal) RETURN d.amount") == [2.0]


def test_an_objection_keeps_its_node_when_only_its_resolution_changes(graph: Graph) -> None:
    write_records(graph, [call(objections=[SPOUSE])])
    resolved = Objection(category="Spouse", text=SPOUSE.text.upper(), resolved=True)
    write_records(graph, [call(objections=[resolved])])
    assert graph.read("MATCH (o:Objection) RETURN o.resolved AS r, o.text AS t") == [{"r": True, "t": resolved.text}]


def test_constraints_are_there_and_defining_them_again_is_harmless(graph: Graph) -> None:
    define_constraints(graph)
    define_constraints(graph)
    write_records(graph, [call()])
    with pytest.raises(Exception, match="refused") as caught:
        graph.define("CREATE (:Meeting {transcript_id: '70000001'})")
    assert isinstance(caught.value.__cause__, ConstraintError)


def test_the_checks_find_what_was_damaged_by_hand_and_repair_mends_it(graph: Graph) -> None:
    write_records(graph, [call()])
    graph.define("MATCH (:Meeting)-[r:RESULTED_IN]->(d:Deal) SET d.amount = 1.0 DELETE r")
    graph.define("MATCH (o:Objection {resolved: true})-[r:IN_CATEGORY]->(k) DETACH DELETE k")
    graph.define("MATCH (:Client)-[r:RAISED]->(o:Objection {resolved: true}) DELETE r")
    graph.define("MATCH (p:Person {name: 'Tom Brandt'}) DETACH DELETE p")
    problems = "\n".join(check_graph(graph, [call(), household(2)], complete=True))
    for words in (
        "has 0 deals", "has 0 categories", "has 0 clients", "Deal '70000001' has no edges", "amount is None",
        "'Tom Brandt' is no member", "Meeting 70000002 is missing",
    ):  # fmt: skip
        assert words in problems

    write_records(graph, [call()], repair=True)
    assert check_graph(graph, [call()], complete=True) == []


def test_a_meeting_that_no_record_has_is_a_problem_when_the_records_are_complete(graph: Graph) -> None:
    write_records(graph, [call(1), household(2)])
    assert check_graph(graph, [call(1)]) == []
    assert check_graph(graph, [call(1)], complete=True) == ["Meeting 70000002 stands in the graph only."]


def test_what_other_people_put_into_the_graph_is_no_problem_of_a_record(graph: Graph) -> None:
    write_records(graph, [call(1), household(2)])
    graph.define("CREATE (:Person {person_key: 'of somebody else'})")
    graph.define("MATCH (m:Meeting {transcript_id: '70000002'})-[r:RESULTED_IN]->(d) DELETE r")
    assert check_graph(graph, [call(1)]) == []
    everything = check_graph(graph, [call(1), household(2)], complete=True)
    assert {"Meeting 70000002 has 0 deals, not one.", "Person 'of somebody else' has no edges."} <= set(everything)
