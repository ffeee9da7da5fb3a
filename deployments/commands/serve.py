"""`phasegate serve`: Prefect server, workers and deployments in the foreground."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from deployments.settings import apply_settings, default_timezone
from deployments.terminal import say

DEFAULT_PORT = 4200
FIRST_LIMIT = 5
"""Runs at the same time of what must not wait: a gate of each pipeline, the watch, the janitor, a rollback."""
HERE = ("127.0.0.1", "localhost", "::1")
MINUTE, MOST_ENDS = 60.0, 3
Start = Callable[[str, int], "subprocess.Popen[bytes]"]


def register(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    port: Annotated[
        int, typer.Option(min=1, max=65535, envvar="PHASEGATE_PORT", help="Port of the Prefect UI and API.")
    ] = DEFAULT_PORT,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine need a password set.")
    ] = "127.0.0.1",
    limit: Annotated[
        int, typer.Option(min=1, help="Flow runs at the same time; gates, rollbacks and upkeep have room of their own.")
    ] = 4,
) -> None:
    """Start the Prefect server, its workers and all deployments; Ctrl-C stops them."""
    apply_settings()
    require_password(host)
    default_timezone()  # a mistyped one is said before anything is started
    from blocks.local_process import announce, claim, stop
    from deployments.prefect_server import api_url, free_port, shared_server, start_server

    free_port(port, host)
    shared = shared_server()
    if running := shared.running():
        require_temporary(running)
        say("Waiting for the temporary server of another phasegate command to end ...")
    claim(shared.place)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):  # only now: while it waits, a signal simply ends it
        signal.signal(number, lambda *_: ended.set())
    server, workers = start_server(host, port), list[Worker]()
    try:
        url = os.environ["PREFECT_API_URL"] = api_url(host, port)
        announce(shared.place, url=url, lasting=True)
        _bootstrap()
        from deployments.catalogue import FIRST, WORK

        workers = [Worker(WORK, limit), Worker(FIRST, FIRST_LIMIT)]
        announce(shared.place, url=url, lasting=True, ready_at=time.time())
        ui = url.removesuffix("/api")
        say(f"\nPrefect UI: {ui}  -  open Deployments, choose one, press Run. Ctrl-C here stops everything.")
        while not ended.wait(0.5):
            _require_alive(server)
            for worker in workers:
                worker.look()
    finally:
        say("Stopping ...")
        (shared.place / "state.json").unlink(missing_ok=True)
        for child in (*(worker.process for worker in reversed(workers)), server):
            with contextlib.suppress(ProcessLookupError):
                stop(child.pid, seconds=20)


def require_temporary(running: Mapping[str, Any]) -> None:
    """Raises ServiceError if the server that runs is another `phasegate serve`, which nobody knows the end of."""
    from blocks.errors import ServiceError

    if running.get("lasting"):
        raise ServiceError(
            f"`phasegate serve` runs already, at {running['url'].removesuffix('/api')}, process {running['pid']}.",
            means="two servers would write the same files; this one was not started.",
            do="use that one, or give this one a state folder of its own with PHASEGATE_HOME.",
        )


def require_password(host: str) -> None:
    """Raises ConfigurationError if others could reach the server and it would ask nobody for a password."""
    from blocks.errors import ConfigurationError

    if host not in HERE and not os.environ.get("PREFECT_SERVER_API_AUTH_STRING"):
        raise ConfigurationError(
            f"A server at {host} can be reached from other machines, and no password is set.",
            means="whoever reaches it could read every secret and start every flow; it was not started.",
            do="set PREFECT_SERVER_API_AUTH_STRING to user:password, or leave --host out to serve this machine only.",
        )


def _bootstrap() -> None:
    from deployments.applying import bootstrap
    from deployments.commands.bootstrap import report

    report(asyncio.run(bootstrap(os.environ.get("PHASEGATE_ALERTS", ""))))


def start_worker(queue: str, limit: int) -> subprocess.Popen[bytes]:
    from deployments.catalogue import WORK_POOL

    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", WORK_POOL, "--type", "process"]
    return subprocess.Popen(
        [*command, "--work-queue", queue, "--limit", str(limit), "--name", f"phasegate-{queue}-{os.getpid()}"],
        stdin=subprocess.DEVNULL,
        # A worker that inherits an ignored SIGINT never stops: it forwards SIGTERM to itself as SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        start_new_session=True,
    )


class Worker:
    """The worker of a queue, and those that take its place: Prefect 3.8.8 ends one when a run is resumed while the
    process that suspended it has not ended, and all that waits would wait until somebody noticed.
    """

    def __init__(self, queue: str, limit: int, start: Start = start_worker) -> None:
        self.queue, self.limit, self.start = queue, limit, start
        self.process, self.ends = start(queue, limit), list[float]()

    def look(self) -> None:
        """Starts another one if it has ended. Raises ServiceError if it does so all the time."""
        from blocks.errors import ServiceError

        if self.process.poll() is None:
            return
        now, ended = time.monotonic(), f"ended by itself with status {self.process.returncode}"
        self.ends = [*(end for end in self.ends if end > now - MINUTE), now]
        if len(self.ends) > MOST_ENDS:
            raise ServiceError(
                f"The Prefect worker of the queue {self.queue} {ended}, {len(self.ends)} times within a minute.",
                means="flow runs in progress stop; what they finished is kept.",
                do="read its messages above, then start `phasegate serve` again.",
            )
        say(f"The Prefect worker of the queue {self.queue} {ended}; another takes its place.")
        self.process = self.start(self.queue, self.limit)


def _require_alive(server: subprocess.Popen[bytes]) -> None:
    """Raises ServiceError if it has ended."""
    from blocks.errors import ServiceError

    if server.poll() is not None:
        raise ServiceError(
            f"The Prefect server ended by itself with status {server.returncode}.",
            means="flow runs in progress stop; what they finished is kept.",
            do="read its messages above, then start `phasegate serve` again.",
        )
