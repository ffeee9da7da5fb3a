"""HTTP/1.1 on a free local port, close enough to the socket to break off, drip or fall silent on purpose.

A thread with an event loop of its own, so that synchronous and asynchronous clients can be tested alike.
"""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

Manner = Literal["whole", "hang", "drip", "cut"]


@dataclass(frozen=True)
class HttpRequest:
    """One request as it arrived; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def bearer(self) -> str | None:
        """The bearer token, or None."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" else None


@dataclass(frozen=True)
class HttpResponse:
    """One answer and the manner in which it goes over the wire."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    pieces: tuple[bytes, ...] = ()
    """When given, sent with chunked transfer encoding in place of `body`."""
    manner: Manner = "whole"
    drip_seconds: float = 1.0
    """Seconds between two bytes when the manner is "drip"."""

    def head(self) -> bytes:
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Unknown"
        length = {"transfer-encoding": "chunked"} if self.pieces else {"content-length": str(len(self.body))}
        lines = {"content-type": self.content_type, **length, **self.headers}
        fields = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"HTTP/1.1 {self.status} {phrase}\r\n{fields}\r\n".encode("latin-1")

    def payload(self) -> bytes:
        if not self.pieces:
            return self.body
        return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in self.pieces) + b"0\r\n\r\n"


Send = Callable[[HttpResponse], Awaitable[None]]
Handler = Callable[[HttpRequest, Send], Awaitable[None]]


class LocalHttpServer:
    """Serves `handler` on 127.0.0.1 from `start()` to `stop()`."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="model-server", daemon=True)
        self._ready = threading.Event()
        self._stopping: asyncio.Event | None = None
        self.port = 0

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(30), "the model server did not start"

    def stop(self) -> None:
        """Break off every connection and end the thread."""
        if self._stopping is not None:
            self.call(self._stopping.set)
            self._thread.join(10)

    def call(self, function: Callable[[], object]) -> None:
        """Run `function` in the server's event loop, from any thread; at once where it does not run."""
        if self._loop is None or self._loop.is_closed():
            function()
        else:
            self._loop.call_soon_threadsafe(function)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=2**20)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        open_connections = asyncio.all_tasks() - {asyncio.current_task()}
        for task in open_connections:
            task.cancel()
        await asyncio.gather(*open_connections, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def send(response: HttpResponse) -> None:
            await _send(response, reader, writer)

        try:
            while not writer.is_closing() and (request := await _read(reader)):
                await self._handler(request, send)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the test is over
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> HttpRequest | None:
    """The next request of a connection, or None when the client closed it."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    url = urlsplit(target)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return HttpRequest(method, unquote(url.path), dict(parse_qsl(url.query)), headers, body)


async def _send(response: HttpResponse, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if response.manner == "hang":
        await reader.read(1)  # returns when the client gives up
        writer.close()
        return
    head, payload = response.head(), response.payload()
    if response.manner == "whole":
        writer.write(head + payload)
    elif response.manner == "cut":
        writer.write(head + payload[: len(payload) // 2])
        writer.close()
        return
    else:
        writer.write(head)
        for place in range(len(payload)):
            await asyncio.sleep(response.drip_seconds)
            writer.write(payload[place : place + 1])
            await writer.drain()
    await writer.drain()
