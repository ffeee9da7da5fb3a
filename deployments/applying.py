"""Brings a Prefect server to what the catalogue says: work pool and deployments. Safe to run again."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prefect import Flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
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
from deployments.schedules import merged
from flows.operations.tags import OURS
from flows.transitions.drift import note_new
from flows.transitions.world import real_world
from tasks.records.runs import sha256

PAGE = 200


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
    created_limits: Sequence[str]
    strangers: Sequence[str]
    """Deployments with phasegate's tag that the catalogue does not have; left alone and reported."""
    alerts: Alerts
    alerts_problem: str
    """Why nobody is told of anything although a block was named; the rest stands all the same."""


async def bootstrap(alerts: str = "") -> Applied:
    """Block types and default blocks, work pool, limits, every deployment; automations that send through the
    notification block `alerts`, if one is named. Changes nothing a person changed."""
    created = await register_blocks()
    noted = await note_new(real_world())
    async with get_client() as client:
        new_pool = await _work_pool(client)
        limits = await create_limits(client, await model_documents(client))
        there = await _ours(client)
        changed = [one.name for one in deployments() if await _apply(client, one, there.get(one.name))]
        strangers = sorted(set(there) - {one.name for one in deployments()})
        sent, problem = await _alerts(client, alerts)
        return Applied(created, noted, new_pool, len(deployments()), changed, limits, strangers, sent, problem)


async def _alerts(client: PrefectClient, block: str) -> tuple[Alerts, str]:
    try:
        return (await create_alerts(client, block) if block else Alerts((), ())), ""
    except ConfigurationError as error:
        return Alerts((), ()), str(error)


async def _ours(client: PrefectClient) -> dict[str, DeploymentResponse]:
    """Name -> deployment with our tag."""
    found: dict[str, DeploymentResponse] = {}
    while page := await client.read_deployments(limit=PAGE, offset=len(found)):
        found |= {f"{one.flow_id}/{one.name}": one for one in page}
        if len(page) < PAGE:
            break
    return {one.name: one for one in found.values() if OURS in one.tags}


async def _work_pool(client: PrefectClient) -> bool:
    try:
        await client.read_work_pool(WORK_POOL)
    except ObjectNotFound:
        await client.create_work_pool(WorkPoolCreate(name=WORK_POOL, type="process"))
        return True
    return False


async def _apply(client: PrefectClient, deployment: Deployment, there: DeploymentResponse | None) -> bool:
    """Creates or updates a deployment; whether there was anything to do.

    What was applied is recorded as the deployment's version. While the catalogue says the same, the deployment is left
    as it is, whatever a person made of it; when it says something else, its schedules, limit and pause still stay.
    """
    module, name = deployment.entrypoint.split(":")
    loaded: Flow[..., Any] = getattr(importlib.import_module(module), name)
    fields = _fields(deployment, loaded)
    limit, schedules = deployment.concurrency_limit, merged(there.schedules if there else (), deployment.schedules)
    version = sha256([fields, deployment])[:12]
    if there and there.version == version:
        return False
    if there and there.global_concurrency_limit:
        limit = there.global_concurrency_limit.limit
    strategy = ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy(deployment.collision)) if limit else None
    await client.create_deployment(
        flow_id=await client.create_flow(loaded), version=version, schedules=schedules,
        concurrency_limit=limit, concurrency_options=strategy, **fields,
    )  # fmt: skip
    return True


def _fields(deployment: Deployment, loaded: Flow[..., Any]) -> dict[str, Any]:
    return {
        "name": deployment.name,
        "entrypoint": deployment.entrypoint,
        "description": deployment.description,
        "tags": [OURS, *deployment.tags],
        "parameters": dict(deployment.parameters),
        "parameter_openapi_schema": form(loaded),
        "enforce_parameter_schema": True,
        "work_pool_name": WORK_POOL,
        "pull_steps": [{"prefect.deployments.steps.set_working_directory": {"directory": str(PROJECT_ROOT)}}],
    }
