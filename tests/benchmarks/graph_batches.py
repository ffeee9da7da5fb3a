"""(d) How fast calls are written to the graph against row by row, both on the embedded server 20 ms away.

Row by row means what a naive client does for each node and each edge, as in the benchmark of Baserow: one look-up, then
one create where nothing is found, each a managed transaction. That is measured on a sample of the calls and multiplied
up. Calls are written as the product writes them: a transaction each, all its rows in one statement. What longer lists
would save is measured beside it with a bare statement over many calls, which the product does not have: one call that is
refused or slow would cost them all.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, cast
from urllib.parse import urlsplit

from blocks.embedded_graph import embedded_graph
from blocks.graph_connection import Graph, open_graph
from blocks.local_process import stop
from tasks.crm.graph import cypher
from tasks.crm.graph.rows import meeting_rows, person_key
from tasks.crm.graph.write import define_constraints, write_records
from tasks.transcripts.record import CrmRecord
from tests.benchmarks.figures import RATIO, Figure, Sizes
from tests.benchmarks.relay import delayed
from tests.crm.graph_calls import household

LATENCY = 0.02
LINK = "MERGE (m:Meeting {transcript_id: row.id}) MERGE (p:Product {name: row.product}) MERGE (m)-[:DISCUSSED]->(p)"
ROUNDS = 4
"""The first does not count: the server compiles its statements in it."""


def figures(sizes: Sizes) -> Sequence[Figure]:
    server = embedded_graph()
    with server.lease() as facts:
        try:
            here = urlsplit(facts["uri"]).port
            assert here
            user, password, database = (facts[name] for name in ("user", "password", "database"))
            with (
                delayed(here, LATENCY) as port,
                open_graph(f"bolt://127.0.0.1:{port}", user, password, database) as far,
            ):
                first = _transcripts(far, sizes.graph_transcripts, sizes.graph_sample)
            with open_graph(facts["uri"], user, password, database) as near:
                return [first, _statement(near, sizes.graph_rows)]
        finally:
            stop(facts["pid"])


def _transcripts(graph: Graph, count: int, sample: int) -> Figure:
    define_constraints(graph)
    write_records(graph, _records(0, 5))
    _row_by_row(graph, _records(50_000, 1))
    naive_took, naive_made = _measured(graph, lambda: _row_by_row(graph, _records(100_000, sample)))
    took, made = _measured(graph, lambda: write_records(graph, _records(200_000, count)))
    assert made * sample == naive_made * count, "row by row is not the same graph"
    return Figure(
        name="graph: row by row / as calls are written", value=naive_took / sample / (took / count), unit=RATIO,
        better="more", wanted=20, tolerance=0.5,
        how=f"{count} calls of {len(_rows(household(1)))} nodes and edges in {took:.1f} s; {sample} row by row in "
        f"{naive_took:.1f} s, multiplied up; what is sent arrives after {1000 * LATENCY:.0f} ms",
    )  # fmt: skip


def _measured(graph: Graph, work: Callable[[], Any]) -> tuple[float, int]:
    """Seconds, and how many nodes and edges there are more."""
    before = _size(graph)
    seconds = _seconds(work)
    return seconds, _size(graph) - before


def _size(graph: Graph) -> int:
    return sum(row["number"] for query in (cypher.COUNT_NODES, cypher.COUNT_RELATIONS) for row in graph.read(query))


def _row_by_row(graph: Graph, records: list[CrmRecord]) -> None:
    for record in records:
        for row in _rows(record):
            if not graph.read(row.look_up, **row.parameters):
                graph.write(lambda tx, row=row: tx.run(row.create, row.parameters).data())  # type: ignore[misc]


@dataclass(frozen=True)
class Naive:
    """A node or an edge, as somebody writes it who knows neither lists nor MERGE."""

    look_up: LiteralString
    create: LiteralString
    parameters: dict[str, Any]


def _rows(record: CrmRecord) -> list[Naive]:
    """A call's nodes, then its edges."""
    row = meeting_rows(record)
    meeting, client = ("Meeting", row.transcript_id), ("Client", row.client_key)
    deal, advisor = ("Deal", row.transcript_id), ("Advisor", str(row.advisor))
    nodes = [
        _node(meeting, row.meeting), _node(client, row.stated), _node(deal, row.deal), _node(advisor, {}),
    ]  # fmt: skip
    edges = [
        _edge(client, "PARTICIPATED_IN", meeting), _edge(meeting, "RESULTED_IN", deal), _edge(meeting, "LED_BY", advisor),
    ]  # fmt: skip
    for name in row.products:
        nodes.append(_node(product := ("Product", name), {}))
        edges.append(_edge(meeting, "DISCUSSED", product))
    for one in row.objections:
        objection, category = ("Objection", one["objection_id"]), ("ObjectionCategory", one["category"])
        nodes += [_node(objection, one["properties"]), _node(category, {})]
        edges += [_edge(meeting, "CONTAINED", objection), _edge(objection, "IN_CATEGORY", category)]
        edges += [_edge(client, "RAISED", objection)]
    for name in row.stated["persons"]:
        nodes.append(_node(person := ("Person", person_key(row.client_key, name)), {"name": name}))
        edges.append(_edge(person, "MEMBER_OF", client))
    return nodes + edges


