"""One table: look up, compare, write only what differs, and look up again to see that it is there."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from blocks.errors import BaserowError
from tasks.crm.baserow.cells import changed, key_of, to_create, to_update
from tasks.crm.baserow.connection import Connection, as_expected
from tasks.crm.baserow.live import read_fields
from tasks.crm.baserow.lookup import Found, QueryRefusedError, look_up
from tasks.crm.baserow.result import Reject, TableResult
from tasks.crm.baserow.schema import LiveTable, compare, schema_error
from tasks.crm.baserow.writing import BATCH, Doubt, Item, Method, send
from tasks.crm.rows import Row
from tasks.crm.tables import Column

SIZES = (BATCH, 50, 10, 1)
"""Batch sizes of the rounds: rows whose fate stays unclear are looked up and sent again in ever smaller company."""


@dataclass
class TableSync:
    """The running sync of one table; `add` takes a chunk of rows at a time."""

    connection: Connection
    table: LiveTable
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Reject] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    unsure: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    seen: set[str] = field(default_factory=set)

    @property
    def result(self) -> TableResult:
        return TableResult(
            table=self.table.spec.name,
            created=self.created,
            updated=self.updated,
            unchanged=self.unchanged,
            rejected=self.rejected,
            done=self.done,
            unsure=self.unsure,
            error=self.error,
        )

    async def add(self, rows: Iterable[Row]) -> None:
        """Brings the rows into the table. An error stops this table, not its caller; see `error`."""
        if self.error is not None:
            return
        try:
            with as_expected(f"requests about {self.table.spec.name}"):
                await _Chunk(self, self._sendable(rows)).run()
        except BaserowError as error:
            self.error = str(await self._explained(error))

    def _sendable(self, rows: Iterable[Row]) -> dict[str, Row]:
        by_key: dict[str, Row] = {}
        for row in rows:
            key = key_of(row)
            if not key:
                self.reject("", "the record has no transcript id")
            elif key in self.seen:
                self.reject(key, "two records of one sync have this transcript id; the first one was taken")
            else:
                self.seen.add(key)
                by_key[key] = row
        return by_key

    def reject(self, key: str, reason: str) -> None:
        self.rejected.append(Reject(external_id=key, reason=reason))

    async def _explained(self, error: BaserowError) -> BaserowError:
        """The list of changed fields, if that is what a refused query comes from."""
        if not isinstance(error, QueryRefusedError):
            return error
        try:
            await self.check_schema()
        except BaserowError as schema:
            return schema
        return error

    async def check_schema(self) -> None:
        """Raises SchemaError if the fields are no longer as they were when the sync began."""
        fields = await read_fields(self.connection, self.table.id)
        differences = compare(self.table.spec, fields)
        if not differences:
            ids = {entry["name"]: entry["id"] for entry in fields}
            moved = [name for name, number in self.table.fields.items() if ids[name] != number]
            differences = [f"{self.table.spec.name}.{name} is another field than before" for name in moved]
        if differences:
            raise schema_error(differences)


@dataclass
class _Chunk:
    """Up to 200 rows on their way. `tried` says what was sent for a row, `why` what was last heard of it."""

    sync: TableSync
    pending: dict[str, Row]
    tried: dict[str, Method] = field(default_factory=dict)
    why: dict[str, Doubt] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)
    """Rows in doubt that stayed so while others were stored: the server can write, so they are at fault."""

    async def run(self) -> None:
        for failures, size in enumerate(SIZES):
            if failures and self.why:
                await self.sync.connection.pause(failures)
            await self._round(size)
            if not self.pending:
                return
        await self._last_look()

    async def _round(self, size: int) -> None:
        """One look-up of everything pending, which is also the reading back of what the last round stored."""
        creates, updates = await self._compared(await self._look_up())
        doubted, stored = set(self.why), False
        work: list[tuple[Method, list[Item]]] = [("PATCH", updates), ("POST", creates)]
        for method, items in work:
            sent = await send(self.sync.connection, self.sync.table, method, items, size)
            self.sync.rejected += sent.rejected
            for reject in sent.rejected:
                del self.pending[reject.external_id]
            self.tried |= {item.external_id: method for item in items}
            self.why = {key: why for key, why in self.why.items() if key not in sent.stored} | sent.unsure
            stored = stored or bool(sent.stored)
        if stored:
            self.alone |= doubted
        self.alone &= set(self.why)

    async def _look_up(self) -> Found:
        return await look_up(self.sync.connection, self.sync.table, self.pending)

    async def _compared(self, found: Found) -> tuple[list[Item], list[Item]]:
        """What to create and what to change; settles the rows that are as they should be."""
        creates, updates = [], []
        for key, row in list(self.pending.items()):
            live = found.get(key, [])
            if len(live) > 1:
                self._reject(key, f"{len(live)} rows of {self.sync.table.spec.name} have this external_id")
                continue
            columns = changed(self.sync.table, row, live[0]) if live else []
            if live and not columns:
                self._settle(key)
            elif key in self.tried and key not in self.why:
                await self._read_back_differs(key, columns)
            elif live:
                updates.append(Item(key, to_update(self.sync.table, row, live[0]["id"], columns)))
            else:
                creates.append(Item(key, to_create(self.sync.table, row)))
        return creates, updates

    def _settle(self, key: str) -> None:
        del self.pending[key]
        self.why.pop(key, None)
        self.sync.done.append(key)
        match self.tried.get(key):
            case "POST":
                self.sync.created += 1
            case "PATCH":
                self.sync.updated += 1
            case _:
                self.sync.unchanged += 1

    def _reject(self, key: str, reason: str) -> None:
        del self.pending[key]
        self.why.pop(key, None)
        self.sync.reject(key, reason)

    def _leave(self, key: str, why: str) -> None:
        del self.pending[key]
        self.why.pop(key, None)
        self.sync.unsure[key] = why

    async def _read_back_differs(self, key: str, columns: list[Column]) -> None:
        """Baserow said it stored the row and shows another: a field changed under us, or somebody was faster."""
        await self.sync.check_schema()
        names = ", ".join(column.name for column in columns) or "all: the row is gone"
        self._leave(key, f"Baserow took the row, but read back it differs in {names}")

    async def _last_look(self) -> None:
        """After the last round: what is there now is done, the rest refused or left with what was last said about it."""
        found: dict[str, list[dict[str, Any]]] = await self._look_up()
        for key, row in list(self.pending.items()):
            live = found.get(key, [])
            if len(live) == 1 and not changed(self.sync.table, row, live[0]):
                self._settle(key)
                continue
            doubt = self.why.get(key, Doubt("it was stored, but read back it differs"))
            if doubt.refused:
                self._reject(key, doubt.why)
            elif key in self.alone:
                self._reject(key, f"{doubt.why} Others were stored meanwhile.")
            else:
                self._leave(key, doubt.why)
