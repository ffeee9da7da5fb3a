"""The doctor on the work pool: whether every queue has a worker, and whether the workers still live."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import Worker, WorkerStatus, WorkQueue, WorkQueueStatus

from tasks.operations.prefect_checks import queues_served, workers_heard


@pytest.mark.parametrize(
    ("status", "told"), [(WorkQueueStatus.NOT_READY, "No worker asks for"), (WorkQueueStatus.PAUSED, "is paused")]
)
def test_a_queue_nobody_serves_is_a_failure_though_the_pool_has_a_worker(status: WorkQueueStatus, told: str) -> None:
    served = WorkQueue(name="default", work_pool_id=None, status=WorkQueueStatus.READY)
    other = WorkQueue(name="first", work_pool_id=None, status=status)
    finding = queues_served("phasegate", [served, other])
    assert finding is not None
    assert (finding.state, told in finding.found, "default" in finding.found) == ("failed", True, False)


@pytest.mark.parametrize(("seconds", "state"), [(29, "ok"), (50, "warning")])
def test_workers_that_have_stopped_but_count_as_online_are_noticed_by_their_silence(seconds: int, state: str) -> None:
    now = datetime(2026, 5, 4, tzinfo=UTC)
    beat = now - timedelta(seconds=seconds)
    worker = Worker(name="a", work_pool_id=uuid4(), last_heartbeat_time=beat, status=WorkerStatus.ONLINE)
    finding = workers_heard("phasegate", [worker], now)
    assert (finding.state, f"a (heard of {seconds} s ago)" in finding.found) == (state, True)
