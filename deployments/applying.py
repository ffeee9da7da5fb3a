"""Brings a Prefect server to what the catalogue says: work pool and deployments. Safe to run again."""

import importlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prefect import Flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentCreate, WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound

from blocks.errors import ConfigurationError
from blocks.home import PROJECT_ROOT
from blocks.loading import model_documents
from blocks.registering import register_blocks
from deployments.alerts import Alerts, create_alerts
from deployments.catalogue import WORK_POOL, Deployment, deployments
from deployments.forms import form
from deployments.limits import create_limits
from deployments.merging import LABEL, editable, fitting, memory, merge, remembered
from deployments.present import deployments_there, strangers
from deployments.settings import HEARTBEAT_SECONDS
from flows.operations.tags import OURS
from flows.transitions.drift import note_new
from flows.transitions.world import real_world
from tasks.records.runs import sha256


@dataclass(frozen=True)
class Applied:
    """What a bootstrap found and did."""

    created_blocks: Sequence[str]
    noted_blocks: Sequence[str]
    """Lineups and models that the ledger saw for the first time: from here on, editing them by hand is drift."""
    created_work_pool: bool
    deployments: int
    changed_deployments: Sequence[str]
    """Created, or brought to a changed catalogue."""
    merged: Sequence[str]
    """What stayed because a person changed it although the catalogue says something else, and schedules that were removed."""
    created_limits: Sequence[str]
    strangers: Sequence[str]
    """Deployments of phasegate, and their schedules, that the catalogue does not have; left alone and reported."""
    alerts: Alerts
    alerts_problem: str
    """Why nobody is told of anything although a block was named; the rest stands all the same."""


async def bootstrap(alerts: str = "") -> Applied:
    """Block types and default blocks, work pool, limits, every deployment; automations that send through the
    notification block `alerts`, if one is named. Changes nothing a person changed."""
    catalogue = {(_flow(one).name, one.name): one for one in deployments()}
    created = await register_blocks()
    noted = await note_new(real_world())
    async with get_client() as client:
        new_pool = await _work_pool(client)
        limits = await create_limits(client, await model_documents(client))
        there = await deployments_there(client, catalogue)
        done = {one.name: await _apply(client, one, there.get(key)) for key, one in catalogue.items()}
        changed = any(told is not None for told in done.values())
        after = await deployments_there(client, catalogue) if changed else there
        sent, problem = await _alerts(client, alerts)
        return Applied(
            created_blocks=created, noted_blocks=noted, created_work_pool=new_pool, deployments=len(done),
            changed_deployments=[name for name, told in done.items() if told is not None],
            merged=[sentence for told in done.values() for sentence in told or ()], created_limits=limits,
            strangers=strangers(after, catalogue), alerts=sent, alerts_problem=problem,
        )  # fmt: skip


async def _alerts(client: PrefectClient, block: str) -> tuple[Alerts, str]:
    try:
        return (await create_alerts(client, block) if block else Alerts((), ())), ""
    except ConfigurationError as error:
        return Alerts((), ()), str(error)


async def _work_pool(client: PrefectClient) -> bool:
    try:
        await client.read_work_pool(WORK_POOL)
    except ObjectNotFound:
        await client.create_work_pool(WorkPoolCreate(name=WORK_POOL, type="process", base_job_template=_job()))
        return True
    return False


def _job() -> dict[str, Any]:
    """What every run of the pool has in its environment: heartbeats as the janitor expects them, whoever started the
    worker. Prefect's own are so far apart that living runs would be given up."""
    from prefect.workers.process import ProcessWorker  # half a second, for what is made once

    template = ProcessWorker.get_default_base_job_template()
    template["variables"]["properties"]["env"]["default"] = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": HEARTBEAT_SECONDS}
    return template


async def _apply(
    client: PrefectClient, deployment: Deployment, there: DeploymentResponse | None
) -> Sequence[str] | None:
    """Creates or updates a deployment; what people should know of it, None if there was nothing to do.

    What the catalogue says is recorded as the deployment's version. While that is the same, the deployment is left as it
    is, whatever a person made of it; when it is another, what a person changed still stays (see `merging`). Only our tag
    comes back: the janitor knows our runs by it.
    """
    loaded = _flow(deployment)
    fields, wanted = _fields(deployment, loaded), _wanted(deployment)
    applied = memory(wanted, deployment.schedules)
    version = sha256([fields, applied])[:12]
    if there and there.version == version and OURS in there.tags:
        return None
    known = remembered(there) if there else {}
    merged = merge(
        editable(there) if there else wanted, there.schedules if there else (), wanted, deployment.schedules, known
    )
    values = dict(merged.values)
    values["tags"] = sorted({OURS, *values["tags"]})
    values["parameters"], left_out = fitting(values["parameters"], fields["parameter_openapi_schema"])
    limit, collision = values.pop("limit"), values.pop("collision")
    strategy = (
        ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy(collision)) if limit and collision else None
    )
    create = DeploymentCreate(
        flow_id=await client.create_flow(loaded), version=version, labels={LABEL: json.dumps(applied)},
        schedules=list(merged.schedules), concurrency_limit=limit, concurrency_options=strategy, **fields, **values,
    )  # fmt: skip
    # Not by the client's own method: it also sends what is not said here, and would empty a person's job variables.
    await client.request("POST", "/deployments/", json=create.model_dump(mode="json", exclude_unset=True))
    return [f"{deployment.name}: {sentence}" for sentence in (*merged.told, *left_out)]


def _flow(deployment: Deployment) -> Flow[..., Any]:
    module, name = deployment.entrypoint.split(":")
    loaded: Flow[..., Any] = getattr(importlib.import_module(module), name)
    return loaded


def _fields(deployment: Deployment, loaded: Flow[..., Any]) -> dict[str, Any]:
    """What is always the catalogue's."""
    return {
        "name": deployment.name,
        "entrypoint": deployment.entrypoint,
        "parameter_openapi_schema": form(loaded),
        "enforce_parameter_schema": True,
        "work_pool_name": WORK_POOL,
        "work_queue_name": deployment.queue,
        "pull_steps": [{"prefect.deployments.steps.set_working_directory": {"directory": str(PROJECT_ROOT)}}],
    }


def _wanted(deployment: Deployment) -> dict[str, Any]:
    """What a person may change: see `editable`."""
    return {
        "description": deployment.description,
        "tags": sorted([OURS, *deployment.tags]),
        "parameters": dict(deployment.parameters),
        "limit": deployment.concurrency_limit,
        "collision": deployment.collision if deployment.concurrency_limit else None,
    }