def _node(node: tuple[str, str], properties: Mapping[str, Any]) -> Naive:
    label, key = node
    pattern = f"(n:{label} {{{cypher.KEYS[label]}: $key}})"  # type: ignore[index]
    return Naive(
        cast(LiteralString, f"MATCH {pattern} RETURN 1 AS there"),
        cast(LiteralString, f"CREATE {pattern} SET n += $properties"),
        {"key": key, "properties": dict(properties)},
    )


def _edge(start: tuple[str, str], relation: str, end: tuple[str, str]) -> Naive:
    a, b = (
        f"MATCH ({name}:{label} {{{cypher.KEYS[label]}: ${name}}})"  # type: ignore[index]
        for name, (label, _) in (("a", start), ("b", end))
    )
    return Naive(
        cast(LiteralString, f"{a} {b} MATCH (a)-[r:{relation}]->(b) RETURN 1 AS there"),
        cast(LiteralString, f"{a} {b} CREATE (a)-[:{relation}]->(b)"),
        {"a": start[1], "b": end[1]},
    )


def _statement(graph: Graph, count: int) -> Figure:
    rounds = []
    for number in range(ROUNDS):
        rows = [{"id": f"{number}-{index}", "product": "Other"} for index in range(count)]
        alone = [{**row, "id": row["id"] + "-alone"} for row in rows]
        rounds.append((_seconds(lambda: _one_by_one(graph, alone)), _seconds(lambda: _at_once(graph, rows))))  # noqa: B023
    singly, batched = (statistics.median(column) for column in zip(*rounds[1:], strict=True))
    return Figure(
        name="graph: a bare statement a row / for all rows", value=singly / batched, unit=RATIO, better="more",
        tolerance=0.5, how=f"not how calls are written, and without the way; {count} rows: {singly:.2f} s a statement "
        f"each, {batched:.3f} s in one; medians of {ROUNDS - 1}",
    )  # fmt: skip


def _at_once(graph: Graph, rows: list[dict[str, str]]) -> None:
    graph.write(lambda tx: tx.run("UNWIND $rows AS row " + LINK, rows=rows).data())


def _one_by_one(graph: Graph, rows: list[dict[str, str]]) -> None:
    for row in rows:
        graph.write(lambda tx, row=row: tx.run("WITH $row AS row " + LINK, row=row).data())  # type: ignore[misc]


def _records(first: int, number: int) -> list[CrmRecord]:
    return [household(first + index) for index in range(number)]


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
