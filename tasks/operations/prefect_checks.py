"""Checks of the Prefect server: version and password, clock, work pool, blocks, lineups, limits."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import prefect
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import BlockDocument, Worker, WorkerStatus, WorkQueue, WorkQueueStatus
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings

from blocks.errors import ConfigurationError, ServiceError
from blocks.limits import limits_there, wanted_limits
from blocks.lineups import Lineup, lineup_kinds
from blocks.loading import Documents, LoadedLineup, documents_by_kind, load_document, models_in
from blocks.models import LanguageModel
from blocks.registering import KINDS
from tasks.operations.checks import Finding, ok

IN_USE = ("production", "preview")
"""Lineups that run; the others are there to choose from."""
CLOCK_WARNING, CLOCK_FAILED = 5.0, 60.0
"""Seconds between two clocks. The second is more than a one-time code allows, and windows of gates are hours."""
QUIET = 45.0
"""Seconds without a sign of life; a worker gives one every 30."""
HERE = frozenset({"127.0.0.1", "localhost", "::1"})
BOOTSTRAP = "run `phasegate bootstrap`."
CHOOSE = "name another model block in the lineup, in the Prefect UI under Blocks."


@dataclass(frozen=True)
class ServerFacts:
    """What one request told of the server."""

    url: str
    version: str
    date: datetime | None
    asked_at: datetime
    protected: bool
    """Whether it asks for a password."""


async def ask_server(url: str, seconds: float = 5) -> ServerFacts:
    """Raises ServiceError if there is no Prefect server, or it does not let us in."""
    settings = get_current_settings().api
    auth = settings.auth_string.get_secret_value() if settings.auth_string else ""
    headers = {"Authorization": f"Bearer {settings.key.get_secret_value()}"} if settings.key else {}
    user, _, password = auth.partition(":")
    try:
        async with httpx.AsyncClient(base_url=url.rstrip("/"), timeout=seconds) as client:
            bare = await client.get("/admin/version")
            reply = bare
            if auth or headers:
                reply = await client.get("/admin/version", headers=headers, auth=(user, password) if auth else None)
            return ServerFacts(url, str(_version(reply)), _date(reply), datetime.now(UTC), bare.status_code == 401)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ServiceError(
            f"No Prefect server answers at {url} ({type(error).__name__}).",
            do="start it (`phasegate serve`), or correct PREFECT_API_URL.",
        ) from None


def _version(reply: httpx.Response) -> Any:
    if reply.status_code in (401, 403):
        raise ServiceError(
            "The Prefect server does not accept the password.", do="set PREFECT_API_AUTH_STRING as the server has it."
        )
    if reply.status_code >= 400:
        raise ServiceError(f"The Prefect server answered HTTP {reply.status_code}.", do="read the server's log.")
    return reply.json()


def _date(reply: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(reply.headers["Date"])
    except (KeyError, ValueError):
        return None


def check_server(facts: ServerFacts) -> Finding:
    """Whether client and server are of one version, and whether a server that others can reach asks for a password."""
    found = f"{facts.url}, version {facts.version}, {'with' if facts.protected else 'without'} a password"
    if facts.version != prefect.__version__:
        return Finding(
            "warning", f"{found}; this client is {prefect.__version__}.", "run the same version on both sides."
        )
    if not facts.protected and urlsplit(facts.url).hostname not in HERE:
        do = "set PREFECT_SERVER_API_AUTH_STRING: whoever reaches the server can approve and read secrets."
        return Finding("warning", found, do)
    return ok(found)


def check_clock(facts: ServerFacts) -> Finding:
    """Whether this machine and the server agree on the time, to the second a header has."""
    if facts.date is None:
        return Finding("skipped", "The server tells no time.")
    apart = abs((facts.asked_at - facts.date).total_seconds())
    do = "synchronise the clocks (NTP): windows, time-outs and one-time codes depend on them."
    found = f"{apart:.0f} s between this machine and the Prefect server"
    if apart < CLOCK_WARNING:
        return ok(found)
    return Finding("failed" if apart >= CLOCK_FAILED else "warning", found, do)


async def check_work_pool(pool: str) -> Finding:
    """Whether somebody runs what is scheduled, in every queue."""
    async with get_client() as client:
        try:
            there = await client.read_work_pool(pool)
        except ObjectNotFound:
            return Finding("warning", f"There is no work pool {pool}: nothing was deployed yet.", BOOTSTRAP)
        workers = await client.read_workers_for_work_pool(pool)
        queues = await client.read_work_queues(work_pool_name=pool)
    alive = [worker.name for worker in workers if worker.status == WorkerStatus.ONLINE]
    if not alive:
        do = f"start `phasegate serve`, or on another machine `prefect worker start --pool {pool}`."
        return Finding("failed", f"No live worker on {pool}: nothing that is triggered or scheduled runs.", do)
    if there.is_paused:
        return Finding("failed", f"The work pool {pool} is paused.", "resume it in the Prefect UI under Work Pools.")
    return queues_served(pool, queues) or workers_heard(pool, workers, datetime.now(UTC))


def workers_heard(pool: str, workers: Sequence[Worker], now: datetime) -> Finding:
    """When the workers that Prefect calls online gave their last sign of life. It does so for a while after they ended."""
    ages = {
        worker.name: (now - worker.last_heartbeat_time).total_seconds()
        for worker in workers
        if worker.status == WorkerStatus.ONLINE and worker.last_heartbeat_time is not None
    }
    said = ", ".join(f"{name} (heard of {max(0, age):.0f} s ago)" for name, age in sorted(ages.items()))
    if ages and min(ages.values()) <= QUIET:
        return ok(f"{len(ages)} live on {pool}: {said}")
    do = "look again in a minute; if `phasegate serve` was stopped, start it."
    return Finding("warning", f"No worker of {pool} was heard of for {QUIET:.0f} s: {said or 'none ever'}.", do)


def queues_served(pool: str, queues: Sequence[WorkQueue]) -> Finding | None:
    """What is wrong with the queues of a pool that has a live worker: it may serve other ones only."""
    unserved = ", ".join(sorted(queue.name for queue in queues if queue.status == WorkQueueStatus.NOT_READY))
    paused = ", ".join(sorted(queue.name for queue in queues if queue.status == WorkQueueStatus.PAUSED))
    if unserved:
        do = f"start `phasegate serve`, or a worker for each with `prefect worker start --pool {pool} --work-queue NAME`."
        return Finding("failed", f"No worker asks for the queue of {pool} named {unserved}: its runs wait.", do)
    if paused:
        do = "resume it in the Prefect UI under Work Pools."
        return Finding("failed", f"The queue of {pool} named {paused} is paused: its runs wait.", do)
    return None


async def check_limits(documents: Documents) -> Finding:
    """Whether every model has its limit; the limit's name is all that its calls know."""
    async with get_client() as client:
        missing = sorted(set(wanted_limits(models_in(documents))) - set(await limits_there(client)))
    return (
        Finding("warning", f"Without a limit: {', '.join(missing)}.", BOOTSTRAP)
        if missing
        else ok("one for every model")
    )


