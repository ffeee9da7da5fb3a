"""What the janitor tells people after it has tidied: runs that failed, runs nobody takes up, a watch that is silent."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import FlowRunSort

from flows.alarming import Alarm, tell_once
from tasks.operations.run_alarms import RECENT, WATCH, Concern, awake_since, concerns, silence
from tasks.operations.stuck_runs import SeenRun

JANITOR = "janitor"
LOOKS = 30
"""Looks of the janitor that are read: with one a minute, more than the watch may be silent."""
AGAIN = timedelta(hours=6)
QUIET = {"failed": timedelta(days=7), "ticks": AGAIN, "late": AGAIN, "watch": AGAIN}
"""How long the same concern is not told again: a run fails once, and a deployment may do so time and again."""
EVENTS = {
    "failed": "phasegate.run.failed",
    "ticks": "phasegate.run.failed",
    "late": "phasegate.run.late",
    "watch": "phasegate.watch.failed",
}
DO = {
    "failed": "Open the run in the Prefect UI; its log and its state's message say why.",
    "ticks": "Open these runs in the Prefect UI; their logs say what they did last, the worker's why they died.",
    "late": "See whether a worker is alive (`phasegate doctor`), and whether it has room for more runs.",
    "watch": "See the runs of the deployment `watch`, and `phasegate doctor`; `phasegate watch` looks once by hand.",
}


async def tell_of(
    client: PrefectClient, seen: Iterable[SeenRun], deployments: Sequence[DeploymentResponse], now: datetime
) -> list[Alarm]:
    """Tells people of what is wrong with runs, each thing once; what was told."""
    looks = await _completed(client, [one.id for one in deployments if one.name == JANITOR], LOOKS)
    awake = awake_since(looks, now)
    found = concerns(seen, {str(one.id): one.name for one in deployments}, now, awake)
    found += [one for one in [await _silence(client, deployments, now, awake)] if one]
    return [told for one in found for told in await tell_once([_alarm(one)], QUIET[one.kind])]


def _alarm(one: Concern) -> Alarm:
    return Alarm(EVENTS[one.kind], one.about, one.name, one.happened, DO[one.kind], one.run_id)


async def recently_failed(client: PrefectClient, ours: DeploymentFilter, now: datetime, most: int) -> list[FlowRun]:
    """Runs of ours that failed lately, those that ran out of time included: they have another name."""
    wanted = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.FAILED])),
        end_time=FlowRunFilterEndTime(after_=now - RECENT),
    )
    return await client.read_flow_runs(
        flow_run_filter=wanted, deployment_filter=ours, limit=most, sort=FlowRunSort.END_TIME_DESC
    )


async def _silence(
    client: PrefectClient, deployments: Sequence[DeploymentResponse], now: datetime, awake: datetime
) -> Concern | None:
    """Whether the watch is silent although it should run; one that a person paused is."""
    watch = next((one for one in deployments if one.name == WATCH), None)
    active = [one for one in watch.schedules if one.active] if watch and not watch.paused else []
    if watch is None or not active:
        return None
    completed = await _completed(client, [watch.id], 1)
    begun = max(one.updated or one.created or now for one in active)
    return silence(begun, max(completed, default=None), now, awake)


async def _completed(client: PrefectClient, deployments: Sequence[UUID], most: int) -> list[datetime]:
    """When the newest completed runs of these deployments ended."""
    if not deployments:
        return []
    runs = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Completed"]))),
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=list(deployments))),
        limit=most, sort=FlowRunSort.END_TIME_DESC,
    )  # fmt: skip
    return [run.end_time for run in runs if run.end_time]
