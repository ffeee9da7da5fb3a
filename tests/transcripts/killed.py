"""A whole run of a call without a Prefect server, in a process of its own that can be killed at any point of it."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from pydantic import SecretStr

from blocks.baserow import Baserow
from blocks.graph import GraphStore
from blocks.lineups import TranscriptLineup
from blocks.loading import LoadedLineup
from blocks.models import OpenAICompatibleModel
from blocks.stores import Stores
from flows.transcripts.opening import Crew, open_run
from flows.transcripts.process import projected, understood_and_kept
from flows.transcripts.samples import SHORT
from tasks.answering.ask import Asking
from tasks.answering.pinning import pin
from tasks.answering.transport import new_client
from tasks.records.database import engine
from tasks.records.transcripts import keep_source
from tasks.transcripts.reading import read_file
from tests.transcripts.scene import NOW


@dataclass(frozen=True)
class World:
    """Where everything is; plain values, for another process."""

    home: str
    model: tuple[str, str]
    """Address and key of the model server."""
    baserow: dict[str, Any]
    graph: dict[str, Any]

    @property
    def stores(self) -> Stores:
        baserow = self.baserow | {"token": SecretStr(self.baserow["token"])}
        graph = self.graph | {"password": SecretStr(self.graph["password"])}
        return Stores(baserow=Baserow(**baserow), graph=GraphStore(**graph))


@dataclass(frozen=True)
class Point:
    """Where to die: when a function of ours is entered (`call`) or left (`return`) for the n-th time."""

    module: str
    function: str
    event: str = "return"
    times: int = 1

    def __str__(self) -> str:
        return f"{self.event} {self.function} {self.times}"


async def run(world: World, run_id: str) -> dict[Any, str]:
    """What `process_transcript` does with the short sample; why which target is behind."""
    transcript, database = read_file(SHORT), engine()
    await asyncio.to_thread(keep_source, database, transcript, NOW)
    url, key = world.model
    block = OpenAICompatibleModel(
        model="llama3.1:8b", base_url=url, api_key=SecretStr(key), context_window=24_000, attempts=1
    )
    roles = dict.fromkeys(TranscriptLineup.roles, "double")
    lineup = LoadedLineup("test", roles, {"window_tokens": 4_000}, {"double": block})
    with ExitStack() as reached:
        async with new_client() as client:
            model = await pin("double", block, reached, client)
            crew = Crew(lineup, Asking(client), {"double": model}, {}, database, 0)
            async with open_run(crew, run_id, transcript) as opened:
                await understood_and_kept(opened, transcript, opened.answer)
    return await projected(database, world.stores, transcript.transcript_id)


def run_until(world: World, point: Point) -> None:
    """The body of the process that dies."""
    os.environ["PHASEGATE_HOME"] = world.home
    with at(point, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        asyncio.run(run(world, "killed"))


@contextmanager
def at(point: Point, act: Callable[[], None]) -> Iterator[None]:
    """Does something when this thread, or one that it starts, reaches the point."""
    left = [point.times]

    def watch(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == point.event and code.co_name == point.function and frame.f_globals["__name__"] == point.module:
            left[0] -= 1
            if left[0] == 0:
                act()

    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        yield
    finally:
        threading.setprofile(None)
        sys.setprofile(None)
