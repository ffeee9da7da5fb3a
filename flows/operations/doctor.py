"""The doctor: everything phasegate depends on, looked at all at once, one line a check with what to do.

Two rounds: what stands for itself, then what the blocks on the Prefect server name. Each check ends within its round's
time, so that the doctor answers within half a minute when nothing else does.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import unquote

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.settings import get_current_settings
from prefect.states import Completed, Failed
from pydantic import SecretStr

from blocks.errors import ConfigurationError
from blocks.home import home
from blocks.models import CloudflareModel, LanguageModel, OllamaModel
from blocks.stores import Stores, load_stores
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

FIRST_ROUND, READING, SECOND_ROUND = 6.0, 6.0, 16.0
"""Seconds a check may take: of what stands for itself, of the blocks, of what they name."""
WORK_POOL = "phasegate"
Only = Literal["everything", "models"]
OF_MODELS = ("Prefect server", "block types", "lineup ", "model")
"""How the names of checks begin that say whether the models can be relied on."""


@flow(name="doctor", timeout_seconds=300)
async def doctor(only: Only = "everything") -> State[Any]:
    """Looks at everything phasegate depends on; the table is an artifact of the run, which fails if a check does.

    Args:
        only: Everything, or only lineups and models: whether each one answers, is still offered, and costs what its
            block says.
    """
    url = get_current_settings().api.url or ""
    checks = await diagnose(url, only)
    await acreate_markdown_artifact(as_markdown(checks), key="doctor" if only == "everything" else "model-probe")
    failed = [check for check in checks if check.state == "failed"]
    if failed:
        return Failed(message="; ".join(f"{check.name}: {check.found}" for check in failed)[:1000])
    return Completed(message=f"{len(checks)} checks, none failed")


async def diagnose(url: str, only: Only = "everything", problem: str = "") -> list[Check]:
    """Every check, in the order of the table. `url` is the Prefect API; without one, `problem` says why."""
    seen = _Seen()

    async def make(probes: Iterable[Probe], seconds: float) -> list[Check]:
        wanted = (probe for probe in probes if only == "everything" or probe.name.startswith(OF_MODELS))
        return await examine(wanted, seconds)

    checks = await make([*_machine(), _server(url, problem, seen)], FIRST_ROUND)
    checks += [_at_once("clock", check_clock(seen.server))] if seen.server and only == "everything" else []
    checks += await _read_blocks(seen)
    checks += await make(_second_round(seen), SECOND_ROUND)
    return without(seen.secrets(), checks)


class _Seen:
    """What the first round learned for the second."""

    def __init__(self) -> None:
        self.server: ServerFacts | None = None
        self.configured: Configured | None = None
        self.stores: Stores | None = None

    def secrets(self) -> list[str]:
        """Every secret this process knows of: none may stand in a message, whoever wrote it."""
        blocks = [*(self.configured.models.values() if self.configured else ()), *_present(self.stores)]
        values = [getattr(block, name) for block in blocks for name in type(block).model_fields]
        settings = get_current_settings().api
        values += [settings.auth_string, settings.key, SecretStr(_password(database_url()))]
        found = [value.get_secret_value().strip() for value in values if isinstance(value, SecretStr)]
        return found + [part for value in found for part in value.split(":")[1:]]


def _present(stores: Stores | None) -> list[Any]:
    return [block for block in (stores.baserow, stores.graph) if block] if stores else []


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


def _server(url: str, problem: str, seen: _Seen) -> Probe:
    async def look() -> Finding:
        if not url:
            return Finding("failed", problem or "No Prefect server is named.", "start it: `phasegate serve`.")
        seen.server = await ask_server(url)
        return check_server(seen.server)

    return Probe("Prefect server", look)


async def _read_blocks(seen: _Seen) -> list[Check]:
    """Block types and lineups. Only of a server that has answered: Prefect's client is patient with one that has not."""

    async def look() -> Finding:
        seen.configured = await read_configuration()
        return seen.configured.types

    if seen.server is None:
        return []
    [types] = await examine([Probe("block types", look)], READING)
    lineups = seen.configured.lineups.items() if seen.configured else ()
    return [types, *(_at_once(name, finding) for name, finding in lineups)]


def _second_round(seen: _Seen) -> list[Probe]:
    if seen.server is None:
        waiting = Finding("skipped", "Unknown while the Prefect server does not answer.", "make it answer first.")
        return [Probe(name, _known(waiting)) for name in ("work pool", "limits", "models", "Baserow", "graph")]

    async def stores() -> Stores:
        seen.stores = await load_stores()
        return seen.stores

    async def baserow() -> Finding:
        return await check_baserow((await stores()).baserow)

    async def graph() -> Finding:
        return await check_graph((await stores()).graph, SECOND_ROUND)

    models = seen.configured.models if seen.configured else {}
    return [
        Probe("work pool", lambda: check_work_pool(WORK_POOL)),
        Probe("limits", check_limits),
        *(probe for name, block in models.items() for probe in _model(name, block)),
        Probe("Baserow", baserow),
        Probe("graph", graph),
    ]


def _model(name: str, block: LanguageModel) -> list[Probe]:
    probes = [Probe(f"model {name}", lambda: check_answer(name, block, SECOND_ROUND))]
    if isinstance(block, OllamaModel):
        probes.append(Probe(f"model {name}, host", lambda: check_ollama(block)))
    if isinstance(block, CloudflareModel):
        probes.append(Probe(f"model {name}, host", lambda: check_cloudflare(block, datetime.now(UTC).date())))
    return probes


def _known(finding: Finding) -> Callable[[], Awaitable[Finding]]:
    async def look() -> Finding:
        return finding

    return look


def _at_once(name: str, finding: Finding) -> Check:
    return Check(name, finding.state, 0.0, finding.found, finding.do)
