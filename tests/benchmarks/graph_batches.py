"""(d) How much faster the graph is written as calls are brought there than row by row, on the embedded server.

The same nodes and edges both ways, each into new keys. Calls are written a transaction each, with short lists in it, so
that one which is refused or slow costs itself only; that makes it about twice as fast, not the twenty times that are wanted.
What long lists would save, at the price of that, is measured beside it with a bare statement that the product does not
have; in rounds of which the first does not count, as the server compiles its statements in it.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from blocks.embedded_graph import embedded_graph
from blocks.graph import GraphStore
from blocks.graph_connection import Graph
from blocks.local_process import stop
from tasks.crm.graph import cypher
from tasks.crm.graph.rows import meeting_rows, person_key
from tasks.crm.graph.write import define_constraints, run, write_records
from tasks.transcripts.record import CrmRecord
from tests.benchmarks.figures import RATIO, Figure, Sizes
from tests.crm.graph_calls import household

LINK = "MERGE (m:Meeting {transcript_id: row.id}) MERGE (p:Product {name: row.product}) MERGE (m)-[:DISCUSSED]->(p)"
ROUNDS = 4
"""The first does not count: the server compiles its statements in it."""


def figures(sizes: Sizes) -> Sequence[Figure]:
    with GraphStore(seconds=600).connect() as graph:
        try:
            define_constraints(graph)
            return [_transcripts(graph, max(10, sizes.graph_rows // 5)), _statement(graph, sizes.graph_rows)]
        finally:
            stop((embedded_graph().running() or {})["pid"])


def _statement(graph: Graph, count: int) -> Figure:
    rounds = []
    for number in range(ROUNDS):
        rows = [{"id": f"{number}-{index}", "product": "Other"} for index in range(count)]
        alone = [{**row, "id": row["id"] + "-alone"} for row in rows]
        rounds.append((_seconds(lambda: _one_by_one(graph, alone)), _seconds(lambda: _at_once(graph, rows))))  # noqa: B023
    singly, batched = (statistics.median(column) for column in zip(*rounds[1:], strict=True))
    return Figure(
        name="graph: a bare statement a row / for all rows", value=singly / batched, unit=RATIO, better="more",
        tolerance=0.5, how=f"not how calls are written; {count} rows: {singly:.2f} s a statement each, {batched:.3f} s in "
        f"one; medians of {ROUNDS - 1}",
    )  # fmt: skip


def _transcripts(graph: Graph, count: int) -> Figure:
    write_records(graph, _records(0, 10))
    _row_by_row(graph, _records(50_000, 10))
    singly = _seconds(lambda: _row_by_row(graph, _records(100_000, count)))
    whole = _seconds(lambda: write_records(graph, _records(200_000, count)))
    return Figure(
        name="graph: row by row / as calls are written", value=singly / whole, unit=RATIO, better="more", wanted=20,
        tolerance=0.5, how=f"{count} transcripts of some ten rows: {singly:.1f} s with a transaction each row, "
        f"{whole:.1f} s with one each transcript; lists over transcripts would do it, where one that is refused costs all",
    )  # fmt: skip


def _row_by_row(graph: Graph, records: list[CrmRecord]) -> None:
    for record in records:
        row = meeting_rows(record)
        whole = row.parameters()
        client = {"client_key": row.client_key, "properties": {"name": row.stated["name"]}}
        graph.write(partial(run, query=cypher.HOLD_MEETINGS, ids=[row.transcript_id]))
        graph.write(partial(run, query=cypher.HOLD_CLIENTS, keys=[row.client_key], now=datetime.now(UTC)))
        graph.write(partial(run, query=cypher.MEETINGS, rows=[whole]))
        graph.write(partial(run, query=cypher.LINK_ADVISORS, rows=[whole]))
        for product in row.products:
            graph.write(partial(run, query=cypher.LINK_PRODUCTS, rows=[whole | {"products": [product]}]))
        for objection in row.objections:
            graph.write(partial(run, query=cypher.LINK_OBJECTIONS, rows=[whole | {"objections": [objection]}]))
        for name in row.stated["persons"]:
            person = {"key": person_key(row.client_key, name), "name": name}
            graph.write(partial(run, query=cypher.FOLD_CLIENTS, households=[client | {"persons": [person]}]))


def _records(first: int, number: int) -> list[CrmRecord]:
    return [household(first + index) for index in range(number)]


def _at_once(graph: Graph, rows: list[dict[str, str]]) -> None:
    graph.write(lambda tx: tx.run("UNWIND $rows AS row " + LINK, rows=rows).data())


def _one_by_one(graph: Graph, rows: list[dict[str, str]]) -> None:
    for row in rows:
        graph.write(lambda tx, row=row: tx.run("WITH $row AS row " + LINK, row=row).data())  # type: ignore[misc]


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
