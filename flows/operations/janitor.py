"""The janitor: every minute, the runs that nobody else would go on with. It remembers nothing, so it may die anywhere.

What it cannot mend it tells people of, and that comes last: nothing is left undone because nobody could be told.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.responses import DeploymentResponse, SetStateStatus
from prefect.client.schemas.sorting import FlowRunSort
from prefect.events.filters import EventFilter, EventNameFilter, EventResourceFilter
from prefect.states import Cancelled, Crashed, Running, Scheduled

from flows.alarming import Alarm
from flows.operations.alarms import recently_failed, tell_of
from flows.operations.tags import OURS, TICKS
from flows.run_names import dated
from tasks.operations.stuck_runs import QUEUED, Patience, Push, SeenRun, pushes

LOOKED_AT = ("Running", "Crashed", "Pending", "Submitting", "Late", QUEUED)
"""States a run can be stuck in. Suspended and Paused runs wait for somebody, and are never touched; a run that is being
cancelled while its worker is gone is ended by Prefect itself, after five minutes."""
PAGE = 200
DONE = {"retry": "started again", "cancel": "cancelled", "crash": "marked as crashed", "revive": "Running again"}


@flow(name="janitor", flow_run_name=dated("janitor"), timeout_seconds=300)
async def janitor() -> list[str]:
    """Finds runs whose process is gone, starts crashed and stuck runs again, cancels waiting runs that were overtaken.

    Returns:
        A sentence for each run that was pushed.
    """
    log, now = get_run_logger(), datetime.now(UTC)
    async with get_client() as client:
        done = await tidy(client, now)
        for sentence in done:
            log.warning(sentence)
        for told in await tell_people(client, now):
            log.warning("%s: %s", told.name, told.happened)
    return done


async def tidy(client: PrefectClient, now: datetime) -> list[str]:
    """Pushes what needs a push at `now`; a sentence for each run the server let go on."""
    runs = await _runs(client)
    heard = {run.id: await last_heartbeat(client, run.id) for run in runs if _may_live(run, now)}
    seen = _seen(runs, await client.read_deployments(deployment_filter=_ours(), limit=PAGE), heard)
    return [sentence for push in pushes(seen, now) if (sentence := await _carry_out(client, push))]


async def tell_people(client: PrefectClient, now: datetime) -> list[Alarm]:
    """Tells people what is wrong with runs and is not mended; what was told."""
    runs = [*await _runs(client), *await recently_failed(client, _ours(), now, PAGE)]
    deployments = await client.read_deployments(deployment_filter=_ours(), limit=PAGE)
    return await tell_of(client, _seen(runs, deployments, {}), deployments, now)


def _ours() -> DeploymentFilter:
    return DeploymentFilter(tags=DeploymentFilterTags(all_=[OURS]))


async def _runs(client: PrefectClient) -> list[FlowRun]:
    """The newest runs in each state: many in one, after an outage for example, hide none in another."""
    return [run for state in LOOKED_AT for run in await _runs_in(client, state)]


async def _runs_in(client: PrefectClient, name: str) -> list[FlowRun]:
    state = FlowRunFilterState(name=FlowRunFilterStateName(any_=[name]))
    return await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=state), deployment_filter=_ours(), limit=PAGE,
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
    )  # fmt: skip


def _may_live(run: FlowRun, now: datetime) -> bool:
    """Whether it matters if its process is heard of: one that slept with its machine was marked as crashed, and lives."""
    if run.state is None or run.state.name not in ("Running", "Crashed"):
        return False
    return run.state.name == "Running" or now - run.state.timestamp < Patience().forgotten


async def last_heartbeat(client: PrefectClient, run: UUID) -> datetime | None:
    """When the run's process last sent a heartbeat; None if it never did."""
    wanted = EventFilter(
        event=EventNameFilter(name=["prefect.flow-run.heartbeat"]),
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run}"]),
    )
    found = await client.request(
        "POST", "/events/filter", json={"filter": wanted.model_dump(mode="json", exclude_unset=True), "limit": 1}
    )
    events = found.json()["events"]
    return datetime.fromisoformat(events[0]["occurred"]) if events else None


def _seen(
    runs: Iterable[FlowRun], deployments: Iterable[DeploymentResponse], heard: Mapping[UUID, datetime | None]
) -> list[SeenRun]:
    ticking = {one.id for one in deployments if TICKS in one.tags}
    return [
        SeenRun(
            id=str(run.id), name=run.name, deployment=str(run.deployment_id), state=run.state.name or "",
            since=run.state.timestamp, run_count=run.run_count, heard=heard.get(run.id), by_schedule=bool(run.auto_scheduled),
            expected=run.expected_start_time, ticks=run.deployment_id in ticking, parameters=run.parameters,
            message=run.state.message or "",
        )
        for run in runs if run.state
    ]  # fmt: skip


async def _carry_out(client: PrefectClient, push: Push) -> str | None:
    """What was done; None if the run has moved on by itself or another janitor was here first."""
    run = await client.read_flow_run(UUID(push.run.id))
    if run.state is None or (run.state.name, run.state.timestamp) != (push.run.state, push.run.since):
        return None
    result = await client.set_flow_run_state(run.id, _state(push.to, f"janitor: {push.reason}"))
    if result.status != SetStateStatus.ACCEPT:
        return None
    return f"Run {push.run.name} is {DONE[push.to]}: {push.reason}."


def _state(to: str, message: str) -> State[None]:
    match to:
        case "retry":
            return Scheduled(name="AwaitingRetry", message=message)
        case "crash":
            return Crashed(message=message)
        case "revive":
            return Running(message=message)
        case _:
            return Cancelled(message=message)
