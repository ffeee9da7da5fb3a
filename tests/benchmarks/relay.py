"""A way to a server of this machine that takes as long as one over a network."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def delayed(port: int, seconds: float) -> Iterator[int]:
    """A port of 127.0.0.1 that leads to `port`; what is sent there arrives `seconds` later, answers come at once.

    Chunks are held back, not slowed down: several sent one after the other arrive one after the other.
    """
    started: list[int] = []
    ready, loop = threading.Event(), asyncio.new_event_loop()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pass(reader, back, seconds), _pass(there, writer, 0))

    async def serve() -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        started.append(server.sockets[0].getsockname()[1])
        ready.set()
        with contextlib.suppress(asyncio.CancelledError):
            await server.serve_forever()

    task = loop.create_task(serve())
    thread = threading.Thread(target=lambda: loop.run_until_complete(task), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield started[0]
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    later = asyncio.get_running_loop().call_later
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(65_536):
            later(seconds, writer.write, chunk)
    later(seconds, writer.close)
