"""How long people wait: from `phasegate serve` to a run that executes, for a second bootstrap, for the doctor.

A fresh state folder, every command a process of its own, as `make serve` and people start them. "Dead" refuses every
connection; "hung" takes them and never says a word, which is worse.

.venv/bin/python -m tests.benchmarks.operations
"""

import asyncio
import contextlib
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from blocks.local_process import stop
from deployments.prefect_server import api_url, free_port
from tests.deployments.terminal import environment, phasegate

PATIENCE = 600.0
DEAD = "127.0.0.1:9"


def main() -> None:
    report("load (1, 5, 15 min) on processors", f"{os.getloadavg()} on {os.cpu_count()}")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with serving(home) as (api, env):
            report("serve from cold until a triggered run executes (below 60 s)", executing(api, home))
            report("bootstrap again (below 15 s)", command("bootstrap", env=env))
            report("doctor, first time: the demo model starts", command("doctor", env=env))
            report("doctor, everything answers (below 10 s)", command("doctor", env=env))
            with hung() as place:
                os.environ.update(env)  # before Prefect is imported: it reads its settings once
                asyncio.run(hang_services(place))
                report(
                    "doctor, database, models and stores hung (below 30 s)", command("doctor", env=database(env, place))
                )
        with hung() as place:
            for what, at in (("dead", DEAD), ("hung", place)):
                env = database(environment(home, f"http://{at}/api"), at)
                report(f"doctor, server and database {what} (below 30 s)", command("doctor", env=env))
    report("load (1, 5, 15 min)", str(os.getloadavg()))


def report(what: str, found: float | str) -> None:
    sys.stdout.write(f"{what}: {found if isinstance(found, str) else f'{found:.1f} s'}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def serving(home: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """`phasegate serve` on a free port: the address of its API, and the environment of commands that use it."""
    port = free_port()
    api = api_url("127.0.0.1", port)
    command = [sys.executable, "-m", "deployments.command_line", "serve", "--port", str(port)]
    with (home / "serve.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment(home), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield api, environment(home, api)
        finally:
            stop(server.pid, seconds=60)


def executing(api: str, home: Path) -> float:
    """Seconds from now, when `serve` has just been started, until a run of the generator is Running."""
    began = time.monotonic()
    with httpx.Client(base_url=api, timeout=30) as client:
        deployment = until(lambda: asked(client.get, "/deployments/name/generator/generate"))
        until(
            lambda: "Press Run" in (home / "serve.log").read_text() or "press Run" in (home / "serve.log").read_text()
        )
        run = until(lambda: asked(client.post, f"/deployments/{deployment['id']}/create_flow_run", json={}))
        until(lambda: (asked(client.get, f"/flow_runs/{run['id']}") or {}).get("state_type") == "RUNNING")
        took = time.monotonic() - began
        client.post(f"/flow_runs/{run['id']}/set_state", json={"state": {"type": "CANCELLING"}, "force": True})
    return took


def asked(method: Callable[..., httpx.Response], path: str, **given: Any) -> dict[str, Any] | None:
    """What a server that may not be up yet, or busy, says; None if it says nothing useful."""
    with contextlib.suppress(httpx.HTTPError):
        answer = method(path, **given)
        return dict(answer.json()) if answer.is_success else None
    return None


def until(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not there after {PATIENCE:.0f} s")
        time.sleep(0.1)
    return found


def command(*arguments: str, env: Mapping[str, str]) -> float:
    """Seconds a command took, whatever its exit status; a traceback is an error."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    status, printed = phasegate(*arguments, env=env)
    took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if "Traceback" in printed:
        raise RuntimeError(printed)
    failed = [" ".join(line.split()) for line in printed.splitlines() if line.startswith("failed")]
    report(
        f"  {' '.join(arguments)} ended with", "; ".join([f"status {status}, {processor:.1f} s of processor", *failed])
    )
    return took


def database(env: Mapping[str, str], place: str) -> dict[str, str]:
    return {**env, "PHASEGATE_DATABASE_URL": f"postgresql://nobody:nothing@{place}/phasegate"}


@contextlib.contextmanager
def hung() -> Iterator[str]:
    """Host and port of something that takes connections and is silent."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(128)
        yield "{}:{}".format(*silent.getsockname())


async def hang_services(place: str) -> None:
    """Every role asks an Ollama that is silent; so are Baserow and the graph."""
    from pydantic import SecretStr

    from blocks.baserow import Baserow
    from blocks.graph import GraphStore
    from blocks.lineups import lineup_kinds
    from blocks.models import OllamaModel
    from blocks.stores import STORE

    secret = SecretStr("x" * 32)
    await OllamaModel(model="silent", base_url=f"http://{place}", context_window=4096).asave("silent")
    for kind in lineup_kinds().values():
        for name in ("production", "preview"):
            await kind(**dict.fromkeys(kind.roles, "silent")).asave(name, overwrite=True)
    await Baserow(url=f"http://{place}", database_id=1, token=secret).asave(STORE, overwrite=True)
    await GraphStore(uri=f"bolt://{place}", user="neo4j", password=secret).asave(STORE, overwrite=True)


if __name__ == "__main__":
    main()
