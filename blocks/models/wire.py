"""What goes to a model and what comes back, the same for every provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Question:
    """One request to a language model, before a provider gives it its own shape."""

    system: str
    user: str
    max_tokens: int
    """Room for the answer, in tokens; always sent, since a provider's default may be as low as 256."""
    temperature: float
    seed: int
    schema: Mapping[str, Any] | None = None
    """JSON schema (draft 2020-12, object root) of the answer; None asks for prose."""
    name: str = "answer"
    """Short name of what is asked for; some providers want one beside a schema."""
    fresh: bool = False
    """Never answer from a cache: trials, and every try after an unusable answer."""


@dataclass(frozen=True)
class Endpoint:
    """Where a model is reached right now, and with which headers (secrets included: never log them)."""

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    first: Callable[[], bool] = lambda: False
    """Whether the request about to be sent is the first since the server came up, where that can be known."""


@dataclass(frozen=True)
class HttpRequest:
    """The request a provider makes of a question; sent as `POST url` with a JSON body."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Reply:
    """A provider's answer in one shape."""

    text: str | None
    """What the model wrote; None if the provider sent an object instead."""
    value: Any = None
    """The object, where the provider parsed the JSON itself."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    truncated: bool = False
    """The output limit was reached: the answer is not whole."""
    cold: bool = False
    """The model had to be loaded first; what that took says nothing about the next call."""
