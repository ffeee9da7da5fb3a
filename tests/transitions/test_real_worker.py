"""The gate with nothing left out: a Prefect server, a worker, real processes; both are restarted while the gate waits."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyotp
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.responses import SetStateStatus
from prefect.deployments.flow_runs import arun_deployment
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import SecretStr

from blocks.approvers import Approver
from blocks.lineups import GeneratorLineup
from blocks.local_process import stop
from blocks.models import OpenAICompatibleModel
from deployments.prefect_server import api_url, free_port, start_server
from flows.transitions.reading import read_gate
from flows.transitions.world import World, real_world
from tasks.judging.observations import Arm, Call
from tests.doubles.model_server import ModelServer
from tests.transitions.records import store_calls
from tests.transitions.test_gate_flow import POLICY, ROLES, SECRET

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("prefect"), pytest.mark.timeout(900)]
LONG = 300
"""Seconds anything may take on a busy machine; nothing takes as long when all is well."""


class House:
    """A server and a worker of this test's own, that can be stopped and started again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
        self.port = free_port()
        self.url = api_url("127.0.0.1", self.port)
        for name, value in {
            "PREFECT_HOME": str(place / "prefect"), "PREFECT_API_URL": self.url,
            "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(place / "results"), "PREFECT_WORKER_QUERY_SECONDS": "2",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def open(self) -> None:
        self.processes["server"] = start_server("127.0.0.1", self.port)
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "phasegate", "--type", "process"]
        self.processes["worker"] = subprocess.Popen(
            command,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def close(self) -> None:
        for name in ("worker", "server"):
            if process := self.processes.pop(name, None):
                stop(process.pid, seconds=20)
                process.wait(timeout=LONG)

    def do(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        with temporary_settings({PREFECT_API_URL: self.url}):
            return asyncio.run(work())

    def run(self, deployment: str, **parameters: Any) -> UUID:
        return UUID(str(self.do(lambda: self._start(deployment, parameters))))

    async def _start(self, deployment: str, parameters: dict[str, Any]) -> UUID:
        return (await arun_deployment(deployment, parameters=parameters, timeout=0, as_subflow=False)).id

    def until(self, run: UUID, *names: str, key: str = "") -> str:
        """Waits until the run is in one of these states, suspended for a question that begins with `key`."""
        deadline = time.monotonic() + LONG
        while time.monotonic() < deadline:
            state = self.do(lambda: self._state(run))
            if state.name in names and (state.state_details.pause_key or "").startswith(key):
                return str(state.name)
            assert state.name not in {"Failed", "Crashed"} - set(names), state.message
            time.sleep(1)
        raise AssertionError(f"the run is still {state.name}")

    async def _state(self, run: UUID) -> Any:
        async with get_client() as client:
            return (await client.read_flow_run(run)).state

    def resume(self, run: UUID, **typed: Any) -> SetStateStatus:
        async def send() -> SetStateStatus:
            async with get_client() as client:
                return (await client.resume_flow_run(run, run_input=typed)).status

        return SetStateStatus(self.do(send))


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, models: ModelServer) -> Iterator[House]:
    from deployments.applying import bootstrap

    place = House(monkeypatch, tmp_path)
    with _closing(place):
        place.open()
        place.do(bootstrap)
        place.do(lambda: _furnish(models))
        yield place


@contextmanager
def _closing(place: House) -> Iterator[None]:
    try:
        yield
    finally:
        place.close()


async def _furnish(models: ModelServer) -> None:
    for name in ("old", "new"):
        await OpenAICompatibleModel(
            model="llama3.1:8b", base_url=models.openai_url, api_key=SecretStr(models.token), context_window=24_000,
            max_output_tokens=8_000, input_price=0, output_price=0,
        ).asave(name)  # fmt: skip
    for name in ("production", "preview"):
        lineup = GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, "old"), report_words=600)
        await lineup.asave(name, overwrite=True)
    await Approver(totp=SecretStr(SECRET)).asave("grace")


def called(world: World, arm: Arm = "candidate") -> None:
    """Good calls of one arm, now."""
    made = [
        Call(role=role, arm=arm, at=datetime.now(UTC), run_id=f"{arm}-{role}-{n}", failed=False, score=99, seconds=0.5)
        for role in ROLES
        for n in range(4)
    ]
    first, block = (0, "old") if arm == "incumbent" else (100, "new")
    store_calls(world.database, made, first=first, model_block=block)


def test_through_restarts_to_production(house: House) -> None:
    world = real_world()
    for kind in ("baseline", "drilled"):
        world.record(kind, "tester", {"pipeline": "generator", "passed": True})
    called(world, "incumbent")  # so that the plan knows how long a call takes, and that the window is long enough
    policy = {**POLICY, "window": "PT20S"}
    gate = house.run("gate/gate", phase="generator-1", starter="ada", target="new", policy=policy)
    house.until(gate, "Suspended", key="wait-")
    assert read_gate(world, str(gate)).state == "MONITORING"
    called(world)
    house.close()
    house.open()
    ends = read_gate(world, str(gate)).since.timestamp() + 21
    time.sleep(max(0.0, ends - time.time()))
    house.run("watch/watch")
    house.until(gate, "Suspended", key="approval-")
    assert read_gate(world, str(gate)).state == "AWAITING_APPROVAL"
    code = pyotp.TOTP(SECRET).now()
    typed = {"decision": "approve", "approver": "grace", "code": code, "reason": "read it", "confirmed": "all"}
    assert house.resume(gate, **typed) == SetStateStatus.ACCEPT
    house.until(gate, "Completed")
    found = read_gate(world, str(gate))
    assert (found.state, found.settled) == ("PROMOTED", True), found.reason
    house.run("rollback/rollback", actor="grace", reason="only a test")
    deadline = time.monotonic() + LONG
    while read_gate(world, str(gate)).state != "ROLLED_BACK" or not read_gate(world, str(gate)).settled:
        assert time.monotonic() < deadline
        time.sleep(1)
    content = house.do(lambda: world.blocks.lineup("generator", "production")) or {}
    assert content["market_analysis"] == "old"
    assert os.environ["PREFECT_API_URL"] == house.url
