"""What is asked of the double and what it says, free of any protocol."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, Protocol

from tests.doubles.model_server.wire import HttpRequest, HttpResponse

ProtocolName = Literal["cloudflare", "cloudflare-gateway", "ollama", "openai"]
JsonMode = Literal["none", "object", "schema"]
Finish = Literal["stop", "length"]
ReplyShape = Literal["string", "object", "choices"]

CHARACTERS_A_TOKEN = 4


def tokens(text: str) -> int:
    """About four characters a token, as for English."""
    return math.ceil(len(text) / CHARACTERS_A_TOKEN)


@dataclass(frozen=True)
class HostedModel:
    """A model the double serves. Names that begin with `@` are Cloudflare's, the others Ollama's and OpenAI's."""

    name: str
    context: int = 24_000
    json_mode: JsonMode = "schema"
    """The most the model accepts on Cloudflare: a schema, only `json_object`, or nothing."""
    reply: ReplyShape = "string"
    """Cloudflare only: JSON answers come as text or as an object, or the reply has OpenAI's `choices`."""
    usage: bool = True
    withdrawn: str | None = None
    """Date since which calls are refused with 5028."""
    planned_deprecation: str | None = None
    paid_only: bool = False
    price: tuple[float, float] | None = None
    """US dollars per million tokens, in and out."""
    slots: int | None = None
    """Requests served at the same time; further ones wait. None: no limit."""
    version: int = 1
    """A new version of the same name has another digest."""
    size: int = 144_811_662
    """Bytes on disk, as Ollama tells them."""

    @property
    def tag(self) -> str:
        """Ollama's full name: `smol` is listed as `smol:latest`."""
        return self.name if ":" in self.name else f"{self.name}:latest"

    @property
    def digest(self) -> str:
        return sha256(f"{self.tag} {self.version}".encode()).hexdigest()


@dataclass(frozen=True)
class AskedRequest:
    """One question to a model, as the `answer` and `delay` hooks and the `requests` log see it."""

    protocol: ProtocolName
    model: str
    messages: tuple[Mapping[str, str], ...]
    json_mode: JsonMode
    schema: dict[str, Any] | None
    """The JSON schema asked for: `format`, `response_format`, `guided_json` or an LLGuidance `grammar`."""
    max_tokens: int | None
    """The output limit in force, the protocol's default included; None is unlimited."""
    temperature: float | None
    seed: int | None
    stream: bool
    context: int
    """The context window in force: `num_ctx` on Ollama, the model's elsewhere."""
    body: Mapping[str, Any]
    http: HttpRequest
    number: int = 0
    """Place in the server's log, from 1."""
    at: float = 0.0
    """When it arrived, by the server's clock."""
    cached: bool = False
    """Answered by the gateway's cache; hooks and faults were not asked."""

    @property
    def prompt(self) -> str:
        return "\n".join(message["content"] for message in self.messages)

    @property
    def system(self) -> str:
        return "\n".join(message["content"] for message in self.messages if message["role"] == "system")

    @property
    def user(self) -> str:
        return "\n".join(message["content"] for message in self.messages if message["role"] == "user")

    @property
    def prompt_tokens(self) -> int:
        return tokens(self.prompt)

    @property
    def headers(self) -> Mapping[str, str]:
        return self.http.headers


@dataclass(frozen=True)
class Said:
    """What the model says, before a protocol wraps it."""

    value: Any
    """Text; or, for faulty replies, null, a number or an object in its place."""
    prompt_tokens: int
    completion_tokens: int
    finish: Finish = "stop"
    usage: bool = True
    shape: ReplyShape | None = None
    """None: as the model is configured."""
    done: bool = True
    """False: Ollama breaks off without a reason."""


def limited(text: str, asked: AskedRequest, prompt_tokens: int | None = None) -> Said:
    """The text cut at the output limit in force, silently, as real servers do."""
    read = min(asked.prompt_tokens, asked.context) if prompt_tokens is None else prompt_tokens
    if asked.max_tokens is not None and tokens(text) > asked.max_tokens:
        return Said(text[: asked.max_tokens * CHARACTERS_A_TOKEN], read, asked.max_tokens, "length")
    return Said(text, read, tokens(text))


@dataclass(frozen=True)
class Question:
    """A request that asks a model something, with what the protocol itself decides about it."""

    asked: AskedRequest
    refusal: HttpResponse | None = None
    """The answer where the protocol refuses: no token, unknown model, prompt too long ..."""
    cached: HttpResponse | None = None
    keep: Callable[[HttpResponse], HttpResponse] = field(default=lambda response: response)
    """Called with the answer on its way out; the gateway's cache stores it here."""


class Dialect(Protocol):
    """One wire protocol over the same models."""

    def speaks(self, protocol: ProtocolName) -> bool:
        """Whether questions of this protocol are answered here."""

    def receive(self, http: HttpRequest) -> Question | HttpResponse | None:
        """A question to a model, a finished answer to anything else, or None where the path is another protocol's."""

    def say(self, asked: AskedRequest, said: Said, seconds: float) -> HttpResponse:
        """The envelope of a successful reply that took so long."""

    def fail(self, status: int, code: int | str | None, message: str, headers: Mapping[str, str]) -> HttpResponse:
        """The protocol's error body."""


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    try:
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # a lone surrogate, there on purpose
        body = json.dumps(value, separators=(",", ":")).encode()
    return HttpResponse(status, body, headers or {})


def read_json(http: HttpRequest) -> dict[str, Any] | None:
    """The request's JSON object, or None."""
    try:
        value = json.loads(http.body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def read_messages(body: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    """Messages with plain text content; content given in parts is joined."""
    if isinstance(body.get("prompt"), str):
        return ({"role": "user", "content": body["prompt"]},)
    return tuple(
        {"role": str(message.get("role", "user")), "content": _text(message.get("content"))}
        for message in body.get("messages") or ()
    )


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "") if isinstance(part, dict) else part) for part in content)
    return "" if content is None else str(content)
