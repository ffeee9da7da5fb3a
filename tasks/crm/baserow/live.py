"""The tables a token sees and their fields, read and compared before the first write."""

from collections.abc import Sequence
from typing import Any

from tasks.crm.baserow.connection import Connection, as_expected
from tasks.crm.baserow.refusals import stop
from tasks.crm.baserow.schema import LiveTable, compare, live, schema_error
from tasks.crm.tables import TABLES, Table


async def read_fields(connection: Connection, table_id: int) -> list[dict[str, Any]]:
    answer = await connection.get(f"database/fields/table/{table_id}/")
    if not answer.fine:
        raise stop(answer, f"the fields of table {table_id}")
    fields: list[dict[str, Any]] = answer.body
    return fields


async def open_tables(connection: Connection, database_id: int, tables: Sequence[Table] = TABLES) -> list[LiveTable]:
    """The tables with their field ids. Raises SchemaError with every difference in all of them."""
    answer = await connection.get("database/tables/all-tables/")
    if not answer.fine:
        raise stop(answer, "the list of tables")
    with as_expected("the list of tables"):
        there = [entry for entry in answer.body if entry["database_id"] == database_id]
        found_ids = {
            table.name: [int(entry["id"]) for entry in there if entry["name"] == table.name] for table in tables
        }
    opened, differences = [], []
    for table in tables:
        ids = found_ids[table.name]
        if len(ids) != 1:
            count = f"is there {len(ids)} times" if ids else "is missing, or the token may not read it"
            differences.append(f"{table.name} {count} in database {database_id}")
            continue
        fields = await read_fields(connection, ids[0])
        with as_expected(f"the fields of {table.name}"):
            found = compare(table, fields)
            differences += found
            if not found:
                opened.append(live(table, ids[0], fields))
    if differences:
        raise schema_error(differences)
    return opened
