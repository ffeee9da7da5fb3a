"""A language-model server for tests: Cloudflare Workers AI, AI Gateway, Ollama and OpenAI-compatible, with faults.

with ModelServer() as server:
    server.answer = lambda request: {"name": "Tern"} if "name" in request.prompt else None
    server.fail_next(faults.cloudflare_error(3040), faults.code_fence())
    ...
    assert len(server.requests) == 3
"""

from tests.doubles.model_server import catalogue, faults
from tests.doubles.model_server.asked import AskedRequest, HostedModel
from tests.doubles.model_server.faults import CLOUDFLARE_CODES, Fault
from tests.doubles.model_server.front import OllamaFront
from tests.doubles.model_server.instances import instance
from tests.doubles.model_server.journal import Exchange
from tests.doubles.model_server.scalars import UnsupportedSchemaError
from tests.doubles.model_server.server import ModelServer, Text

__all__ = [
    "CLOUDFLARE_CODES",
    "AskedRequest",
    "Exchange",
    "Fault",
    "HostedModel",
    "ModelServer",
    "OllamaFront",
    "Text",
    "UnsupportedSchemaError",
    "catalogue",
    "faults",
    "instance",
]
