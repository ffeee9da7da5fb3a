"""Ollama's native API. Its OpenAI-compatible one cannot set the context window, which is cut in silence otherwise."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import httpx
from pydantic import Field, SecretStr

from blocks.models.base import URL, LanguageModel, bearer
from blocks.models.faults import fault, status_class
from blocks.models.replies import answered, at, count, reply_object
from blocks.models.wire import Endpoint, HttpRequest, Question, Reply

LIST_SECONDS = 20
"""How long the list of models may take; no model is loaded for it."""
LOADED_WITHIN = 500_000_000
"""Nanoseconds. Ollama tells a loading time with every answer: some hundredths of a second for a model in memory, seconds
for one that had to be read from disk."""


class OllamaModel(LanguageModel):
    """A model on an Ollama server."""

    _block_type_name = "Language Model: Ollama"
    _block_type_slug = "phasegate-model-ollama"
    _description = "A language model on an Ollama server, asked through its native API."
    provider: ClassVar[str] = "ollama"

    base_url: str = Field(
        "http://127.0.0.1:11434", title="Server URL", pattern=URL, description="Where Ollama listens."
    )
    api_key: SecretStr | None = Field(
        None, title="API key", description="Sent as a bearer token, for a server behind a proxy; usually empty."
    )
    keep_alive: str = Field(
        "10m", title="Keep in memory", pattern=r"^-?\d+[smh]?$",
        description="How long the model stays loaded after a call, for example 10m; -1 keeps it for ever.",
    )  # fmt: skip
    expected_digest: str = Field(
        "", title="Expected digest", pattern=r"^[0-9a-f]{0,64}$",
        description="First digits of the model's digest. A tag can be pulled anew with other weights; a run with a "
        "digest that differs is refused. Empty accepts any and records it.",
    )  # fmt: skip
    concurrency: int = Field(
        1, title="Requests at the same time", ge=1, le=1000, description="A host serves one at a time by default."
    )

    @contextlib.contextmanager
    def reach(self) -> Iterator[Endpoint]:
        yield Endpoint(self.base_url.rstrip("/"), bearer(self.api_key, self.model))

    def request(self, question: Question, endpoint: Endpoint) -> HttpRequest:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "system", "content": question.system}, {"role": "user", "content": question.user}],
            "stream": False,
            "keep_alive": int(self.keep_alive) if self.keep_alive.lstrip("-").isdigit() else self.keep_alive,
            "options": {
                "num_ctx": self.context_window,
                "num_predict": question.max_tokens,
                "temperature": question.temperature,
                "seed": question.seed,
            },
        }
        if question.schema is not None and self.json_capability != "none":
            body["format"] = question.schema if self.json_capability == "schema" else "json"
        return HttpRequest(f"{endpoint.base_url}/api/chat", dict(endpoint.headers), body)

    def read(self, status: int, headers: Mapping[str, str], body: bytes, question: Question) -> Reply:
        reply = reply_object(status, body)
        if status >= 400 or reply.get("error"):
            raise _refusal(status, str(reply.get("error", "no message")))
        if "done" not in reply and "message" not in reply:
            raise fault("invalid_envelope", f"HTTP {status} with neither a message nor its end.")
        if reply.get("done") is not True:
            raise fault("incomplete", "Ollama ended its answer without saying that it is done.")
        if (seen := count(reply.get("prompt_eval_count"))) is not None and seen >= self.context_window:
            raise fault(
                "context_exceeded", f"Ollama read {seen} prompt tokens, as many as its window holds: it cut the rest."
            )
        cut = reply.get("done_reason") == "length"
        loading = reply.get("load_duration")
        cold = isinstance(loading, int | float) and loading > LOADED_WITHIN
        return answered(at(reply, "message", "content"), "Ollama", seen, reply.get("eval_count"), cut, cold)

    async def digest(self, client: httpx.AsyncClient, endpoint: Endpoint) -> str | None:
        """The digest of the model's tag on this server.

        Raises CallError if the server does not have the model, or has other weights under its name.
        """
        there = await self._digests(client, endpoint)
        name = self.model if ":" in self.model else f"{self.model}:latest"
        found = there.get(name)
        if found is None:
            names = ", ".join(sorted(there)) or "none"
            raise fault("unknown_model", f"Ollama at {self.base_url} has no model {name!r}; it has: {names}.")
        if not found.startswith(self.expected_digest):
            raise fault(
                "changed_weights", f"{name} has the digest {found[:12]}; the block expects {self.expected_digest[:12]}."
            )
        return found

    async def _digests(self, client: httpx.AsyncClient, endpoint: Endpoint) -> dict[str, str]:
        """Tag -> digest of every model on the server. Raises CallError."""
        try:
            async with asyncio.timeout(LIST_SECONDS):
                reply = await client.get(f"{endpoint.base_url}/api/tags", headers=dict(endpoint.headers))
        except httpx.DecodingError as error:
            raise fault("invalid_envelope", f"What answers at {self.base_url} is not Ollama. {error}") from None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise fault("connection", f"Ollama at {self.base_url} does not answer ({type(error).__name__}).") from None
        if reply.is_redirect:
            raise fault("redirected", f"What answers at {self.base_url} is not Ollama: it sends elsewhere.")
        if reply.status_code == 404:
            raise fault("invalid_envelope", f"What answers at {self.base_url} is not Ollama: it lists no models.")
        if reply.status_code >= 400:
            raise _refusal(reply.status_code, "the list of models was refused")
        models = at(reply_object(reply.status_code, reply.content), "models")
        if not isinstance(models, list):
            raise fault("invalid_envelope", f"What answers at {self.base_url} is not Ollama.")
        return {str(at(item, "name")): str(at(item, "digest") or "") for item in models}


def _refusal(status: int, said: str) -> Exception:
    happened = f"Ollama answered HTTP {status}: {said[:300]}"
    if "not found" in said and status == 404:
        return fault("unknown_model", happened)
    if "invalid JSON schema" in said:
        return fault("bad_request", happened)
    return fault(status_class(status), happened)
