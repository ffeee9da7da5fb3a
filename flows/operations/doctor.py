"""The doctor: everything phasegate depends on, looked at all at once, one line a check with what to do.

This machine is looked at while the Prefect server is asked; what its blocks name follows as soon as they are read, once.
All checks end at the same time, so that the doctor answers within half a minute when nothing else does.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar
from urllib.parse import unquote

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.settings import get_current_settings
from prefect.states import Completed, Failed
from pydantic import SecretStr

from blocks.baserow import Baserow
from blocks.errors import ConfigurationError
from blocks.graph import GraphStore
from blocks.home import home
from blocks.models import CloudflareModel, LanguageModel, OllamaModel
from blocks.stores import store_in
from flows.run_names import dated
from tasks.answering.ask import Slot
from tasks.answering.slots import shared_slots
from tasks.operations.checks import Check, Finding, Probe, as_markdown, examine, in_thread, without
from tasks.operations.machine import check_database, check_disk, check_folder
from tasks.operations.model_checks import check_answer, check_cloudflare, check_ollama
from tasks.operations.prefect_checks import (
    Configured,
    ServerFacts,
    ask_server,
    check_clock,
    check_limits,
    check_server,
    check_work_pool,
    read_configuration,
)
from tasks.operations.store_checks import check_baserow, check_graph
from tasks.records.database import address, database_url

SECONDS = 20.0
"""For everything together; whatever begins later has what is left. Starting Python takes the rest of half a minute."""
PATIENT_SECONDS = 240.0
"""The same where nobody sits and waits. A local model that was not asked for hours is loaded first, which takes minutes."""
WORK_POOL = "phasegate"
Only = Literal["everything", "models"]
OF_MODELS = ("Prefect server", "block types", "lineup", "model")
"""How the names of checks begin that say whether the models can be relied on."""
OF_BLOCKS = ("lineups", "limits", "models", "Baserow", "graph")
OF_SERVER = ("work pool", "block types", *OF_BLOCKS)
"""Lines of the table that stand for what nobody can look at without the blocks, without the server."""
Store = TypeVar("Store", Baserow, GraphStore)


@flow(name="doctor", flow_run_name=dated("doctor {only}"), timeout_seconds=300)
async def doctor(only: Only = "everything") -> State[Any]:
    """Looks at everything phasegate depends on; what was found is an artifact of the run, which fails if a check does.

    Args:
        only: Everything, or only lineups and models: whether each one answers, is still offered, and costs what its
            block says.
    """
    url = get_current_settings().api.url or ""
    checks = await diagnose(url, only, seconds=PATIENT_SECONDS)
    await acreate_markdown_artifact(as_markdown(checks), key="doctor" if only == "everything" else "model-probe")
    failed = [check for check in checks if check.state == "failed"]
    if failed:
        return Failed(message="; ".join(f"{check.name}: {check.found}" for check in failed)[:1000])
    return Completed(message=f"{len(checks)} checks, none failed")


async def diagnose(url: str, only: Only = "everything", problem: str = "", seconds: float = SECONDS) -> list[Check]:
    """Every check, in the order of the table, within `seconds`. `url` is the Prefect API; without one, `problem` says why."""
    seen = _Seen(asyncio.get_running_loop().time() + seconds, only)
    machine, named = await asyncio.gather(seen.make(_machine()), _named(seen, url, problem))
    return without(seen.secrets(), [*machine, *named])


class _Seen:
    """What checks learned for those after them, and how long these may take."""

    def __init__(self, ends: float, only: Only) -> None:
        self.ends, self.only = ends, only
        self.server: ServerFacts | None = None
        self.configured: Configured | None = None
        self.stores: list[Baserow | GraphStore] = []

    async def make(self, probes: Iterable[Probe]) -> list[Check]:
        """Those of the checks that are wanted, with the time that is left."""
        wanted = (probe for probe in probes if self.only == "everything" or probe.name.startswith(OF_MODELS))
        return await examine(wanted, self.left())

    def left(self) -> float:
        """Seconds."""
        return max(0.0, self.ends - asyncio.get_running_loop().time())

    def store(self, kind: type[Store]) -> Store | None:
        """The store the blocks name. Raises ConfigurationError if its block holds values that do not fit."""
        found = store_in(self.configured.documents, kind) if self.configured else None
        self.stores += [found] if found else []
        return found

    def secrets(self) -> list[str]:
        """Every secret this process knows of: none may stand in a message, whoever wrote it."""
        blocks = [*(self.configured.models.values() if self.configured else ()), *self.stores]
        values = [getattr(block, name) for block in blocks for name in type(block).model_fields]
        settings = get_current_settings().api
        values += [settings.auth_string, settings.key, SecretStr(_password(database_url()))]
        found = [value.get_secret_value().strip() for value in values if isinstance(value, SecretStr)]
        return found + [part for value in found for part in value.split(":")[1:]]


def _password(url: str) -> str:
    try:
        return address(url).password or ""
    except ConfigurationError:
        return unquote(url)


def _machine() -> list[Probe]:
    return [
        Probe("database", lambda: in_thread(lambda: check_database(database_url()))),
        Probe("state folder", lambda: in_thread(lambda: check_folder(home()))),
        Probe("disk", lambda: in_thread(lambda: check_disk(home()))),
    ]


async def _named(seen: _Seen, url: str, problem: str) -> list[Check]:
    """The server, then what is on it. Only of one that has answered: Prefect's client is patient with one that has not."""
    checks = await seen.make([_server(seen, url, problem)])
    if seen.server is None:
        return checks + await seen.make(_unknown(("clock", *OF_SERVER), "the Prefect server does not answer"))
    work_pool = Probe("work pool", lambda: check_work_pool(WORK_POOL))
    clock, of_blocks, pool = await asyncio.gather(
        seen.make([_clock(seen.server)]), _of_blocks(seen), seen.make([work_pool])
    )
    return [*checks, *clock, *pool, *of_blocks]


