"""Records older than the rules say are removed; the ledger and the CRM records stay for ever."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from prefect import flow, get_run_logger
from prefect.client.orchestration import get_client
from pydantic import Field

from flows.operations.tick_runs import remove_tick_runs
from flows.run_names import dated
from tasks.operations.retention import Retention, apply_retention
from tasks.records.database import engine

DEFAULT = Retention()
TICK_RUNS = 30
"""Days; long enough to see when something began."""


@flow(name="retention", flow_run_name=dated("retention"), retries=2, retry_delay_seconds=300, timeout_seconds=3600)
def retention(
    call_days: Annotated[int, Field(ge=30)] = DEFAULT.calls.days,
    raw_body_days: Annotated[int, Field(ge=1)] = DEFAULT.raw_bodies.days,
    tick_run_days: Annotated[int, Field(ge=7)] = TICK_RUNS,
) -> Mapping[str, int]:
    """Removes old calls with what belongs to them, and the raw bodies of failed attempts sooner; and old flow runs of ticks.

    Args:
        call_days: How long calls are kept.
        raw_body_days: How long the raw bodies of failed attempts are kept; they may hold a person's words.
        tick_run_days: How long Prefect keeps finished flow runs of the watch, the janitor, the tracker, the drift scan and
            the sync. Runs of everything else stay.

    Returns:
        How many rows, and how many flow runs, of each kind were removed.
    """
    rules = Retention(timedelta(days=call_days), timedelta(days=raw_body_days))
    now = datetime.now(UTC)
    removed = dict(apply_retention(engine(), now, rules))
    with get_client(sync_client=True) as client:
        removed["flow runs of ticks"] = remove_tick_runs(client, now - timedelta(days=tick_run_days))
    get_run_logger().info("removed: %s", ", ".join(f"{count} {kind}" for kind, count in removed.items()))
    return removed
