"""Models on the double, one question, and what came of asking it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from blocks.models import CloudflareModel, LanguageModel, OllamaModel, OpenAICompatibleModel
from blocks.models.wire import Question
from tasks.answering.ask import Asking, Model
from tasks.answering.call import Asked, Attempt
from tasks.answering.transport import new_client
from tests.doubles.model_server import ModelServer, catalogue

SCHEMA_MODEL = catalogue.FP8_FAST_33.name
"""Takes a JSON schema on Cloudflare, and answers it with an object."""


class Bird(BaseModel):
    """An answer with a limit of every kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=40, description="Its common name.")
    legs: int = Field(ge=2, le=2, description="How many legs it has.")
    share: float = Field(ge=0, le=1, description="Share of the flock.")
    calls: list[Annotated[str, Field(max_length=30)]] = Field(min_length=1, max_length=3, description="What it says.")


TERN = {"name": "Tern", "legs": 2, "share": 0.25, "calls": ["kree", "kip"]}
QUESTION = Question(
    "You know birds.", "Describe one as JSON.", max_tokens=400, temperature=0.3, seed=11,
    schema=Bird.model_json_schema(), name="bird",
)  # fmt: skip
PROSE = replace(QUESTION, schema=None)


def cloudflare(server: ModelServer, **fields: Any) -> CloudflareModel:
    usual = {"model": SCHEMA_MODEL, "context_window": 24_000, "account_id": server.account,
             "api_token": SecretStr(server.token), "base_url": server.cloudflare_url, "gateway_url": server.gateway_url}  # fmt: skip
    return CloudflareModel(**{**usual, **fields})


def ollama(server: ModelServer, **fields: Any) -> OllamaModel:
    return OllamaModel(**{"model": "smol", "context_window": 8192, "base_url": server.url, **fields})


def openai(server: ModelServer, **fields: Any) -> OpenAICompatibleModel:
    usual = {"model": "smol", "context_window": 8192, "base_url": server.openai_url, "api_key": SecretStr(server.token)}
    return OpenAICompatibleModel(**{**usual, **fields})


PROVIDERS: dict[str, Callable[..., LanguageModel]] = {"cloudflare": cloudflare, "ollama": ollama, "openai": openai}
STINGY = {"base_seconds": 0.3, "tokens_per_second": 100_000}
"""A time limit of 0.3 s."""


@dataclass
class Waits:
    """Sleeps for no time, and remembers for how long it should have."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def on_asking(block: LanguageModel, work: Callable[[Asking, Model], Awaitable[Any]], waits: Waits | None = None) -> Any:
    """The result of `work` with a model that is reached as in a run."""

    async def run() -> Any:
        with block.reach() as endpoint:
            async with new_client() as client:
                asking = Asking(client, sleep=waits or Waits(), jitter=lambda: 0.0)
                return await work(asking, Model("the-block", block, endpoint))

    return asyncio.run(run())


def ask(block: LanguageModel, question: Question = QUESTION, waits: Waits | None = None) -> Asked[Any]:
    """Asks once for a Bird, or for prose where the question has no schema."""

    def put(asking: Asking, model: Model) -> Awaitable[Asked[Any]]:
        return asking.prose(model, question) if question.schema is None else asking.typed(model, question, Bird)

    asked: Asked[Any] = on_asking(block, put, waits)
    return asked


def classes(asked: Asked[Any]) -> list[str | None]:
    """The error class of each attempt; None for one that went well."""
    return [attempt.error_class for attempt in asked.attempts]


def last(asked: Asked[Any]) -> Attempt:
    return asked.attempts[-1]
