"""Catching up: every call a projection lacks is brought there, once, whoever else is at it."""

import asyncio

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from prefect.logging import get_run_logger
from pydantic import BaseModel, ConfigDict, Field

from blocks.stores import Stores, load_stores
from flows.run_names import dated
from flows.transcripts.behind import tell_behind
from tasks.crm.projecting import HOW_TO, Projection, is_configured, project
from tasks.crm.status import TARGETS, Status, Target, count_not_done
from tasks.records.database import engine
from tasks.reports.text import escape_markdown, shortened

SHOWN = 50


class Synced(BaseModel):
    """What became of the calls one target lacked."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    target: Target
    done: int
    behind: dict[str, str] = Field(default_factory=dict)
    """Transcript id -> why it is still not there, of those that were tried."""
    others: int = 0
    """Calls it lacks that were not tried: refused before, in the hands of another process, or without a place to go."""
    configured: bool = True
    """Whether anybody has said where it is. One that nobody has configured is not behind."""

    @property
    def sentence(self) -> str:
        if not self.configured:
            return f"{self.target}: not configured, {self.others} calls would go there; {HOW_TO[self.target]}"
        rest = f"; {self.others} more it has refused before or another process is bringing" if self.others else ""
        return f"{self.target}: {self.done} brought, {len(self.behind)} behind{rest}"


@flow(
    name="sync", flow_run_name=dated("sync"), log_prints=False, retries=1, retry_delay_seconds=60, timeout_seconds=3600
)
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
    await tell_behind(rounds)
    lacking = await asyncio.to_thread(count_not_done, database)
    result = [synced(one, lacking.get(one.target, 0), stores) for one in rounds]
    for one in result:
        get_run_logger().info(one.sentence)
    await acreate_markdown_artifact(_artifact(result), key="sync")
    return result


def synced(one: Projection, lacking: int, stores: Stores) -> Synced:
    """What a round came to, where `lacking` calls of all are not in the target after it."""
    if not is_configured(one.target, stores):
        return Synced(target=one.target, done=0, others=lacking, configured=False)
    others = max(0, lacking - len(one.behind))
    return Synced(target=one.target, done=len(one.done), behind=one.behind, others=others)


def _artifact(result: list[Synced]) -> str:
    parts = ["# Sync", ""]
    for one in result:
        parts += [escape_markdown(shortened(one.sentence)), ""]
        parts += [
            f"- {escape_markdown(shortened(key))}: {escape_markdown(shortened(why))}"
            for key, why in list(one.behind.items())[:SHOWN]
        ]
    return "\n".join([*parts, ""])
