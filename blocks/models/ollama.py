"""Ollama's native API. Its OpenAI-compatible one cannot set the context window, which is cut in silence otherwise."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import httpx
from pydantic import Field, SecretStr

from blocks.models.base import LanguageModel
from blocks.models.faults import fault, status_class
from blocks.models.wire import Endpoint, HttpRequest, Question, Reply


class OllamaModel(LanguageModel):
    """A model on an Ollama server."""

    _block_type_name = "Language Model: Ollama"
    _block_type_slug = "phasegate-model-ollama"
    _description = "A language model on an Ollama server, asked through its native API."
    provider: ClassVar[str] = "ollama"

    base_url: str = Field(
        "http://127.0.0.1:11434", title="Server URL", pattern=r"^https?://", description="Where Ollama listens."
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
        key = self.api_key.get_secret_value() if self.api_key else ""
        yield Endpoint(self.base_url.rstrip("/"), {"Authorization": f"Bearer {key}"} if key else {})

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
        try:
            reply = json.loads(body)
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            raise fault("server_error" if status >= 500 else "invalid_envelope", f"HTTP {status} without a JSON reply.")
        if status >= 400 or "error" in reply:
            raise _refusal(status, str(reply.get("error", "no message")))
        if reply.get("done") is not True:
            raise fault("incomplete", "Ollama ended its answer without saying that it is done.")
        if (seen := reply.get("prompt_eval_count")) is not None and seen >= self.context_window:
            raise fault(
                "context_exceeded", f"Ollama read {seen} prompt tokens, as many as its window holds: it cut the rest."
            )
        text = (reply.get("message") or {}).get("content")
        if not text:
            raise fault("empty_answer", "Ollama answered without any text.")
        return Reply(
            text=text,
            prompt_tokens=seen,
            completion_tokens=reply.get("eval_count"),
            truncated=reply.get("done_reason") == "length",
        )

    async def digest(self, client: httpx.AsyncClient, endpoint: Endpoint) -> str | None:
        """The digest of the model's tag on this server.

        Raises CallError if the server does not have the model, or has other weights under its name.
        """
        try:
            reply = await client.get(f"{endpoint.base_url}/api/tags", headers=dict(endpoint.headers), timeout=10)
            models = reply.raise_for_status().json()["models"]
        except httpx.HTTPStatusError as error:
            raise _refusal(error.response.status_code, "the list of models was refused") from None
        except httpx.HTTPError as error:
            raise fault("connection", f"Ollama at {self.base_url} does not answer ({type(error).__name__}).") from None
        except (ValueError, KeyError, TypeError):
            raise fault("invalid_envelope", f"What answers at {self.base_url} is not Ollama.") from None
        name = self.model if ":" in self.model else f"{self.model}:latest"
        found = next((str(item.get("digest", "")) for item in models if item.get("name") == name), None)
        if found is None:
            there = ", ".join(sorted(str(item.get("name")) for item in models)) or "none"
            raise fault("unknown_model", f"Ollama at {self.base_url} has no model {name!r}; it has: {there}.")
        if not found.startswith(self.expected_digest):
            raise fault(
                "unknown_model", f"{name} has the digest {found[:12]}; the block expects {self.expected_digest[:12]}."
            )
        return found


def _refusal(status: int, said: str) -> Exception:
    happened = f"Ollama answered HTTP {status}: {said[:300]}"
    if "not found" in said and status == 404:
        return fault("unknown_model", happened)
    if "invalid JSON schema" in said:
        return fault("bad_request", happened)
    return fault(status_class(status), happened)
