"""Ollama's native API: what is sent, what is read, and by what its models are known."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.errors import CallError
from blocks.models import OllamaModel
from blocks.models.wire import Endpoint, Reply
from tasks.answering import transport
from tasks.answering.transport import new_client
from tests.answering.setting import PROSE, QUESTION, TERN, Bird, ask, classes, ollama
from tests.doubles.model_server import ModelServer, catalogue, faults

BLOCK = OllamaModel(model="smol", context_window=4096)


def body(**fields: Any) -> dict[str, Any]:
    return dict(BLOCK.model_copy(update=fields).request(QUESTION, Endpoint("http://x")).body)


def read(**reply: Any) -> Reply:
    said = {"message": {"role": "assistant", "content": "hello"}, "done": True, "done_reason": "stop", **reply}
    return BLOCK.read(200, {}, json.dumps(said).encode(), QUESTION)


def digest(block: OllamaModel) -> str | None:
    async def find() -> str | None:
        with block.reach() as endpoint:
            async with new_client() as client:
                return await block.digest(client, endpoint)

    return asyncio.run(find())


def refused(block: OllamaModel) -> CallError:
    with pytest.raises(CallError) as failed:
        digest(block)
    return failed.value


# The request ----------------------------------------------------------------------------------------------------------


def test_window_limit_temperature_and_seed_are_always_sent() -> None:
    assert body()["options"] == {"num_ctx": 4096, "num_predict": 400, "temperature": 0.3, "seed": 11}
    assert body()["stream"] is False


@pytest.mark.parametrize(("field", "sent"), [("10m", "10m"), ("-1", -1), ("0", 0), ("90s", "90s")])
def test_a_number_of_seconds_to_keep_the_model_is_sent_as_a_number(field: str, sent: str | int) -> None:
    assert body(keep_alive=field)["keep_alive"] == sent


@pytest.mark.parametrize(
    ("capability", "form"), [("schema", Bird.model_json_schema()), ("object", "json"), ("none", None)]
)  # fmt: skip
def test_the_form_is_asked_for_as_the_model_takes_it(capability: str, form: Any) -> None:
    assert body(json_capability=capability).get("format") == form


def test_prose_is_asked_for_without_a_form(models: ModelServer) -> None:
    ask(ollama(models), PROSE)
    assert "format" not in models.requests[0].body


@pytest.mark.parametrize(("key", "header"), [(None, None), (SecretStr(""), None), (SecretStr(" k\n"), "Bearer k")])
def test_a_key_is_sent_where_there_is_one(models: ModelServer, key: SecretStr | None, header: str | None) -> None:
    ask(ollama(models, api_key=key, base_url=models.url + "/"))
    assert models.requests[0].headers.get("authorization") == header


# The reply ------------------------------------------------------------------------------------------------------------


def test_counts_and_a_full_limit_are_read() -> None:
    assert read(prompt_eval_count=30, eval_count=400, done_reason="length") == Reply("hello", None, 30, 400, True)
    assert read() == Reply("hello")


@pytest.mark.parametrize(
    ("loading", "cold"), [(12_000_000, False), (30_000_000_000, True), ("soon", False), (None, False)]
)
def test_an_answer_tells_whether_the_model_was_loaded_for_it(loading: Any, cold: bool) -> None:
    assert read(load_duration=loading).cold == cold


@pytest.mark.parametrize(
    ("reply", "error_class"),
    [
        ({"done": False}, "incomplete"),
        ({"message": None}, "empty_answer"),
        ({"message": {"content": ""}}, "empty_answer"),
        ({"prompt_eval_count": 4096}, "context_exceeded"),
        ({"error": "an error was encountered while running the model"}, "server_error"),
    ],
)
def test_what_is_no_answer_is_told(reply: dict[str, Any], error_class: str) -> None:
    with pytest.raises(CallError) as failed:
        read(**reply)
    assert failed.value.error_class == error_class


def test_a_prompt_cut_in_silence_is_found_out(models: ModelServer) -> None:
    """The estimate of tokens may be too low for a text; the server then says it read exactly as much as it holds."""
    models.fail_next(faults.Spoken("cut prompt", traits=lambda moment: {"prompt_tokens": moment.asked.context}))

    asked = ask(ollama(models))

    assert classes(asked) == ["context_exceeded"]
    assert "it cut the rest" in str(asked.error)


def test_an_unknown_model_is_told_with_the_way_to_get_it(models: ModelServer) -> None:
    asked = ask(ollama(models, model="nope"))

    assert classes(asked) == ["unknown_model"]
    assert "ollama pull" in str(asked.error)


def test_a_schema_it_cannot_read_is_no_fault_of_the_server(models: ModelServer) -> None:
    odd = {"type": "object", "properties": {"a": {"$ref": "#/$defs/Nothing"}}}

    assert classes(ask(ollama(models), replace(QUESTION, schema=odd))) == ["bad_request"]


def test_an_answer_that_breaks_the_schema_is_asked_for_again(models: ModelServer) -> None:
    """Ollama keeps neither the bounds of numbers nor patterns."""
    models.answer = lambda request: TERN
    models.fail_next(faults.broken_rules())

    assert ask(ollama(models)).outcome == "repaired"


# The digest -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["smol", "smol:latest", "llama3.1:8b"])
def test_a_model_is_known_by_its_digest(models: ModelServer, name: str) -> None:
    hosted = catalogue.LARGER if name == "llama3.1:8b" else catalogue.SMOL

    assert digest(ollama(models, model=name)) == hosted.digest
    assert digest(ollama(models, model=name, expected_digest=hosted.digest[:12])) == hosted.digest


def test_other_weights_under_the_same_name_are_refused(models: ModelServer) -> None:
    expecting = ollama(models, expected_digest=catalogue.SMOL.digest[:12])
    models.host(replace(catalogue.SMOL, version=2))

    try:
        error = refused(expecting)
    finally:
        models.host(catalogue.SMOL)

    assert f"the block expects {catalogue.SMOL.digest[:12]}" in str(error)
    assert error.error_class == "changed_weights"


def test_a_model_that_is_not_there_is_told_with_those_that_are(models: ModelServer) -> None:
    assert "has no model 'nope:latest'; it has: llama3.1:8b, smol:latest" in str(refused(ollama(models, model="nope")))


def test_a_server_that_is_not_there(models: ModelServer) -> None:
    assert refused(ollama(models, base_url="http://127.0.0.1:1")).error_class == "connection"


@pytest.mark.parametrize("path", ["/v1", "/client/v4", "/nowhere"])
def test_a_server_that_is_not_ollama(models: ModelServer, path: str) -> None:
    assert refused(ollama(models, base_url=models.url + path)).error_class == "invalid_envelope"


def test_a_list_without_end_is_not_read_to_its_end(models: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LIST_BYTES", 100)
    error = refused(ollama(models))
    assert ("over 100 bytes" in str(error), error.error_class) == (True, "invalid_envelope")
