"""Brings a Prefect server to what the catalogue says: work pool and deployments. Safe to run again."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prefect import Flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound
from prefect.utilities.callables import parameter_schema

from blocks.home import PROJECT_ROOT
from blocks.registering import register_blocks
from deployments.catalogue import WORK_POOL, Deployment, deployments


@dataclass(frozen=True)
class Applied:
    """What a bootstrap found and did."""

    created_blocks: Sequence[str]
    created_work_pool: bool
    deployments: int
    strangers: Sequence[str]
    """Deployments with phasegate's tag that the catalogue does not have; left alone and reported."""


OURS = "phasegate"
"""Tag on every deployment of ours."""


async def bootstrap() -> Applied:
    """Block types and default blocks, the work pool, every deployment. Changes nothing a person changed."""
    created = await register_blocks()
    async with get_client() as client:
        new_pool = await _work_pool(client)
        for deployment in deployments():
            await _apply(client, deployment)
        return Applied(created, new_pool, len(deployments()), await _strangers(client))


async def _work_pool(client: PrefectClient) -> bool:
    try:
        await client.read_work_pool(WORK_POOL)
    except ObjectNotFound:
        await client.create_work_pool(WorkPoolCreate(name=WORK_POOL, type="process"))
        return True
    return False


async def _apply(client: PrefectClient, deployment: Deployment) -> None:
    module, name = deployment.entrypoint.split(":")
    loaded: Flow[..., Any] = getattr(importlib.import_module(module), name)
    await client.create_deployment(
        flow_id=await client.create_flow(loaded),
        name=deployment.name,
        entrypoint=deployment.entrypoint,
        description=deployment.description,
        tags=[OURS, *deployment.tags],
        parameters=dict(deployment.parameters),
        parameter_openapi_schema=parameter_schema(loaded).model_dump(),
        enforce_parameter_schema=True,
        work_pool_name=WORK_POOL,
        pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": str(PROJECT_ROOT)}}],
    )


async def _strangers(client: PrefectClient) -> list[str]:
    known = {deployment.name for deployment in deployments()}
    found = await client.read_deployments(limit=200)
    return sorted(one.name for one in found if OURS in one.tags and one.name not in known)
