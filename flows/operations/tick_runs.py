"""Old flow runs of what runs every few minutes: half a million a year, which Prefect itself keeps for ever.

Only these few, by name: every other run has results that people look at, and stays. Not by a tag, which a person may put on
anything. What ticks wrote, their pages (artifacts) among it, stays as well.
"""

from datetime import datetime
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    DeploymentFilterTags,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterEndTime,
    FlowRunFilterStateType,
)
from prefect.client.schemas.filters import FlowRunFilterState as StateFilter
from prefect.client.schemas.objects import StateType

from flows.operations.tags import OURS

TICKING = ("drift-scan", "janitor", "tracker", "transcript-sync", "watch")
"""Names of the deployments."""
OVER = (StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED)
BATCH = 50
"""As many as the server removes in one request."""
MOST = 20_000
"""A week has about 14,000; of more, after years without a retention, the next week has its share."""


def remove_tick_runs(client: SyncPrefectClient, before: datetime, most: int = MOST) -> int:
    """Removes finished runs of ticks that ended before this, with their logs; how many, at most about `most`."""
    ours = DeploymentFilter(name=DeploymentFilterName(any_=list(TICKING)), tags=DeploymentFilterTags(all_=[OURS]))
    ticking = [one.id for one in client.read_deployments(deployment_filter=ours)]
    if not ticking:  # an empty list would be no condition
        return 0
    old = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=ticking),
        state=StateFilter(type=FlowRunFilterStateType(any_=list(OVER))),
        end_time=FlowRunFilterEndTime(before_=before),
    )
    removed = 0
    while removed < most and (count := _remove(client, old)):
        removed += count
    return removed


def _remove(client: SyncPrefectClient, old: FlowRunFilter) -> int:
    route: Any = "/flow_runs/bulk_delete"  # the client does not know it yet
    wanted = {"flow_runs": old.model_dump(mode="json", exclude_unset=True), "limit": BATCH}
    return len(client.request("POST", route, json=wanted).json()["deleted"])
