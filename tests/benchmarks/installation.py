"""A whole installation for a benchmark: a Prefect server and a database in the state folder, a double of model servers."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from blocks.graph import GraphStore
from blocks.lineups import GeneratorLineup, TranscriptLineup
from blocks.local_process import stop
from blocks.models import OpenAICompatibleModel
from blocks.registering import register_blocks
from blocks.stores import STORE
from deployments.prefect_server import prefect_api, shared_server
from tasks.records.database import close_databases
from tests.benchmarks.machine import descendants
from tests.doubles.model_server import ModelServer


@dataclass(frozen=True)
class Installation:
    models: ModelServer
    server: int | None
    """Process of the Prefect server, unless it was there already; what it started is below it."""

    @property
    def processes(self) -> list[int]:
        return descendants(self.server) if self.server else []

    def lineup(
        self, kind: type[GeneratorLineup] | type[TranscriptLineup], name: str, concurrency: int, **more: Any
    ) -> str:
        """A lineup of which every role asks the double, by a model block that allows so many requests at once; its name."""
        model = OpenAICompatibleModel(
            model="llama3.1:8b", base_url=self.models.openai_url, api_key=SecretStr(self.models.token),
            context_window=24_000, max_output_tokens=8_000, attempts=1, concurrency=concurrency,
        )  # fmt: skip
        asyncio.run(_save(model, kind(**dict.fromkeys(kind.roles, name), **more), name))
        return name


async def _save(model: OpenAICompatibleModel, lineup: GeneratorLineup | TranscriptLineup, name: str) -> None:
    await model.asave(name, overwrite=True)
    await lineup.asave(name, overwrite=True)


@contextlib.contextmanager
def installation() -> Iterator[Installation]:
    """On the Prefect server that is configured, else on one of its own. Ends with everything it started."""
    with prefect_api():
        server = (shared_server().running() or {}).get("pid")
        try:
            asyncio.run(_prepare())
            with ModelServer(log_limit=100) as models:
                yield Installation(models, server)
        finally:
            close_databases()
            _let_prefect_finish()
            if server:
                stop(server, seconds=30)


async def _prepare() -> None:
    await register_blocks()
    await GraphStore.adelete(STORE)  # the embedded one; what it costs is measured by itself


def _let_prefect_finish() -> None:
    """Logs and events are sent by threads of their own, which would look for the server when it is gone."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=20)
