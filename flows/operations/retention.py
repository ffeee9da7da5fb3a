"""Records older than the rules say are removed; the ledger and the CRM records stay for ever."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from prefect import flow, get_run_logger
from pydantic import Field

from tasks.operations.retention import Retention, apply_retention
from tasks.records.database import engine

DEFAULT = Retention()


@flow(name="retention", retries=2, retry_delay_seconds=300, timeout_seconds=3600)
def retention(
    call_days: Annotated[int, Field(ge=30)] = DEFAULT.calls.days,
    raw_body_days: Annotated[int, Field(ge=1)] = DEFAULT.raw_bodies.days,
) -> Mapping[str, int]:
    """Removes old calls with what belongs to them, and the raw bodies of failed attempts sooner.

    Args:
        call_days: How long calls are kept.
        raw_body_days: How long the raw bodies of failed attempts are kept; they may hold a person's words.

    Returns:
        How many rows of each kind were removed.
    """
    rules = Retention(timedelta(days=call_days), timedelta(days=raw_body_days))
    removed = apply_retention(engine(), datetime.now(UTC), rules)
    get_run_logger().info("removed: %s", ", ".join(f"{count} {kind}" for kind, count in removed.items()))
    return removed
