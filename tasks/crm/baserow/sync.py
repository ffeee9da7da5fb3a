"""CRM records into the five tables of a Baserow database.

Records come as an iterable and are worked off in chunks, so that a thousand transcripts need no more memory than two
hundred. The tables are independent: one that fails does not stop the others. One sync per transcript at a time is
the caller's business; two at once would do no harm beyond extra requests, for `external_id` is unique.
"""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import islice

from pydantic import SecretStr

from tasks.crm.baserow.connection import Connection, Patience
from tasks.crm.baserow.credentials import TokenAuth
from tasks.crm.baserow.live import open_tables
from tasks.crm.baserow.result import TableResult
from tasks.crm.baserow.upsert import TableSync
from tasks.crm.baserow.writing import BATCH
from tasks.crm.rows import to_rows
from tasks.transcripts.record import CrmRecord


def connect(url: str, token: SecretStr, patience: Patience | None = None) -> Connection:
    """An async context that talks to the server with a database token."""
    return Connection(url, TokenAuth(token), patience=patience)


async def sync(connection: Connection, database_id: int, records: Iterable[CrmRecord]) -> list[TableResult]:
    """Brings the records into the five tables; what is there already is not written again.

    Raises SchemaError before the first write if a table is not as it should be, and BaserowError if the server or
    the token does not work at all. Everything later is in the results, table by table and row by row.
    """
    running = [TableSync(connection, table) for table in await open_tables(connection, database_id)]
    for chunk in _chunks(records):
        rows = [to_rows(record) for record in chunk]
        await asyncio.gather(*(table.add([row[table.table.spec.name] for row in rows]) for table in running))
        if all(table.error for table in running):
            break
    return [table.result for table in running]


def _chunks(records: Iterable[CrmRecord]) -> Iterator[list[CrmRecord]]:
    iterator = iter(records)
    while chunk := list(islice(iterator, BATCH)):
        yield chunk
