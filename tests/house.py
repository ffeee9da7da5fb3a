"""A Prefect server and workers of a test's own: real processes, which can be stopped, killed and started again."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pyotp
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.responses import SetStateStatus
from prefect.client.schemas.sorting import FlowRunSort
from prefect.deployments.flow_runs import arun_deployment
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from pydantic import SecretStr

from blocks.approvers import Approver
from blocks.lineups import GeneratorLineup, TranscriptLineup
from blocks.local_process import stop
from blocks.models import OpenAICompatibleModel
from blocks.registering import register_blocks
from deployments.prefect_server import api_url, free_port, start_server
from tests.doubles.model_server import ModelServer
from tests.prefect_tables import made_once

T = TypeVar("T")
LONG = 300
"""Seconds anything may take on a busy machine; nothing takes as long when all is well."""
SECRET = pyotp.random_base32()
"""What the approvers `grace` and `alan` have in their authenticators."""


class House:
    """A server and workers that share a folder and these settings, as environment of this process and of theirs."""

    def __init__(self, patch: pytest.MonkeyPatch, place: Path, **settings: str) -> None:
        self.place, self.port = place, free_port()
        self.url = api_url("127.0.0.1", self.port)
        for name, value in {
            "PHASEGATE_HOME": str(place), "PREFECT_HOME": str(place / "prefect"), "PREFECT_API_URL": self.url,
            "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(place / "results"), "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30", **settings,
        }.items():  # fmt: skip
            patch.setenv(name, value)
        self.password = settings.get("PREFECT_API_AUTH_STRING", "")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def open(self) -> None:
        self.start()
        self.hire("worker")

    def start(self) -> None:
        with made_once(self.place / "prefect"):
            self.processes["server"] = start_server("127.0.0.1", self.port)

    def hire(self, name: str, *options: str) -> None:
        """Starts a worker of this name."""
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "phasegate", "--type", "process"]
        self.processes[name] = subprocess.Popen(
            [*command, "--name", name, *options],
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def kill(self, name: str) -> None:
        """kill -9 of a worker and of the runs it has started, as when a machine loses its power."""
        process = self.processes.pop(name)
        for pid in (process.pid, *_descendants(process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(timeout=LONG)

    def close(self) -> None:
        for name in sorted(self.processes, key="server".__eq__):
            process = self.processes.pop(name)
            stop(process.pid, seconds=20)
            process.wait(timeout=LONG)

    def do(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of `work`, in a thread of its own: a browser's loop may run in this one."""
        wanted = {PREFECT_API_URL: self.url, **({PREFECT_API_AUTH_STRING: self.password} if self.password else {})}
        with temporary_settings(wanted), ThreadPoolExecutor(1) as thread:
            return thread.submit(copy_context().run, lambda: asyncio.run(work())).result()

    def run(self, deployment: str, **parameters: Any) -> UUID:
        async def start() -> UUID:
            return (await arun_deployment(deployment, parameters=parameters, timeout=0, as_subflow=False)).id

        return self.do(start)

    def newest(self, deployment: str) -> UUID:
        """The first run of a deployment there is or will be; of several, the one that was made last."""

        async def look() -> UUID | None:
            async with get_client() as client:
                wanted = DeploymentFilterId(any_=[(await client.read_deployment_by_name(deployment)).id])
                found = await client.read_flow_runs(
                    deployment_filter=DeploymentFilter(id=wanted), sort=FlowRunSort.START_TIME_DESC, limit=1
                )
                return found[0].id if found else None

        return until(lambda: self.do(look))

    def state(self, run: UUID) -> Any:
        async def read() -> Any:
            async with get_client() as client:
                return (await client.read_flow_run(run)).state

        return self.do(read)

    def until(self, run: UUID, *names: str, key: str = "", other_than: str = "") -> str:
        """Waits until the run is in one of these states, suspended for a question that begins with `key` and is another
        than that one."""

        def look() -> str | None:
            state = self.state(run)
            asked = state.state_details.pause_key or ""
            assert state.name not in {"Failed", "Crashed"} - set(names), state.message
            there = state.name in names and asked.startswith(key) and asked != (other_than or None)
            return str(state.name) if there else None

        return until(look)

    def resume(self, run: UUID, **typed: Any) -> SetStateStatus:
        async def send() -> SetStateStatus:
            async with get_client() as client:
                return (await client.resume_flow_run(run, run_input=typed)).status

        return SetStateStatus(self.do(send))


async def furnish(models: ModelServer, *names: str, **fields: Any) -> None:
    """Model blocks of these names that ask the double, lineups that use the first of them for everything, approvers.

    Before the bootstrap, which notes what it finds; a block saved later would be taken for edited by hand.
    """
    await register_blocks()
    for name in names:
        facts = {
            "model": "llama3.1:8b", "base_url": models.openai_url, "api_key": SecretStr(models.token),
            "context_window": 24_000, "max_output_tokens": 8_000, "input_price": 0, "output_price": 0,
        }  # fmt: skip
        await OpenAICompatibleModel(**{**facts, **fields}).asave(name, overwrite=True)
    for lineup in ("production", "preview"):
        generator = GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, names[0]), report_words=600)
        await generator.asave(lineup, overwrite=True)
        await TranscriptLineup(**dict.fromkeys(TranscriptLineup.roles, names[0])).asave(lineup, overwrite=True)
    for name in ("grace", "alan"):
        await Approver(totp=SecretStr(SECRET)).asave(name, overwrite=True)


def until(look: Callable[[], T | None]) -> T:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + LONG
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing there after {LONG} s"
        time.sleep(0.5)
    return found


@contextlib.contextmanager
def closing(house: House) -> Iterator[House]:
    """Ends every process of the house, whatever becomes of the test."""
    try:
        yield house
    finally:
        house.close()


def _descendants(pid: int) -> list[int]:
    children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [each for child in children for each in (child, *_descendants(child))]
