"""A whole installation to kill things in: a Prefect server, doubles of models and Baserow, a graph, processes that die."""

import asyncio
import contextlib
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
from prefect import Flow
from prefect.client.orchestration import get_client
from pydantic import SecretStr

from blocks.embedded_graph import embedded_graph
from blocks.graph import GraphStore
from blocks.lineups import GeneratorLineup
from blocks.local_process import stop
from deployments.catalogue import WORK_POOL
from flows.operations.janitor import tidy
from flows.operations.tags import OURS
from tasks.records.database import close_databases, engine
from tests.doubles.model_server import ModelServer
from tests.drills import lives
from tests.house import House, closing, furnish
from tests.transitions.shortened import LINEUPS

Victim = Literal["command line", "flow run", "watch", "server", "worker"]
Target = Callable[..., None]
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.drills.lives"])
LONG = 300.0
"""Seconds a life may last on a busy machine."""
SERVERS_SHARE = 0.12
"""How often the Prefect server is killed under a process, rather than the process."""
TRIES = 6
"""Undisturbed lives after which work must have come to its end."""


class NeverEndsError(AssertionError):
    """Work that does not come to its end however often it is run again."""


@dataclass
class Rig:
    """One state folder a round, one server, models and graph for all of them."""

    house: House
    models: ModelServer
    graph: GraphStore
    place: Path
    chance: random.Random = field(default_factory=random.Random)
    kills: Counter[str] = field(default_factory=Counter)
    shift: timedelta = timedelta(0)
    """How far the clock of the lives is ahead."""
    _lengths: dict[str, float] = field(default_factory=dict)
    """Name of a life -> how long it lasts undisturbed, as last seen."""

    def begin(self, name: str, chance: random.Random) -> None:
        """A fresh state folder."""
        close_databases()
        if "worker" in self.house.processes:  # of a round that broke
            self.house.kill("worker")
        self.chance, self.kills, self.shift = chance, Counter(), timedelta(0)
        os.environ["PHASEGATE_HOME"] = str(self.home(name))
        self.models.answer, self.models.delay = None, lambda request: 0.01
        self.models.clear()
        engine()
        close_databases()  # migrated, and not open here while others write

    def home(self, name: str = "") -> Path:
        return self.place / name if name else Path(os.environ["PHASEGATE_HOME"])

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def planned(self, flow: Flow[..., Any], *, worker_finds: str = "", **parameters: Any) -> UUID:
        """A run of a deployment, which no process carries out yet: only such runs can be suspended.

        `worker_finds` is the module that has the flow for a worker; without one no worker takes the run.
        """
        pool: dict[str, Any] = {"work_pool_name": WORK_POOL, "tags": [OURS]} if worker_finds else {}

        async def create() -> UUID:
            async with get_client() as client:
                deployment = await client.create_deployment(
                    flow_id=await client.create_flow(flow), name=f"drill-{flow.name}{worker_finds}",
                    entrypoint=f"{worker_finds or 'x'}:{flow.name}", **pool,
                    parameter_openapi_schema={"type": "object", "properties": {}}, enforce_parameter_schema=False,
                )  # fmt: skip
                return (await client.create_flow_run_from_deployment(deployment, parameters=parameters)).id

        return self.house.do(create)

    def push(
        self, victim: Victim, target: Target, words: Callable[[], tuple[Any, ...]], done: Callable[[], bool], kills: int
    ) -> None:
        """Lives the same life until `done`; the first ones are killed, up to `kills` of them."""
        for _ in range(kills):
            if done():
                return
            self._strike(victim, target, words())
        for _ in range(TRIES):
            if done():
                return
            self._whole(victim, target, words())
        if not done():
            raise NeverEndsError(f"{_name(target, words())} does not come to its end\n{self._printed()}")

    def _strike(self, victim: Victim, target: Target, words: tuple[Any, ...]) -> None:
        """One life, ended by SIGKILL at a random moment of it, or a server that dies under it."""
        of_server = self.chance.random() < SERVERS_SHARE
        moment = self.chance.random() * self._lengths.get(_name(target, words), 4.0)
        life = self._start(target, words)
        life.join(moment)
        if not life.is_alive():
            return
        if of_server:
            self.kill("server")
            self.house.start()
            self._ended(life)
            return
        life.kill()
        self._ended(life)
        self.kills[victim] += 1

    def _whole(self, victim: Victim, target: Target, words: tuple[Any, ...]) -> None:
        began = time.monotonic()
        self._ended(self._start(target, words))
        self._lengths[_name(target, words)] = time.monotonic() - began

    def kill(self, name: Literal["server", "worker"]) -> None:
        """kill -9 of the server, or of the worker with the runs it has started."""
        self.house.kill(name)
        self.kills[name] += 1

    def _start(self, target: Target, words: tuple[Any, ...]) -> Any:
        given = (str(self.home()), str(self.home() / "printed.txt"), self.shift, *words)
        life = FORKED.Process(target=target, args=given)
        life.start()
        return life

    def _ended(self, life: Any) -> None:
        life.join(LONG)
        if life.is_alive():
            life.kill()
            life.join()
            raise NeverEndsError(f"a process lived for more than {LONG:.0f} s\n{self._printed()}")

    def _printed(self) -> str:
        with contextlib.suppress(OSError):
            return (self.home() / "printed.txt").read_text(errors="replace")[-4000:]
        return ""

    def verified(self) -> list[str]:
        """What `phasegate verify` has against the ledger; nothing if it passes."""
        life = self._start(lives.command, ("verify",))
        self._ended(life)
        return [] if life.exitcode == 0 else [f"phasegate verify ended with {life.exitcode}: {self._printed()[-400:]}"]

    def tidied(self) -> list[str]:
        """What the janitor does when it comes after a while, in which even a run that was never heard of is given up."""

        async def visit() -> list[str]:
            async with get_client() as client:
                return await tidy(client, datetime.now(UTC) + timedelta(minutes=20))

        return self.house.do(visit)


def _name(target: Target, words: tuple[Any, ...]) -> str:
    return f"{target.__name__} {words[0]}"


@contextlib.contextmanager
def rig(place: Path) -> Iterator[Rig]:
    """Everything started and furnished; everything ended afterwards."""
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        # Heartbeats are how the janitor knows that a process has died.
        settings = {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false"}
        house = stack.enter_context(closing(House(patch, place, **settings)))
        models = stack.enter_context(ModelServer(log_limit=1000))
        facts = stack.enter_context(embedded_graph().lease())
        stack.callback(stop, facts["pid"])
        house.start()
        graph = GraphStore(
            uri=facts["uri"], user=facts["user"], password=SecretStr(facts["password"]), database=facts["database"]
        )
        made = Rig(house, models, graph, place)
        house.do(lambda: furnish(models, "old", "new", concurrency=4))
        house.do(set_back)
        stack.callback(close_databases)
        yield made


async def set_back() -> None:
    """The generator's lineups as before any gate."""
    for name in ("production", "preview", *LINEUPS.values()):
        lineup = GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, "old"), report_words=600)
        await lineup.asave(name, overwrite=True)
    await asyncio.sleep(0)
