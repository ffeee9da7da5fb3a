"""What every language model block has."""

import contextlib
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import httpx
from prefect.blocks.core import Block
from pydantic import ConfigDict, Field, SecretStr

from blocks.errors import ConfigurationError
from blocks.models.wire import Endpoint, HttpRequest, Question, Reply

JsonCapability = Literal["schema", "object", "none"]

URL = r"^https?://[^@?#\s]+$"
"""A server's URL without user, password or query: those would be recorded with every run."""


UNRECORDED = frozenset({"block_type_slug", "requests_per_minute"})
"""Fields that say nothing of the model. The pace of requests may change while a gate is open."""


class LanguageModel(Block):
    """A language model and how to ask it. Lineups name these blocks; switching a model is naming another one.

    Only rules that a JSON schema can hold stand here: the Prefect server and its forms check nothing else.
    """

    model_config = ConfigDict(protected_namespaces=())

    provider: ClassVar[str]
    """Name of the provider in records and reports."""
    guide_in_prompt: ClassVar[bool] = True
    """Whether the fields of the answer are described in the prompt too; a grammar alone never reaches the model."""

    model: str = Field(
        title="Model id", min_length=1, max_length=200, description="The model's id as its provider writes it."
    )
    context_window: int = Field(
        title="Context window (tokens)",
        ge=256,
        le=10_000_000,
        description="Prompt and answer together must fit. A prompt that does not fit is refused, never cut.",
    )
    max_output_tokens: int = Field(
        4096,
        title="Longest answer (tokens)",
        ge=16,
        le=1_000_000,
        description="Upper limit for one answer, whatever a stage asks for.",
    )
    temperature: float = Field(
        0.1, title="Temperature", ge=0, le=2, description="0 is the most predictable; 0.1 is the default here."
    )
    seed: int = Field(
        7, title="Seed", ge=1, le=2_147_483_647, description="Sent with every call, so that a run can be repeated."
    )
    json_capability: JsonCapability = Field(
        "schema",
        title="JSON capability",
        description="What the model is known to honour: a JSON schema, only 'some JSON object', or none.",
    )
    input_price: float | None = Field(
        None, title="Input price (USD per million tokens)", ge=0, description="Leave empty if it is not known."
    )
    output_price: float | None = Field(
        None, title="Output price (USD per million tokens)", ge=0, description="Leave empty if it is not known."
    )
    base_seconds: float = Field(
        30,
        title="Time limit: base (seconds)",
        gt=0,
        le=3600,
        description="Time limit of one attempt = this + longest answer / tokens per second.",
    )
    tokens_per_second: float = Field(
        20,
        title="Time limit: slowest acceptable speed (tokens per second)",
        gt=0,
        le=100_000,
        description="A model slower than this counts as not answering.",
    )
    attempts: int = Field(
        3, title="Attempts", ge=1, le=10, description="How often one request is sent when the transport fails."
    )
    concurrency: int = Field(
        4,
        title="Requests at the same time",
        ge=1,
        le=1000,
        description="Of one run. All runs together share a limit of the Prefect server, made as high as this when the model "
        "was first set up and never changed since: to raise it, change it under Concurrency in the UI too.",
    )
    requests_per_minute: int | None = Field(
        None,
        title="Requests a minute",
        ge=1,
        le=1_000_000,
        description="Of all runs together; empty for no such limit. The next `phasegate bootstrap` makes it on the Prefect "
        "server, and it is never changed since: to change it, do so under Concurrency in the UI.",
    )
    withdrawn_on: str | None = Field(
        None,
        title="Withdrawn on",
        pattern=r"^\d{4}-\d{2}-\d{2}$",
        description="Date (YYYY-MM-DD) on which the host withdrew the model; empty while it is offered.",
    )
    remark: str = Field("", title="Remark", max_length=2000, description="What people should know about this model.")

    @abstractmethod
    def request(self, question: Question, endpoint: Endpoint) -> HttpRequest:
        """The provider's own shape of a question."""

    @abstractmethod
    def read(self, status: int, headers: Mapping[str, str], body: bytes, question: Question) -> Reply:
        """The provider's reply in one shape. Raises CallError for everything that is not an answer."""

    @abstractmethod
    def reach(self) -> contextlib.AbstractContextManager[Endpoint]:
        """Where the model is reached, for as long as the context lives."""

    async def digest(self, client: httpx.AsyncClient, endpoint: Endpoint) -> str | None:
        """What identifies the model's weights beyond its id; None where the provider tells nothing of the kind."""
        return None

    def time_limit(self, max_tokens: int) -> float:
        """Seconds one attempt may take."""
        return self.base_seconds + max_tokens / self.tokens_per_second

    def facts(self) -> dict[str, Any]:
        """Every field but the secrets and the unrecorded: what is recorded of the model with a run."""
        secrets = {name for name, field in type(self).model_fields.items() if _is_secret(field.annotation)}
        return {"provider": self.provider, **self.model_dump(mode="json", exclude=secrets | UNRECORDED)}


def bearer(secret: SecretStr | None, model: str) -> dict[str, str]:
    """The header that carries a key, without the blanks that come along when it is pasted; none for an empty key.

    Raises ConfigurationError if HTTP cannot carry it.
    """
    key = secret.get_secret_value().strip() if secret else ""
    if not key.isascii() or not key.isprintable():
        raise ConfigurationError(
            f"The key in the model block for {model} has characters that no key has.",
            means="it cannot be sent; the run was not started.",
            do="copy the key again and paste it into the block, in the Prefect UI under Blocks.",
        )
    return {"Authorization": f"Bearer {key}"} if key else {}


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in getattr(annotation, "__args__", ())
