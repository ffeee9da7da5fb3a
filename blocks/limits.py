"""The name of the limit on requests at the same time that a model shares with every run, worker and machine.

The rule: `phasegate:<provider>:<what is shared>`. An Ollama host serves its models from one memory, so all models of a
host share one limit, named after host and port. Elsewhere each model has its own: after host and model id for
OpenAI-compatible servers, after the model id for Cloudflare. The embedded model of all machines is one limit. Characters
that Prefect takes in no name become a hyphen.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import BlockDocument

from blocks.errors import ConfigurationError
from blocks.loading import load_document
from blocks.models import LanguageModel, OllamaModel, OpenAICompatibleModel

PREFIX = "phasegate"
PAGE = 200


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


def limits_of(models: Sequence[LanguageModel]) -> Mapping[str, int]:
    """Limit -> requests at the same time; the most careful of the blocks that share it decides."""
    found: dict[str, int] = {}
    for model in models:
        name = limit_name(model)
        found[name] = min(model.concurrency, found.get(name, model.concurrency))
    return found


async def limits_there(client: PrefectClient) -> dict[str, int]:
    """Name -> slots of every global concurrency limit of the server."""
    found: dict[str, int] = {}
    while page := await client.read_global_concurrency_limits(limit=PAGE, offset=len(found)):
        before = len(found)
        found |= {one.name: one.limit for one in page}
        if len(found) == before or len(page) < PAGE:
            break
    return found


def wanted_limits(models: Mapping[str, Sequence[BlockDocument]]) -> Mapping[str, int]:
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
    """Host and port as they stand in the address, and the scheme's own port where there is none."""
    parts = urlsplit(url.lower())
    has_port = parts.netloc.rpartition(":")[2].isdigit()
    return parts.netloc if has_port else f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}"
