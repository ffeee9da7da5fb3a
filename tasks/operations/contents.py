"""What a database holds, in numbers that can be compared: rows by table, a digest of their content, the ledger's head."""

import hashlib
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Table, func, inspect, select

import tasks.records
from tasks.records.ledger import GENESIS, verify
from tasks.records.ledger_tables import ledger
from tasks.records.migrating import revision
from tasks.records.runs import canonical
from tasks.records.tables import metadata

CHUNK = 500
"""Rows read at a time."""


@dataclass(frozen=True)
class Contents:
    """What two databases with the same content have in common."""

    revision: str
    """Alembic's number of the newest migration."""
    rows: Mapping[str, int]
    """Table -> number of rows."""
    ledger_head: str
    """Hash of the ledger's last entry; zeros for an empty ledger."""

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def all_tables() -> list[Table]:
    """Every table of phasegate, those that others refer to first."""
    for module in pkgutil.iter_modules(tasks.records.__path__):
        if module.name.endswith("tables"):
            importlib.import_module(f"tasks.records.{module.name}")
    return metadata.sorted_tables


def contents(connection: Connection) -> Contents:
    """Contents of the database as this connection's transaction sees it. A table that is not there counts as empty."""
    there = set(inspect(connection).get_table_names())
    tables = [table for table in all_tables() if table.name in there]
    rows = {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    last = select(ledger.c.hash).order_by(ledger.c.sequence.desc()).limit(1)
    head = connection.scalar(last) if ledger.name in there else None
    return Contents(revision(connection) or "", rows, head or GENESIS)


def contents_of(database: Engine) -> Contents:
    with database.connect() as connection:
        return contents(connection)


def digest(connection: Connection, table: Table) -> str:
    """SHA-256 sums of all rows, added up: the same for the same rows, whatever order a database gives them in."""
    total = 0
    rows = connection.execute(select(table).execution_options(yield_per=CHUNK)).mappings()
    for row in rows:
        total += int.from_bytes(hashlib.sha256(canonical(dict(row)).encode(errors="surrogatepass")).digest())
    return f"{total % 2**256:064x}"


def faults(database: Engine, expected: Contents) -> list[str]:
    """What is wrong with a copy of `expected`, a sentence each; empty if it is whole and its ledger holds."""
    found = contents_of(database)
    wrong = [
        f"{name} has {found.rows.get(name, 0)} rows, not {count}"
        for name, count in expected.rows.items() if found.rows.get(name, 0) != count
    ]  # fmt: skip
    if found.revision != expected.revision:
        wrong.append(f"its tables are of revision {found.revision or 'none'}, not {expected.revision or 'none'}")
    if wrong or ledger.name not in found.rows:
        return wrong
    chain = verify(database, head=None if expected.ledger_head == GENESIS else expected.ledger_head)
    return [] if chain.sound else [f"entry {chain.broken} of the ledger does not hold: {chain.reason}"]
