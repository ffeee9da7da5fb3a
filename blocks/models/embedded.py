"""The embedded model: SmolLM2-135M on this machine's CPU, for demos without keys and for tests.

It is a real language model and runs the whole path, from prompt to schema-constrained JSON to validation; what it
writes is fluent and worthless as advice, and is labelled so everywhere. LLGuidance grammars make its JSON valid; an
unusable grammar is ignored in silence by the server, so each schema is checked here first.
"""

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import httpx
from pydantic import Field

from blocks.local_process import SharedProcess
from blocks.models.base import LanguageModel
from blocks.models.embedded_weights import SHA256, weights
from blocks.models.grammars import grammar, narrow
from blocks.models.openai_compatible import chat_body, read_completion
from blocks.models.wire import Endpoint, HttpRequest, Question, Reply

LABEL = "demo model: text is not advice"
"""Stands wherever this model's text is shown."""

PATIENT_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"}
"""Threads that wait for each other spin for microseconds, then sleep. Spinning on, as is the default, they become several
times slower where another program wants a core (measured on two: 71 tokens a second alone, 20 beside one busy program, 13
beside two); asleep at once they lose half of what they can do (29, 36, 24). A thousand turns keep both (70, 27, 27)."""


class EmbeddedModel(LanguageModel):
    """The embedded demo model on this machine."""

    _block_type_name = "Language Model: embedded demo"
    _block_type_slug = "phasegate-model-embedded"
    _description = "A small language model on this machine's CPU: runs everything without keys; its text is not advice."
    provider: ClassVar[str] = "embedded"
    guide_in_prompt: ClassVar[bool] = False  # it makes nothing of a description, and reading one takes it seconds

    model: str = Field("SmolLM2-135M-Instruct", title="Model id", pattern=r"^SmolLM2-135M-Instruct$",
                       description="The one model this provider has.")  # fmt: skip
    context_window: int = Field(8192, title="Context window (tokens)", ge=1024, le=8192, description="At most 8,192.")
    max_output_tokens: int = Field(
        3000, title="Longest answer (tokens)", ge=16, le=7000, description="Room for an answer."
    )
    temperature: float = Field(0.7, title="Temperature", ge=0, le=2, description="Below 0.5 it repeats itself.")
    threads: int = Field(
        2,
        title="Threads",
        ge=1,
        le=64,
        description="Processor threads; more than two gain little for so small a model.",
    )
    input_price: float | None = Field(0, title="Input price (USD per million tokens)", ge=0,
                                      description="Nobody charges for it: known to be 0.")  # fmt: skip
    output_price: float | None = Field(0, title="Output price (USD per million tokens)", ge=0,
                                       description="Nobody charges for it: known to be 0.")  # fmt: skip
    text_limit: int = Field(
        40, title="Longest text (characters)", ge=12, le=2000,
        description="Texts are cut to this length by the grammar, and lists to their shortest, so that a run takes "
        "minutes on a CPU. 2000 lets it write as much as a stage asks for.",
    )  # fmt: skip
    base_seconds: float = Field(
        120, title="Time limit: base (seconds)", gt=0, le=3600, description="Generous: a CPU is slow."
    )
    tokens_per_second: float = Field(5, title="Time limit: slowest acceptable speed (tokens per second)", gt=0, le=1000,
                                     description="A machine under load writes slowly.")  # fmt: skip
    concurrency: int = Field(
        1, title="Requests at the same time", ge=1, le=8, description="More gains nothing on a CPU."
    )

    @contextlib.contextmanager
    def reach(self) -> Iterator[Endpoint]:
        server = _server(self.threads, self.context_window)
        with server.lease() as facts:
            yield Endpoint(facts["url"], {"Authorization": f"Bearer {facts['key']}"}, server.first_use)

    def request(self, question: Question, endpoint: Endpoint) -> HttpRequest:
        body = {**chat_body(self.model, question), "repeat_penalty": 1.1, "cache_prompt": True}
        if question.schema is not None:
            body["grammar"] = grammar(json.dumps(narrow(question.schema, self.text_limit)))
        return HttpRequest(f"{endpoint.base_url}/v1/chat/completions", dict(endpoint.headers), body)

    def read(self, status: int, headers: Mapping[str, str], body: bytes, question: Question) -> Reply:
        return read_completion(status, body)

    async def digest(self, client: httpx.AsyncClient, endpoint: Endpoint) -> str | None:
        return SHA256


def _server(threads: int, context_window: int) -> SharedProcess:
    def command(place: Path) -> list[str]:
        program = [sys.executable, "-m", "blocks.models.embedded_server", "--place", str(place)]
        return [*program, "--weights", str(weights()), "--threads", str(threads), "--context", str(context_window)]

    return SharedProcess(f"embedded-model-{threads}-{context_window}", command, environment=PATIENT_THREADS)
