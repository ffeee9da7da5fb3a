"""A Baserow server for tests: a real HTTP server on a free port of 127.0.0.1, as unkind as the real one.

Its measure is what Baserow 1.35.3 was recorded to answer (tests/data/baserow/contract.jsonl.gz).
"""

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.doubles.baserow import answers, fields
from tests.doubles.baserow.accounts import Accounts, Token, User
from tests.doubles.baserow.api import Api
from tests.doubles.baserow.faults import Fault, Faults, wait
from tests.doubles.baserow.request import Request
from tests.doubles.baserow.rows import Rows
from tests.doubles.baserow.store import Store, Table

IDLE_SECONDS = 2.0
QUERY_LIMIT = 64 * 1024
ALLOWED_HOSTS = ("127.0.0.1", "localhost")


@dataclass
class Exchange:
    """One request the server saw, for tests that count."""

    method: str
    path: str
    query: str
    body: bytes
    status: int


@dataclass
class BaserowDouble:
    """The server with everything a test may want to look at or to break."""

    store: Store
    accounts: Accounts
    api: Api
    faults: Faults = field(default_factory=Faults)
    latency: float = 0.0
    """Seconds every request takes."""
    seen: list[Exchange] = field(default_factory=list)
    connections: int = 0
    """How many connections were opened so far."""
    url: str = ""

    def table(self, name: str) -> Table:
        return next(t for t in self.store.tables.values() if t.name == name)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """All rows of a table as the API shows them."""
        rows = Rows(self.store, self.table(name), names=True)
        return [rows.shown(row) for row in rows.table.sorted_rows()]

    def writes(self) -> list[Exchange]:
        return [e for e in self.seen if e.method != "GET" and "/rows/" in e.path]

    def sign_up(self, email: str = "owner@example.com", password: str = "a long password") -> User:
        self.accounts.register({"name": "Owner", "email": email, "password": password})
        return self.accounts.users[email]

    def new_database(self, name: str = "CRM") -> int:
        """A database in a workspace of its own, as a person makes it in the user interface; returns its id."""
        number = self.store.take("workspace")
        workspace = {"id": number, "name": f"{name} workspace", "generative_ai_models_enabled": {}}
        self.store.workspaces[number] = workspace | {"users": [], "order": number, "permissions": "ADMIN"}
        database = self.store.take("database")
        self.store.databases[database] = {"id": database, "name": name, "workspace": workspace, "tables": []}
        return database

    def new_table(self, database: int, name: str, definitions: list[dict[str, Any]]) -> Table:
        """A table with these fields, the first of them primary, and no row."""
        number = self.store.take("table")
        workspace = self.store.databases[database]["workspace"]["id"]
        table = self.store.tables[number] = Table(number, name, number, database, workspace)
        for definition in definitions:
            fields.create(self.store, table, definition)
        return table

    def edit(self, name: str, row_id: int, **values: Any) -> None:
        """A person changes cells of a row."""
        Rows(self.store, self.table(name), names=True).update([values], [row_id], batch=False)

    def add_row(self, name: str, **values: Any) -> int:
        """A person adds a row; returns its id."""
        return Rows(self.store, self.table(name), names=True).create([values], None, batch=False)[0].id

    def new_field(self, table: str, **definition: Any) -> None:
        """A person adds a field."""
        fields.create(self.store, self.table(table), definition)

    def delete_rows(self, name: str, *ids: int) -> None:
        """A person deletes rows."""
        Rows(self.store, self.table(name), names=True).delete(list(ids))

    def change_field(self, table: str, field: str, **settings: Any) -> None:
        """A person changes a field: its name, type, options, constraint."""
        found = self.table(table).named(field)
        assert found is not None
        fields.change(self.store, found, settings)

    def delete_field(self, table: str, field: str) -> None:
        found = self.table(table).named(field)
        assert found is not None
        fields.delete(self.store, found)

    def new_token(self, database: int, **permissions: Any) -> Token:
        token = self.accounts.new_token("sync", self.store.databases[database]["workspace"]["id"])
        token.permissions |= permissions
        return token


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    double: BaserowDouble

    def setup(self) -> None:
        super().setup()
        self.double.connections += 1

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: `BaserowDouble.seen` is the log."""

    def handle_one_request(self) -> None:
        """As the base class does, but for long addresses too; a connection idle for two seconds is closed."""
        try:
            self.raw_requestline = self.rfile.readline(1 << 20)
        except (TimeoutError, ConnectionError):
            self.raw_requestline = b""
        if self.raw_requestline and self.parse_request():
            getattr(self, f"do_{self.command}")()
        else:
            self.close_connection = True

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        fault = self.double.faults.due(self.command, path, body)
        entered = False
        try:
            self.double.faults.enter()
            entered = True
            wait(self.double.latency + (fault.seconds if fault else 0.0))
            if fault and fault.meanwhile:
                with self.double.store.lock:
                    fault.meanwhile()
            status, answer = self._answer(path, body, fault)
            headers: dict[str, str] = {}
        except answers.RefusedError as refusal:
            status, answer, headers = refusal.status, refusal.body, refusal.headers
        finally:
            if entered:
                self.double.faults.leave()
        self.double.seen.append(Exchange(self.command, path, urlsplit(self.path).query, body, status))
        if fault and fault.kind == "lose answer":
            return self._reset()
        return self._send(status, answer, headers, cut=bool(fault and fault.kind == "cut answer"))

    def _answer(self, path: str, body: bytes, fault: Fault | None) -> tuple[int, Any]:
        if self.double.faults.down and not path.endswith("/_health/"):
            raise answers.RefusedError(500, answers.HTML_500)
        if fault and fault.kind == "before":
            raise fault.answer()
        if (self.headers.get("Host") or "").partition(":")[0] not in ALLOWED_HOSTS:
            raise answers.RefusedError(400, answers.HTML_400)
        accept = self.headers.get("Accept", "*/*")
        if not any(kind in accept for kind in ("*/*", "application/json")):
            raise answers.RefusedError(406, {"detail": "Could not satisfy the request Accept header."})
        query = urlsplit(self.path).query[:QUERY_LIMIT]
        request = Request(
            self.command,
            path,
            parse_qsl(query, keep_blank_values=True),
            self.headers.get("Authorization"),
            self.headers.get("Content-Type", ""),
            body,
            self.double.url,
        )
        with self.double.store.lock:
            result = self.double.api.answer(request)
        if fault and fault.kind == "after":
            raise fault.answer()
        if fault and fault.kind == "changed answer":
            return result[0], fault.change(result[1])
        return result

    def _send(self, status: int, answer: Any, headers: dict[str, str], cut: bool) -> None:
        kind = "text/html; charset=utf-8" if isinstance(answer, str) and answer != "OK" else "application/json"
        text = answer if kind.startswith("text") else json.dumps(answer)
        data = b"" if status == 204 or self.command == "HEAD" else text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data))}.items():
            if status != 204:
                self.send_header(name, value)
        for name, value in headers.items():
            self.send_header(name, value)
        self._headers_buffer.append(b"\r\n")  # type: ignore[attr-defined]
        self._headers_buffer.append(data[: len(data) // 2] if cut else data)  # type: ignore[attr-defined]
        with contextlib.suppress(OSError):
            self.flush_headers()
        self.close_connection = self.close_connection or cut

    def _reset(self) -> None:
        """Ends the connection without an answer, as a broken network does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = _handle  # noqa: N815


@contextlib.contextmanager
def baserow() -> Iterator[BaserowDouble]:
    """A server with nothing in it; gone at the end of the context."""
    store = Store()
    accounts = Accounts(store)
    double = BaserowDouble(store, accounts, Api(store, accounts))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": double}))
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
