"""The Prefect server on this machine: a temporary one for one-off commands, and the lasting one of `phasegate serve`.

Commands use the server that `PREFECT_API_URL` names; else the one `serve` has announced; else they start a temporary
one on a free port, shared by all commands at a time and gone when none needs it. Both keep their data in the same
place, so every run is seen in the UI later.
"""

import argparse
import asyncio
import contextlib
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import shorten

import httpx

from blocks.errors import ServiceError
from blocks.home import home
from blocks.local_process import SharedProcess, announce, claim, leave_when_idle, stop

READY_SECONDS = 120.0
PATIENCE_SECONDS = 60.0
"""For the first answer of a server that runs: it may be busy."""

WORKERS_SECONDS = 60.0
"""After the start of a worker it has reported to the server, on a busy machine too."""


def shared_server() -> SharedProcess:
    """The temporary server, as other processes find it."""
    return SharedProcess(
        "prefect-server",
        lambda place: [sys.executable, "-m", "deployments.prefect_server", "--place", str(place)],
        ready_seconds=READY_SECONDS,
    )


@contextlib.contextmanager
def prefect_api() -> Iterator[str]:
    """A Prefect API that answers, for this process and its children: the configured one, or one on this machine.

    Raises ServiceError if it does not answer, does not let us in, or is lost during the work.
    """
    with prefect_address() as url, _answering(url):
        yield url


@contextlib.contextmanager
def prefect_address() -> Iterator[str]:
    """Where the Prefect API of `prefect_api` is, which nobody has asked yet whether it answers.

    Raises ServiceError if none is configured or announced, and a temporary one cannot be started.
    """
    if configured := os.environ.get("PREFECT_API_URL"):
        yield configured
        return
    with shared_server().lease() as facts, _used(facts["url"]):
        yield facts["url"]


def serve_begins(url: str, now: float) -> bool:
    """Whether the server at `url` is that of a `phasegate serve` which still sets things up, or whose workers may not
    have reported yet at `now`, in seconds since 1970."""
    facts = shared_server().running() or {}
    return bool(facts.get("lasting")) and facts["url"] == url and now - facts.get("ready_at", now) < WORKERS_SECONDS


@contextlib.contextmanager
def _answering(url: str) -> Iterator[None]:
    """Asks once, before the work: Prefect's client would answer a wrong password or a lost server with a traceback.

    Model servers, Baserow and the graph have errors of their own, so one of HTTP's is Prefect's.
    """
    from tasks.operations.prefect_checks import ask_server

    asyncio.run(ask_server(url, PATIENCE_SECONDS))
    try:
        yield
    except httpx.HTTPStatusError as error:
        raise _refused(error.request, error.response) from error
    except httpx.HTTPError as error:
        raise ServiceError(
            f"The Prefect server did not answer any more ({type(error).__name__}).",
            means="the work stops here; what was finished is kept.",
            do="see whether the server runs, for example with `phasegate doctor`, then go on.",
        ) from error


@contextlib.contextmanager
def _used(url: str) -> Iterator[None]:
    """This process and those it starts use the server at `url`."""
    with contextlib.ExitStack() as stack:
        os.environ["PREFECT_API_URL"] = url
        stack.callback(os.environ.pop, "PREFECT_API_URL", None)
        if "prefect" in sys.modules:
            # It read its settings when it was imported; without this it would start a server inside this process.
            from prefect.settings import PREFECT_API_URL, temporary_settings

            stack.enter_context(temporary_settings({PREFECT_API_URL: url}))
        yield


def start_server(host: str, port: int) -> subprocess.Popen[bytes]:
    """Starts Prefect's server and waits until it answers. Raises ServiceError if it does not."""
    child = subprocess.Popen(
        [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)],
        stdin=subprocess.DEVNULL,
        env=_server_environment(),
        start_new_session=True,
    )
    try:
        _wait_until_ready(child, f"{api_url(host, port)}/health")
    except BaseException:
        if child.poll() is None:  # it has a session of its own and would outlive us, on the same files as the next one
            stop(child.pid)
        raise
    return child


def _wait_until_ready(child: subprocess.Popen[bytes], health: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise _did_not_start(f"ended with status {child.returncode}")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(health, timeout=2).status_code == 200:
                return
        time.sleep(0.2)
    raise _did_not_start(f"did not answer within {READY_SECONDS:.0f} s")


def _server_environment() -> dict[str, str]:
    """The server must not take itself for a client, and its UI must find the API on whatever port it was given."""
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    return {"PREFECT_SERVER_UI_API_URL": "/api", **environment}


def api_url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/api"


def free_port(wanted: int = 0, host: str = "127.0.0.1") -> int:
    """`wanted` if it is free, any free port for 0. Raises ServiceError if nothing can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as error:
            raise _cannot_listen(host, wanted, error) from error
        return int(probe.getsockname()[1])


def _cannot_listen(host: str, port: int, error: OSError) -> ServiceError:
    if error.errno != errno.EADDRINUSE:
        return ServiceError(
            f"Nothing can listen on port {port} of {host}: {error.strerror}.",
            do="choose an address of this machine with --host, and a port you may use with --port.",
        )
    return ServiceError(
        f"Port {port} of {host} is in use.",
        means="another program listens there, perhaps another `phasegate serve`.",
        do="stop it, or choose another port with --port or PHASEGATE_PORT.",
    )


def _refused(request: httpx.Request, reply: httpx.Response) -> ServiceError:
    """What was wrong with the request is in the answer; "Internal Server Error" is all it says of its own faults."""
    said = f"The Prefect server answered {request.method} {request.url.path} with HTTP {reply.status_code}"
    means = "the work stops here; what was finished is kept."
    if reply.status_code < 500:
        return ServiceError(f"{said}: {_reason(reply)}", means=means, do=_way_out(reply.status_code))
    left = shutil.disk_usage(home()).free / 1e6
    full = f" A server whose disk is full answers like this, too; {left:,.0f} MB are left here."
    return ServiceError(
        f"{said}.",
        means=means,
        do="read the server's log for the reason, then go on." + full,
    )


def _reason(reply: httpx.Response) -> str:
    """What the answer says is wrong, and nothing else of it: some repeat the request with its secrets."""
    try:
        detail = reply.json()["detail"]
    except (ValueError, KeyError, TypeError):
        detail = None
    return shorten(detail, 500, placeholder=" ...") if isinstance(detail, str) else f"{reply.reason_phrase}."


def _way_out(status: int) -> str:
    if status == httpx.codes.CONFLICT:
        return "correct what it names; after an update of phasegate, run `phasegate bootstrap`."
    return "correct what it names, then go on; `phasegate doctor` looks at the server."


def _did_not_start(what: str) -> ServiceError:
    return ServiceError(
        f"The Prefect server {what}.",
        means="nothing can be run; nothing was lost.",
        do="read its messages above; a wrong PREFECT_SERVER_DATABASE_CONNECTION_URL or a full disk are the usual causes.",
    )


def main() -> None:
    """The child process of a temporary server."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--place", type=Path, required=True)
    place = options.parse_args().place
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    leave_when_idle(place, ended.set)
    claim(place)
    port = free_port()
    try:
        server = start_server("127.0.0.1", port)
    except ServiceError as error:
        sys.exit(error.happened)  # the end of the log is what people are shown
    announce(place, url=api_url("127.0.0.1", port))
    while not ended.wait(1) and server.poll() is None:
        pass
    stop(server.pid)


if __name__ == "__main__":
    main()
