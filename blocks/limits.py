"""The limits that a model shares with every run, worker and machine: requests at the same time, requests a minute.

The rule: `phasegate:<provider>:<what is shared>`. An Ollama host serves its models from one memory, so all models of a
host share one limit, named after host and port. Elsewhere each model has its own: after host and model id for
OpenAI-compatible servers, after the model id for Cloudflare. The embedded model of all machines is one limit. Characters
that Prefect takes in no name become a hyphen. The limit on requests a minute has the same name with `:rate` at its end.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import BlockDocument

from blocks.errors import ConfigurationError
from blocks.loading import load_document
from blocks.models import LanguageModel, OllamaModel, OpenAICompatibleModel

PREFIX = "phasegate"
PAGE = 200
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True)
class Limit:
    """A global concurrency limit of Prefect."""

    slots: int
    decay: float = 0.0
    """Slots a second that come back by themselves, for a rate; 0 for requests at the same time."""


def limit_name(model: LanguageModel) -> str:
    """Name of the Prefect global concurrency limit that calls of this model take a slot of."""
    match model:
        case OllamaModel():
            shared = _server(model.base_url)
        case OpenAICompatibleModel():
            shared = f"{_server(model.base_url)}:{model.model}"
        case _:
            shared = model.model
    return ":".join((PREFIX, model.provider, re.sub(r"[^A-Za-z0-9.:@_-]+", "-", shared)))


def rate_name(limit: str) -> str:
    """Name of the limit on requests a minute beside the one on requests at the same time."""
    return f"{limit}:rate"


def limits_of(models: Sequence[LanguageModel]) -> Mapping[str, Limit]:
    """Name -> limit; the most careful of the blocks that share it decides."""
    at_once: dict[str, int] = {}
    a_minute: dict[str, int] = {}
    for model in models:
        name, rate = limit_name(model), model.requests_per_minute
        at_once[name] = min(model.concurrency, at_once.get(name, model.concurrency))
        if rate is not None:
            a_minute[name] = min(rate, a_minute.get(name, rate))
    return {name: Limit(slots) for name, slots in at_once.items()} | {
        rate_name(name): rate_limit(rate) for name, rate in a_minute.items()
    }


def rate_limit(per_minute: int) -> Limit:
    """A tenth of the requests may come at once, the others follow one by one: in no minute are there more than these.

    With b slots and a decay of (n - b + 1) / 60, a minute without its last instant has room for b + (n - b) requests.
    """
    at_once = max(1, per_minute // 10)
    return Limit(at_once, (per_minute - at_once + 1) / 60)


async def limits_there(client: PrefectClient) -> dict[str, int]:
    """Name -> slots of every global concurrency limit of the server."""
    found: dict[str, int] = {}
    while page := await client.read_global_concurrency_limits(limit=PAGE, offset=len(found)):
        before = len(found)
        found |= {one.name: one.limit for one in page}
        if len(found) == before or len(page) < PAGE:
            break
    return found


def wanted_limits(models: Mapping[str, Sequence[BlockDocument]]) -> Mapping[str, Limit]:
    """The limits these model blocks ask for. A block that cannot be read is the doctor's business."""
    readable = []
    for documents in models.values():
        for document in documents:
            try:
                model = load_document(document)
            except ConfigurationError:
                continue
            assert isinstance(model, LanguageModel)
            readable.append(model)
    return limits_of(readable)


def _server(url: str) -> str:
    """Host and port as they stand in the address, and the scheme's own port where there is none. This machine has one name."""
    parts = urlsplit(url.lower())
    host, _, port = parts.netloc.rpartition(":")
    if not port.isdigit():
        host, port = parts.netloc, "443" if parts.scheme == "https" else "80"
    return f"{'127.0.0.1' if host in LOOPBACK else host}:{port}"
