"""A fresh installation from its first command to the server people leave running, with processes and ports of its own."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.home import PROJECT_ROOT
from blocks.local_process import read_json, stop
from deployments.catalogue import deployments
from deployments.prefect_server import free_port
from tests.deployments.terminal import all_gone, environment, phasegate, processes_of, start
from tests.doubles.model_server import ModelServer

pytestmark = [pytest.mark.server, pytest.mark.proof, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, model_server: ModelServer) -> Iterator[Path]:
    """A state folder after `phasegate deploy`, with a lineup whose models are the double."""
    home = tmp_path_factory.mktemp("installation") / "home"
    try:
        status, printed = phasegate("deploy", env=environment(home))
        assert status == 0, printed
        assert "created block Generator Lineup / production" in printed
        _save_lineup(home, read_json(home / "run" / "prefect-server" / "state.json") or {}, model_server)
        yield home
    finally:
        for process in processes_of(home):
            stop(process)


SAVE_LINEUP = """
import asyncio, sys
from blocks.lineups import GeneratorLineup
from blocks.models import OpenAICompatibleModel

async def save(base_url, api_key):
    model = OpenAICompatibleModel(model="llama3.1:8b", base_url=base_url, api_key=api_key, context_window=24_000)
    await model.asave("double")
    await GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, "double"), report_words=600).asave("double")

asyncio.run(save(*sys.argv[1:]))
"""


def _save_lineup(home: Path, server: dict[str, Any], models: ModelServer) -> None:
    """In a process of its own: Prefect's client in this one may be bound to the server other tests share."""
    env = environment(home) | {"PREFECT_API_URL": server["url"]}
    command = [sys.executable, "-c", SAVE_LINEUP, models.openai_url, models.token]
    subprocess.run(command, env=env, cwd=PROJECT_ROOT, check=True)


def test_a_run_prints_its_table_and_report_and_leaves_nothing_running(fresh: Path, models: ModelServer) -> None:
    status, printed = phasegate("run", "--lineup", "double", env=environment(fresh))
    assert status == 0, printed
    assert "Scarcity" in printed
    assert "double" in printed
    reports = [Path(found) for found in re.findall(r"\S+\.(?:html|md)", printed)]
    assert {path.suffix for path in reports} == {".html", ".md"}
    assert all(path.stat().st_size > 10_000 for path in reports)
    assert all_gone(fresh, seconds=90), processes_of(fresh)


def test_a_scheduled_run_appears_completes_and_the_server_stops(fresh: Path, models: ModelServer) -> None:
    port = free_port()
    env = environment(fresh) | {"PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5"}
    with start("serve", "--port", str(port), env=env) as serving:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}/api", timeout=30) as api:
                schedule(api, eventually(lambda: deployment(api)), {"lineup": "double"})
                run = eventually(lambda: finished_run(api))
            assert run["auto_scheduled"]
            assert run["state_type"] == "COMPLETED", run["state"]
            assert len(models.requests) > 13
        finally:
            serving.send_signal(signal.SIGTERM)
            began = time.monotonic()
            serving.communicate(timeout=120)
    print(f"stopped in {time.monotonic() - began:.1f} s")
    assert serving.returncode == 0
    assert all_gone(fresh, seconds=30), processes_of(fresh)


def eventually(look: Callable[[], Any], seconds: float = 240) -> Any:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := look():
                return found
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"nothing came within {seconds:.0f} s")


def deployment(api: httpx.Client) -> Any:
    """The generator's deployment, once all of them are there."""
    found = api.post("/deployments/filter", json={"limit": 200}).json()
    whole = len(found) >= len(deployments())
    return next((one for one in found if one["name"] == "generate"), None) if whole else None


def schedule(api: httpx.Client, deployed: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Plans one run, late enough for the scheduler to see it coming; the next one is a day later."""
    soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()
    planned = {"schedule": {"interval": 86_400, "anchor_date": soon}, "active": True, "parameters": parameters}
    api.post(f"/deployments/{deployed['id']}/schedules", json=[planned]).raise_for_status()


def finished_run(api: httpx.Client) -> Any:
    wanted = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}}}}
    wanted["flows"] = {"name": {"any_": ["generator"]}}
    wanted["flow_runs"]["deployment_id"] = {"is_null_": False}  # type: ignore[dict-item]
    return next(iter(api.post("/flow_runs/filter", json=wanted).json()), None)
