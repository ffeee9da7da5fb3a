"""Pages and artifacts shown on the Prefect server, from inside a run and from a terminal."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
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


PACE_SECONDS = 1.0
"""The progress of a run is told no oftener: each time costs the Prefect server as much as a step of a run does."""

LAST_WORD_SECONDS = 5.0
"""So long a run that is over waits for a server that is slow to take its progress."""


class Counting:
    """How much of a long run is done. Counting never waits for the server."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.done = what, total, 0
        self._moved, self._ended = asyncio.Event(), asyncio.Event()

    @property
    def said(self) -> str:
        return f"{self.done:,} of {self.total:,} {self.what}"

    def step(self) -> None:
        """One more is done."""
        self.reached(self.done + 1)

    def reached(self, done: int) -> None:
        self.done = done
        self._moved.set()

    def end(self) -> None:
        self._ended.set()
        self._moved.set()

    async def tell(self, artifact: UUID) -> None:
        """Keeps the artifact up to date until the end, the last state included: one at a time, so none overtakes another."""
        told = 0
        while not self._ended.is_set():
            await self._moved.wait()
            self._moved.clear()
            if told != self.done:
                told = self.done
                await self._show(artifact)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), PACE_SECONDS)
        if told != self.done:
            await self._show(artifact)

    async def _show(self, artifact: UUID) -> None:
        try:
            share = 100.0 * min(1.0, self.done / max(1, self.total))
            await aupdate_progress_artifact(artifact, share, description=self.said)
        except Exception as error:  # whatever it is: no progress is worth a run, nor the run's own error
            log_trouble("The progress", error)


@contextlib.asynccontextmanager
async def counted(key: str, what: str, total: int) -> AsyncIterator[Counting]:
    """Shows how many of `total` are done as a progress artifact of the run; outside a run nobody is shown anything.

    `what` is the plural of what is counted. The last state is told when the context ends, also with an error; a run that is
    cancelled from outside, or whose server does not answer, does not wait for that.
    """
    counting = Counting(what, total)
    artifact: UUID | None = None
    if flow_run.id:
        try:
            artifact = await acreate_progress_artifact(0.0, key=key, description=counting.said)
        except Exception as error:
            log_trouble("The progress", error)
    if artifact is None:
        yield counting
        return
    telling = asyncio.create_task(counting.tell(artifact))
    try:
        yield counting
    finally:
        counting.end()
        await asyncio.wait({telling}, timeout=LAST_WORD_SECONDS)
        telling.cancel()


def ui_address() -> str:
    """Where people find the Prefect UI; `PREFECT_UI_URL` says so where the API is reached under another name."""
    settings = get_current_settings()
    return (settings.ui_url or (settings.api.url or "").removesuffix("/api")).rstrip("/")


def log_trouble(what: str, error: Exception) -> None:
    get_logger("phasegate").warning("%s could not be shown: %s", what, error)