@dataclass(frozen=True)
class Configured:
    """What the blocks of the server say."""

    types: Finding
    lineups: Mapping[str, Finding]
    """Line of the table -> whether every role's model is there and still offered."""
    models: Mapping[str, LanguageModel]
    """Name -> block of every model that serves a role in production or preview."""
    documents: Documents
    """Every block of ours as it was read, for the checks that need more of them."""


async def read_configuration() -> Configured:
    """The block types, every lineup, and the models of those in use."""
    async with get_client() as client:
        types, documents = await asyncio.gather(client.read_block_types(), documents_by_kind(client, KINDS))
    findings: dict[str, Finding] = {}
    models: dict[str, LanguageModel] = {}
    there = models_in(documents)
    for kind in lineup_kinds().values():
        by_name = {document.name or "": document for document in documents[kind]}
        for name in [*IN_USE, *sorted(set(by_name) - set(IN_USE))]:
            finding, found = _lineup(by_name.get(name), there)
            used = name in IN_USE
            findings[f"lineup {kind.pipeline}/{name}"] = finding if used else _spare(finding)
            models |= found if used else {}
    return Configured(_types({one.slug for one in types}), findings, models, documents)


def _types(known: Collection[str]) -> Finding:
    missing = [kind.get_block_type_name() for kind in KINDS if kind.get_block_type_slug() not in known]
    return (
        Finding("failed", f"Not registered: {', '.join(missing)}.", BOOTSTRAP)
        if missing
        else ok(f"{len(KINDS)} registered")
    )


def _spare(finding: Finding) -> Finding:
    """Of a lineup that nothing runs on: nobody has to do anything, and a run under it says what is wrong in full."""
    return (
        finding
        if finding.state == "ok"
        else Finding("skipped", f"Not in use, nor fit for it: {finding.short or finding.found}")
    )


def _lineup(
    document: BlockDocument | None, documents: Mapping[str, Sequence[BlockDocument]]
) -> tuple[Finding, dict[str, LanguageModel]]:
    """What is wrong with one lineup, and its models as far as they are there."""
    if document is None:
        return Finding("failed", "There is no such lineup.", BOOTSTRAP), {}
    models: dict[str, LanguageModel] = {}
    try:
        lineup = load_document(document)
        assert isinstance(lineup, Lineup)
        roles = lineup.asked()
        if lost := {role: name for role, name in roles.items() if len(documents.get(name, ())) != 1}:
            said = "; ".join(
                f"{role} names {name!r}: there are {len(documents.get(name, ()))}" for role, name in lost.items()
            )
            return Finding("failed", f"Not exactly one model block: {said}.", CHOOSE), {}
        for name in sorted(set(roles.values())):
            model = load_document(documents[name][0])
            assert isinstance(model, LanguageModel)
            models[name] = model
    except ConfigurationError as error:
        return Finding("failed", error.happened, error.do), models
    if gone := LoadedLineup(document.name or "", roles, {}, models).withdrawn():
        dates = {name: model.withdrawn_on for name, model in models.items() if model.withdrawn_on}
        blocks = ", ".join(f"{name} withdrawn on {date}" for name, date in dates.items())
        return Finding("failed", " ".join(gone), CHOOSE, blocks), models
    return ok(f"{len(lineup.roles)} roles on {', '.join(models)}"), models