def _server(seen: _Seen, url: str, problem: str) -> Probe:
    async def look() -> Finding:
        if not url:
            return Finding("failed", problem or "No Prefect server is named.", "start it: `phasegate serve`.")
        seen.server = await ask_server(url)
        return check_server(seen.server)

    return Probe("Prefect server", look)


def _clock(server: ServerFacts) -> Probe:
    async def look() -> Finding:
        return check_clock(server)

    return Probe("clock", look)


async def _of_blocks(seen: _Seen) -> list[Check]:
    """Block types, lineups, and everything they name."""

    async def look() -> Finding:
        seen.configured = await read_configuration()
        return seen.configured.types

    types = await seen.make([Probe("block types", look)])
    if seen.configured is None:
        return types + await seen.make(_unknown(OF_BLOCKS, "the blocks cannot be read"))
    lineups = [_at_once(name, finding) for name, finding in seen.configured.lineups.items()]
    async with shared_slots() as slots:
        return [*types, *lineups, *await seen.make(_things(seen, seen.configured, slots.slot))]


def _things(seen: _Seen, configured: Configured, slot: Slot) -> list[Probe]:
    async def baserow() -> Finding:
        return await check_baserow(seen.store(Baserow))

    async def graph() -> Finding:
        return await check_graph(seen.store(GraphStore), seen.left())

    return [
        Probe("limits", lambda: check_limits(configured.documents)),
        *(probe for name, block in configured.models.items() for probe in _model(name, block, seen.left(), slot)),
        Probe("Baserow", baserow),
        Probe("graph", graph),
    ]


def _unknown(names: Iterable[str], why: str) -> list[Probe]:
    """A line for each of what could not be looked at: what is not in the table would pass for well."""

    async def look() -> Finding:
        return Finding("skipped", f"Unknown while {why}.", "mend that first.")

    return [Probe(name, look) for name in names]


def _model(name: str, block: LanguageModel, seconds: float, slot: Slot) -> list[Probe]:
    probes = [Probe(f"model {name}", lambda: check_answer(name, block, seconds, slot))]
    if isinstance(block, OllamaModel):
        probes.append(Probe(f"model {name}, host", lambda: check_ollama(block)))
    if isinstance(block, CloudflareModel):
        probes.append(Probe(f"model {name}, host", lambda: check_cloudflare(block, datetime.now(UTC).date())))
    return probes


def _at_once(name: str, finding: Finding) -> Check:
    return Check(name, finding.state, 0.0, finding.found, finding.do)
