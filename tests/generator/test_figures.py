"""What a run costs besides its models: time, waiting, memory. Bounds hold on a busy machine; the figures are printed."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate

from blocks.limits import limit_name
from blocks.models import OpenAICompatibleModel
from tests.conftest import SaveLineup, SaveModel
from tests.deployments.terminal import environment, start
from tests.doubles.model_server import AskedRequest, ModelServer
from tests.generator.delays import seconds
from tests.generator.scene import QUESTIONS, asked, run_generator

pytestmark = [pytest.mark.server, pytest.mark.proof]

SCALE = 1 / 40
"""Forty seconds of the original take a second here."""
BUSY = 2.0
"""Seconds a machine busy with other tests may add; the printed figures are the ones to quote."""


def delayed(request: AskedRequest) -> float:
    return seconds(asked(request)) * SCALE


def test_waiting_is_at_most_055_of_asking_one_after_the_other(
    models: ModelServer, lineup: SaveLineup, save_model: SaveModel
) -> None:
    name = lineup("wide", model=save_model("wide-model", concurrency=12))
    run_generator(name)  # imports and connections are not what is measured
    models.clear()
    models.delay = delayed
    wall, _ = measured(name)
    serial = sum(delayed(request) for request in models.requests)
    print(f"wall time {wall:.2f} s, one after the other {serial:.2f} s: {wall / serial:.2f}")
    assert wall <= 0.55 * serial + BUSY


@pytest.fixture
def shared_limit(models: ModelServer, prefect_api: str) -> Iterator[None]:
    """The limit on the Prefect server that every request of the double's usual model takes a slot of."""
    model = OpenAICompatibleModel(model="llama3.1:8b", base_url=models.openai_url, context_window=24_000)
    limit = GlobalConcurrencyLimitCreate(name=limit_name(model), limit=4, active=True)
    with get_client(sync_client=True) as client:
        if limit.name in {one.name for one in client.read_global_concurrency_limits(limit=200)}:
            client.delete_global_concurrency_limit_by_name(limit.name)  # a bootstrap in another test made one
        client.create_global_concurrency_limit(limit)
        yield
        client.delete_global_concurrency_limit_by_name(limit.name)


def test_a_run_costs_little_beside_its_models(models: ModelServer, lineup: SaveLineup, shared_limit: None) -> None:
    name = lineup()
    run_generator(name)
    wall, processor = min(measured(name) for _ in range(3))
    print(f"13 stages without waiting for a model: {wall:.2f} s, of it {processor:.2f} s of processor time here")
    assert processor < 3.0
    assert wall < 3.0 + BUSY


def test_memory_stays_under_500_mib(models: ModelServer, lineup: SaveLineup, home: Path, prefect_api: str) -> None:
    models.delay = lambda request: 15 if asked(request) == "scarcity_upsells" else 0
    with start("run", "--lineup", lineup(), env=environment(home, prefect_api)) as process:
        models.wait_for_requests(QUESTIONS, timeout=150)
        peak = peak_mib(process.pid)
        process.terminate()
        process.communicate(timeout=150)
    print(f"a run with all but one stage finished: {peak:.0f} MiB at most")
    assert 50 < peak < 500


def peak_mib(process: int) -> float:
    """The most memory the process has ever held."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def measured(lineup: str) -> tuple[float, float]:
    """Wall and processor seconds of a run."""
    wall, processor = time.perf_counter(), time.process_time()
    run_generator(lineup)
    return time.perf_counter() - wall, time.process_time() - processor
