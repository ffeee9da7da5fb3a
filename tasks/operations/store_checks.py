"""Checks of the stores calls are projected to."""

from blocks.baserow import Baserow
from blocks.graph import GraphStore
from tasks.crm.baserow import Patience, connect, open_tables
from tasks.crm.graph import cypher
from tasks.operations.checks import Finding, in_thread, ok


async def check_baserow(block: Baserow | None) -> Finding:
    """Whether the five tables are there with every field by name and type. Raises BaserowError, SchemaError."""
    if block is None:
        return Finding("skipped", "No Baserow block.", "`phasegate baserow bootstrap` makes one, if Baserow is wanted.")
    async with connect(block.url, block.token, Patience(attempts=1)) as connection:
        tables = await open_tables(connection, block.database_id)
    return ok(f"{len(tables)} tables as they should be in database {block.database_id}")


async def check_graph(block: GraphStore | None, seconds: float) -> Finding:
    """Whether the graph answers and keeps its keys unique. Raises GraphError."""
    if block is None:
        return Finding("skipped", "No graph block.", "`phasegate bootstrap` makes one.")
    patient = block.model_copy(update={"seconds": max(1, int(seconds))})

    def look() -> set[str]:
        with patient.connect() as graph:
            return set(cypher.CONSTRAINTS) - {row["name"] for row in graph.read(cypher.SHOW_CONSTRAINTS)}

    missing = await in_thread(look)
    if len(missing) == len(cypher.CONSTRAINTS):
        return ok(f"{block.uri}: nothing in it yet; the first sync makes its constraints")
    if missing:
        return Finding("warning", f"{block.uri}: without {len(missing)} constraints.", "the next sync makes them.")
    return ok(f"{block.uri}: all {len(cypher.CONSTRAINTS)} constraints")
