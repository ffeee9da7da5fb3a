"""How much faster the graph is written in batches than row by row, on the embedded server.

`python -m tests.benchmarks.graph_batches [TRANSCRIPTS]` starts a server of its own in a temporary folder, writes the
same nodes and edges three ways, each into new keys after a warm-up, and prints seconds, ratio, start time and memory.
"""

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from blocks.embedded_graph import embedded_graph
from blocks.graph import GraphStore
from blocks.graph_connection import Graph
from blocks.local_process import stop
from tasks.crm.graph.write import define_constraints, write_records
from tasks.transcripts.record import CrmRecord
from tests.crm.graph_calls import household

LINK = "MERGE (m:Meeting {transcript_id: row.id}) MERGE (p:Product {name: row.product}) MERGE (m)-[:DISCUSSED]->(p)"


def main(transcripts: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["PHASEGATE_HOME"] = home
        started = time.monotonic()
        with GraphStore(seconds=600).connect() as graph:
            pid = (embedded_graph().running() or {})["pid"]
            print(f"start to first answer   {time.monotonic() - started:6.1f} s, {memory(pid)} MB")
            try:
                measure(graph, transcripts)
                print(f"memory afterwards       {memory(pid):6d} MB")
            finally:
                stop(pid)


def measure(graph: Graph, transcripts: int) -> None:
    define_constraints(graph)
    write_records(graph, records(0, 100))
    write_records(graph, records(500, 20), batch=1)
    singly = seconds(lambda: write_records(graph, records(10_000, transcripts), batch=1))
    batched = seconds(lambda: write_records(graph, records(20_000, transcripts)))
    again = seconds(lambda: write_records(graph, records(20_000, transcripts)))
    print(f"one transcript each     {singly:6.2f} s, {singly / transcripts * 1000:.1f} ms a transcript")
    print(f"batches of 50           {batched:6.2f} s, {batched / transcripts * 1000:.1f} ms a transcript")
    print(f"nothing changed         {again:6.2f} s")
    print(f"ratio of transcripts    {singly / batched:6.1f}")
    for name in ("first", "second"):
        rows = [{"id": f"{name}-{index}", "product": "Other"} for index in range(transcripts)]
        unwound = seconds(partial(at_once, graph, rows))
        alone = seconds(partial(one_by_one, graph, [{**row, "id": row["id"] + "-alone"} for row in rows]))
        print(
            f"ratio of one statement  {alone / unwound:6.1f} ({name}: {alone:.2f} s a row each, {unwound:.2f} s UNWIND)"
        )


def records(first: int, number: int) -> list[CrmRecord]:
    return [household(first + index) for index in range(number)]


def at_once(graph: Graph, rows: list[dict[str, str]]) -> None:
    graph.write(lambda tx: tx.run("UNWIND $rows AS row " + LINK, rows=rows).data())


def one_by_one(graph: Graph, rows: list[dict[str, str]]) -> None:
    for row in rows:
        graph.write(lambda tx, row=row: tx.run("WITH $row AS row " + LINK, row=row).data())  # type: ignore[misc]


def seconds(work: Callable[[], Any]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def memory(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
