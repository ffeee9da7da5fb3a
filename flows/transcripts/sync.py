"""Catching up: every call a projection lacks is brought there, once, whoever else is at it."""

import asyncio

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from prefect.logging import get_run_logger
from pydantic import BaseModel, ConfigDict, Field

from blocks.stores import load_stores
from tasks.crm.projecting import Projection, project
from tasks.crm.status import TARGETS, Status, Target
from tasks.records.database import engine
from tasks.transcripts.display import for_markdown

SHOWN = 50


class Synced(BaseModel):
    """What became of the calls one target lacked."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    target: Target
    done: int
    behind: dict[str, str] = Field(default_factory=dict)
    """Transcript id -> why it is still not there."""


@flow(name="sync", flow_run_name="sync", log_prints=False)
async def sync(refused_too: bool = False, everything: bool = False) -> list[Synced]:
    """Brings every call to Baserow and the graph that is not there yet; what is there already is left alone.

    Args:
        refused_too: Also try calls again that a store has refused for what they hold, after its tables were changed.
        everything: Compare all calls, also those that were brought there before: mends what was altered by hand.

    Returns:
        One entry a store.
    """
    statuses: list[Status] = ["behind", "unconfigured"]
    statuses += ["rejected"] if refused_too or everything else []
    statuses += ["done"] if everything else []
    database, stores = engine(), await load_stores()
    rounds = await asyncio.gather(*(project(database, target, stores, statuses=statuses) for target in TARGETS))
    for one in rounds:
        get_run_logger().info("%s: %d brought, %d behind", one.target, len(one.done), len(one.behind))
    await acreate_markdown_artifact(_artifact(rounds), key="sync")
    return [Synced(target=one.target, done=len(one.done), behind=one.behind) for one in rounds]


def _artifact(rounds: list[Projection]) -> str:
    parts = ["# Sync", ""]
    for one in rounds:
        parts += [f"**{one.target}**: {len(one.done)} brought, {len(one.behind)} behind.", ""]
        parts += [f"- {for_markdown(key)}: {for_markdown(why)}" for key, why in list(one.behind.items())[:SHOWN]]
    return "\n".join([*parts, ""])
