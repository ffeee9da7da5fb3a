"""The embedded graph: an ArcadeDB server on this machine that speaks Bolt, for use without a Neo4j and for tests.

One per state folder, shared by every process, gone when idle. It listens on 127.0.0.1 only, behind a password made
anew at each start and kept in the state file its owner alone can read. The data stay in `PHASEGATE_HOME/graph`.
`python -m blocks.embedded_graph STATE_FOLDER DATA_FOLDER` is the server itself: Java runs inside that one process,
so nothing of it is left when the process has ended.
"""

import contextlib
import fcntl
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blocks.home import folder
from blocks.local_process import SharedProcess, announce, claim, leave_when_idle

DATABASE = "neo4j"
USER = "root"
HEAP = "128m"
JVM = (
    "-Duser.timezone=UTC",  # times are stored without their zone; all are in UTC, so Java must be too
    # For a server that mostly waits: half the processor time of the defaults, measured, at the same speed.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
)


def embedded_graph() -> SharedProcess:
    """The server of this state folder; its lease yields `uri`, `user`, `password` and `database`."""

    def command(place: Path) -> list[str]:
        return [sys.executable, "-m", "blocks.embedded_graph", str(place), str(folder("graph"))]

    return SharedProcess("graph", command)


@contextlib.contextmanager
def writers_turn(place: Path) -> Iterator[None]:
    """Writers of the embedded graph take turns, over threads and processes.

    It lets two transactions work on one node and refuses the second at its commit; as products and categories are
    shared by most meetings, nearly all concurrent writes would be done several times.
    """
    with (place / "writer").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def main(place: Path, data: Path) -> None:
    leave_when_idle(place, lambda: os.kill(os.getpid(), signal.SIGTERM))
    claim(place)
    password, (bolt, http) = secrets.token_urlsafe(24), free_ports(2)
    server = _server(data, password, bolt, http)
    server.start()
    server.create_database(DATABASE)
    asked_to_leave = threading.Event()
    # After Java has started, which brings a handler of its own.
    signal.signal(signal.SIGTERM, lambda *_: asked_to_leave.set())
    announce(place, uri=f"bolt://127.0.0.1:{bolt}", user=USER, password=password, database=DATABASE)
    asked_to_leave.wait()
    _close(server)


def _server(data: Path, password: str, bolt: int, http: int) -> Any:
    import arcadedb_embedded

    os.chdir(data)  # Java's own log goes to the folder it runs in
    # The root password is taken over only where no user is known yet.
    (data / "config" / "server-users.jsonl").unlink(missing_ok=True)
    return arcadedb_embedded.server.ArcadeDBServer(
        root_path=str(data),
        root_password=password,
        jvm_kwargs={"heap_size": HEAP, "jvm_args": JVM},
        config={
            "host": "127.0.0.1",
            "mode": "production",  # flushes its log at each commit, keeps data out of its error messages
            "http_port": str(http),
            "bolt_port": bolt,
            "server_plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        },
    )


def _close(server: Any) -> None:
    """Closes the database files; what is not closed within ten seconds is recovered from its log at the next start."""
    hard_end = threading.Timer(10, os._exit, [1])
    hard_end.daemon = True
    hard_end.start()
    server.stop()
    sys.stdout.flush()
    os._exit(0)  # Java threads that linger must not keep the process


def free_ports(number: int) -> list[int]:
    """Ports of 127.0.0.1 nobody listens on at the moment."""
    with_sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [listener.getsockname()[1] for listener in with_sockets]
    finally:
        for listener in with_sockets:
            listener.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
