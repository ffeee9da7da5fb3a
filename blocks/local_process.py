"""One server process on this machine, shared by every process that needs it, gone when nobody does.

The embedded language model, the embedded graph and the Prefect server of one-off commands are such servers. Whoever
needs one calls `SharedProcess.lease()`: the first caller starts it, the others find it in its state file. A lease is
a shared `flock` on a file, so the kernel gives it back however its holder dies; the server looks now and then whether
it could lock that file exclusively, and ends when it could for `idle_seconds` on end. That the server lives is a lock
too, held by the server itself: a process id can be given to a stranger after a reboot, a lock cannot.

The server's side, called in the child in this order: `leave_when_idle` (so that a child whose starter was killed does
not stay), `claim` (waits until a predecessor has closed its files), `announce`.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from blocks.errors import PhasegateError, ServiceError, StorageError
from blocks.home import PROJECT_ROOT, folder

IDLE_SECONDS = 20.0
DYING_SECONDS = 30.0
"""How long a server that holds its lock and refuses connections is waited for before its callers are let to find out."""

# Children this process started. Kept so that their exit status can be collected; they may outlive us.
_children: list[subprocess.Popen[bytes]] = []
# The life locks this process holds as a server, by folder; open until the process ends.
_claims: dict[Path, IO[str]] = {}


@dataclass(frozen=True)
class SharedProcess:
    """A server of which there is at most one per state folder.

    `command` gets the state folder of this server and returns the child's command line; the child writes its
    connection facts with `announce` once it answers. `ready_seconds` bounds the wait for that.
    """

    name: str
    """Folder below `PHASEGATE_HOME/run` that holds its state, lease and log."""
    command: Callable[[Path], list[str]]
    ready_seconds: float = 120.0
    environment: dict[str, str] = field(default_factory=dict)
    least_free: int = 50_000_000
    """Bytes: a server that does not start on a disk with less free lacks room."""

    @property
    def place(self) -> Path:
        return folder("run", self.name)

    @contextlib.contextmanager
    def lease(self) -> Iterator[dict[str, Any]]:
        """Connection facts of the running server, which stays at least as long as this context.

        Raises ServiceError with the end of the server's log if it does not come up, StorageError if the disk is full.
        """
        with (self.place / "lease").open("a") as lease:
            fcntl.flock(lease, fcntl.LOCK_SH)
            yield self._find_or_start()

    def running(self) -> dict[str, Any] | None:
        """Connection facts if the server runs, else None."""
        facts = read_json(self.place / "state.json")
        return facts if facts and not _lockable(self.place / "life", fcntl.LOCK_SH) else None

    def first_use(self) -> bool:
        """True for one caller since the server was started, of all processes that use it; then False."""
        try:
            (self.place / "used").touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _find_or_start(self) -> dict[str, Any]:
        with (self.place / "start").open("a") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            return self._answering() or self._start()

    def _answering(self) -> dict[str, Any] | None:
        """Facts of the running server. One that was killed keeps its lock for a moment after it has stopped listening,
        the longer the busier the machine; that moment is waited for."""
        deadline = time.monotonic() + DYING_SECONDS
        while (facts := self.running()) and not _listens(facts) and time.monotonic() < deadline:
            time.sleep(0.05)
        return facts

    def _start(self) -> dict[str, Any]:
        state, log = self.place / "state.json", self.place / "log.txt"
        state.unlink(missing_ok=True)
        (self.place / "used").unlink(missing_ok=True)
        with log.open("wb") as output:
            child = subprocess.Popen(
                self.command(self.place),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=PROJECT_ROOT,
                env={**os.environ, **self.environment},
                start_new_session=True,  # Ctrl-C in a terminal must not take a server from other processes
            )
        _children[:] = [earlier for earlier in _children if earlier.poll() is None] + [child]
        deadline = time.monotonic() + self.ready_seconds
        while time.monotonic() < deadline:
            if facts := self.running():
                return facts
            if child.poll() is not None:
                raise self._did_not_start(f"ended with status {child.returncode}", log)
            time.sleep(0.05)
        stop(child.pid)
        raise self._did_not_start(f"did not answer within {self.ready_seconds:.0f} s", log)

    def _did_not_start(self, what: str, log: Path) -> PhasegateError:
        if (free := shutil.disk_usage(self.place).free) < self.least_free:
            return StorageError(
                f"The {self.name} server {what}: the disk that holds {self.place} has {free / 1e6:,.0f} MB left.",
                means="what needs it cannot go on; nothing was lost.",
                do="free some space, or set PHASEGATE_HOME to a folder on another disk, and run the same command again.",
            )
        tail = log.read_text(errors="replace").strip().splitlines()[-5:]
        return ServiceError(
            f"The {self.name} server {what}." + ("\n  " + "\n  ".join(tail) if tail else ""),
            means="what needs it cannot go on; nothing was lost.",
            do=f"read {log}, then run the same command again.",
        )


def claim(place: Path) -> None:
    """Called by the server before it opens its files: waits until no other server of this folder lives.

    Held until this process ends, whatever ends it.
    """
    if place not in _claims:
        life = (place / "life").open("a")
        fcntl.flock(life, fcntl.LOCK_EX)
        _claims[place] = life


def announce(place: Path, **facts: Any) -> None:
    """Called by the server once it answers: what others need to reach it. The file is readable by its owner only."""
    claim(place)
    temporary = place / "state.json.new"
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps({"pid": os.getpid(), **facts}))
    temporary.replace(place / "state.json")


def leave_when_idle(place: Path, leave: Callable[[], None], idle_seconds: float = IDLE_SECONDS) -> threading.Thread:
    """Calls `leave` once no lease was held for `idle_seconds`; returns the watching thread, already started.

    A state folder that was deleted counts as nobody left: no later caller could find this server.
    """

    def watch() -> None:
        with contextlib.suppress(OSError):
            _wait_until_idle(place, idle_seconds)
        leave()

    thread = threading.Thread(target=watch, name="leave-when-idle", daemon=True)
    thread.start()
    return thread


def _wait_until_idle(place: Path, idle_seconds: float) -> None:
    idle_since: float | None = None
    while True:
        time.sleep(min(1.0, idle_seconds / 4))
        if not _lockable(place / "lease", fcntl.LOCK_EX):
            idle_since = None
        elif idle_since is None:
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since >= idle_seconds:
            # Nobody may find the old address from here on; whoever starts now waits for the start lock.
            with (place / "start").open("a") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                if _lockable(place / "lease", fcntl.LOCK_EX):
                    (place / "state.json").unlink(missing_ok=True)
                    return
            idle_since = None


def _lockable(path: Path, kind: int) -> bool:
    """Whether `path` could be locked right now; the lock is given back at once."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _listens(facts: Mapping[str, Any]) -> bool:
    """Whether something takes connections at the address a server has announced; one without an address is believed."""
    address = urlsplit(facts.get("url") or facts.get("uri") or "")
    if not address.hostname or not address.port:
        return True
    try:
        socket.create_connection((address.hostname, address.port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True  # too busy to answer is not gone
    return True


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file, or None if there is none to read."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def is_alive(pid: int) -> bool:
    # A child of ours that has ended but was not waited for still has its id.
    for child in _children:
        if child.pid == pid:
            return child.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not _has_ended_unnoticed(pid)


def _has_ended_unnoticed(pid: int) -> bool:
    """A process whose parent never asked for its status; in a container without an init it stays listed for ever."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False  # no /proc: the system's first process collects orphans


def stop(pid: int, seconds: float = 10.0) -> None:
    """Ends a process politely, then surely."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_alive(pid):
                return
            time.sleep(0.05)
