"""OpenAI-compatible servers: what is sent and what is read."""

import json
from dataclasses import replace
from typing import Any

import pytest

from blocks.errors import CallError
from blocks.models import OpenAICompatibleModel
from blocks.models.wire import Endpoint, Reply
from tests.answering.setting import PROSE, QUESTION, TERN, Bird, ask, classes, openai
from tests.doubles.model_server import ModelServer, faults

BLOCK = OpenAICompatibleModel(model="any", context_window=8192, base_url="http://x/v1")


def body(**fields: Any) -> dict[str, Any]:
    return dict(BLOCK.model_copy(update=fields).request(QUESTION, Endpoint("http://x/v1")).body)


def read(status: int = 200, **reply: Any) -> Reply:
    return BLOCK.read(status, {}, json.dumps(reply).encode(), QUESTION)


def choice(content: Any, reason: str = "stop") -> dict[str, Any]:
    return {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": reason}


def test_nothing_is_left_to_the_servers_defaults() -> None:
    sent = body()
    assert (sent["max_tokens"], sent["temperature"], sent["seed"], sent["stream"]) == (400, 0.3, 11, False)


@pytest.mark.parametrize("strict", [False, True])
def test_the_schema_goes_with_a_name(strict: bool) -> None:
    wanted = {"name": "bird", "schema": Bird.model_json_schema(), "strict": strict}
    assert body(strict_schema=strict)["response_format"] == {"type": "json_schema", "json_schema": wanted}


@pytest.mark.parametrize(("capability", "form"), [("object", {"type": "json_object"}), ("none", None)])
def test_less_is_asked_of_a_model_that_can_less(capability: str, form: Any) -> None:
    assert body(json_capability=capability).get("response_format") == form


def test_prose_is_asked_for_without_a_form(models: ModelServer) -> None:
    ask(openai(models), PROSE)
    assert "response_format" not in models.requests[0].body


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ({"choices": [choice("hello")]}, Reply("hello")),
        ({"choices": [choice("hello")], "error": None}, Reply("hello")),
        ({"choices": [choice("hel", "length")]}, Reply("hel", truncated=True)),
        ({"choices": [choice(TERN)]}, Reply(None, TERN)),
        ({"choices": [choice("hello")], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}, Reply("hello", None, 3, 4)),
        ({"choices": [choice("hello")], "usage": {"prompt_tokens": True, "completion_tokens": 10**12}}, Reply("hello")),
    ],
)  # fmt: skip
def test_every_shape_of_answer_is_read(said: dict[str, Any], reply: Reply) -> None:
    assert read(**said) == reply


@pytest.mark.parametrize(
    ("status", "said", "error_class"),
    [
        (200, {"choices": []}, "invalid_envelope"),
        (200, {"choices": "none"}, "invalid_envelope"),
        (200, {"choices": [choice(None)]}, "empty_answer"),
        (200, {"choices": [{"message": "odd"}]}, "empty_answer"),
        (200, {"error": {"message": "overloaded"}}, "server_error"),
        (400, {"error": {"type": "exceed_context_size_error", "n_ctx": 8192}}, "context_exceeded"),
        (400, {"error": {"code": "context_length_exceeded"}}, "context_exceeded"),
        (429, {"error": {"code": "insufficient_quota"}}, "quota"),
        (429, {"error": {"code": "rate_limit_exceeded"}}, "rate_limited"),
        (404, {"error": {"code": "model_not_found"}}, "unknown_model"),
        (503, {"error": {"message": "Loading model"}}, "capacity"),
        (500, {"error": "a text"}, "server_error"),
        (500, {"detail": "no error at all"}, "server_error"),
    ],
)
def test_what_is_no_answer_is_classed(status: int, said: dict[str, Any], error_class: str) -> None:
    with pytest.raises(CallError) as failed:
        read(status, **said)
    assert failed.value.error_class == error_class


def test_a_prompt_over_the_servers_own_window_is_final(models: ModelServer) -> None:
    long = replace(PROSE, user="tern " * 8000)
    assert classes(ask(openai(models, context_window=100_000), long)) == ["context_exceeded"]


def test_an_unknown_model_is_told(models: ModelServer) -> None:
    assert classes(ask(openai(models, model="nope"))) == ["unknown_model"]


def test_a_server_that_parses_json_itself_is_understood(models: ModelServer) -> None:
    models.answer = lambda request: TERN
    models.fail_next(faults.object_text())
    assert ask(openai(models)).value == Bird(**TERN)
