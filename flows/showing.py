"""Pages and artifacts shown on the Prefect server, from inside a run and from a terminal."""

import asyncio
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

import httpx
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate, ArtifactUpdate
from prefect.client.schemas.filters import ArtifactCollectionFilter, ArtifactCollectionFilterKey
from prefect.exceptions import PrefectException
from prefect.logging import get_logger
from prefect.runtime import flow_run
from prefect.settings import get_current_settings

from blocks.errors import PhasegateError

TROUBLE = (PhasegateError, PrefectException, httpx.HTTPError, OSError)
"""What may keep a page from being shown. No page is worth a gate: it is logged, and the next one shows the same."""


async def show_markdown(key: str, markdown: str, description: str) -> None:
    """Shows the artifact `key`: a new version in its timeline when `description` is new, else the newest brought up to date."""
    run = flow_run.id
    async with get_client() as client:
        wanted = ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=[key]))
        newest = next(iter(await client.read_latest_artifacts(artifact_filter=wanted)), None)
        if newest is not None and newest.description == description:
            await client.update_artifact(newest.latest_id, ArtifactUpdate(data=markdown))
            return
        made = ArtifactCreate(type="markdown", key=key, description=description, data=markdown,
                              flow_run_id=UUID(str(run)) if run else None)  # fmt: skip
        await client.create_artifact(made)


@dataclass
class Counting:
    """How much of a long run is done, as a progress artifact of the run; outside a run nobody is shown anything."""

    what: str
    """Plural of what is counted."""
    total: int
    done: int = 0
    artifact: UUID | None = None
    _shown: int = 0
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """What is done at the same time is told one after the other: an update that was overtaken would be the last word."""

    @classmethod
    async def begun(cls, key: str, what: str, total: int) -> Self:
        counting = cls(what, total)
        if flow_run.id:
            try:
                counting.artifact = await acreate_progress_artifact(0.0, key=key, description=counting.said)
            except TROUBLE as error:
                log_trouble("The progress", error)
        return counting

    @property
    def said(self) -> str:
        return f"{self.done:,} of {self.total:,} {self.what}"

    async def step(self) -> None:
        """One more is done."""
        await self.reached(self.done + 1)

    async def reached(self, done: int) -> None:
        self.done = done
        if self.artifact is None:
            return
        async with self._writing:
            if self._shown != self.done:
                await self._show(self.artifact, self.done)

    async def _show(self, artifact: UUID, done: int) -> None:
        self._shown = done
        try:
            share = 100.0 * min(1.0, done / max(1, self.total))
            await aupdate_progress_artifact(artifact, share, description=self.said)
        except TROUBLE as error:
            log_trouble("The progress", error)


def ui_address() -> str:
    """Where people find the Prefect UI; `PREFECT_UI_URL` says so where the API is reached under another name."""
    settings = get_current_settings()
    return (settings.ui_url or (settings.api.url or "").removesuffix("/api")).rstrip("/")


def log_trouble(what: str, error: Exception) -> None:
    get_logger("phasegate").warning("%s could not be shown: %s", what, error)
