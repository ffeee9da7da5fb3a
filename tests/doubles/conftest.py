"""A double of model servers for each test, and somebody who asks it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.doubles.model_server import ModelServer

SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string", "maxLength": 40}, "tags": {"type": "array", "minItems": 2}},
    "required": ["title", "tags"],
    "additionalProperties": False,
}
Ask = Callable[..., httpx.Response]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def http(server: ModelServer) -> Iterator[httpx.Client]:
    with httpx.Client(verify=False, headers={"authorization": f"Bearer {server.token}"}, timeout=30) as client:
        yield client


@pytest.fixture
def ask(server: ModelServer, http: httpx.Client) -> Ask:
    """Ask for JSON by `SCHEMA` over the OpenAI protocol."""

    def post(prompt: str = "Say hello", **body: Any) -> httpx.Response:
        format_ = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
        asked = {"model": "smol", "messages": [{"role": "user", "content": prompt}], "response_format": format_}
        return http.post(f"{server.openai_url}/chat/completions", json=asked | body)

    return post


@pytest.fixture
def text(ask: Ask) -> Callable[..., Any]:
    """The content of the answer, text or not."""
    return lambda *args, **body: ask(*args, **body).json()["choices"][0]["message"]["content"]
