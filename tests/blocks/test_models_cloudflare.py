"""Cloudflare Workers AI: the shape of a request, and every shape of reply it is known to send."""

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.errors import CallError, ConfigurationError
from blocks.models import CloudflareModel
from blocks.models.wire import Endpoint, Reply
from tests.answering.setting import PROSE, QUESTION, TERN, Bird, ask, classes, cloudflare
from tests.doubles.model_server import ModelServer, catalogue, faults

BLOCK = CloudflareModel(model="@cf/one", context_window=24_000, account_id="me", api_token=SecretStr("a-token"))
FRESH = replace(QUESTION, fresh=True)


def body(**fields: Any) -> dict[str, Any]:
    """What goes over the wire for QUESTION."""
    return dict(BLOCK.model_copy(update=fields).request(QUESTION, Endpoint("http://x")).body)


def gateway_headers(cache_seconds: int, fresh: bool) -> dict[str, str]:
    block = BLOCK.model_copy(update={"gateway": "observe", "cache_seconds": cache_seconds})
    headers = block.request(FRESH if fresh else QUESTION, Endpoint("http://x")).headers
    return {name: value for name, value in headers.items() if name.startswith("cf-aig")}


def read(result: Any, status: int = 200, **envelope: Any) -> Reply:
    said = {"result": result, "success": True, "errors": [], "messages": [], **envelope}
    return BLOCK.read(status, {}, json.dumps(said).encode(), QUESTION)


# The request ----------------------------------------------------------------------------------------------------------


def test_nothing_is_left_to_the_hosts_defaults() -> None:
    sent = body()

    assert sent["messages"] == [
        {"role": "system", "content": "You know birds."}, {"role": "user", "content": "Describe one as JSON."},
    ]  # fmt: skip
    assert (sent["max_tokens"], sent["temperature"], sent["seed"], sent["stream"]) == (400, 0.3, 11, False)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({}, {"response_format": {"type": "json_schema", "json_schema": Bird.model_json_schema()}}),
        ({"schema_parameter": "guided_json"}, {"guided_json": Bird.model_json_schema()}),
        ({"json_capability": "object"}, {"response_format": {"type": "json_object"}}),
        ({"json_capability": "none"}, {}),
    ],
    ids=["schema", "guided_json", "object", "none"],
)
def test_the_schema_goes_where_the_model_takes_it(fields: dict[str, Any], place: dict[str, Any]) -> None:
    sent = body(**fields)

    assert {name: sent[name] for name in ("response_format", "guided_json") if name in sent} == place


def test_prose_is_asked_for_without_a_form(models: ModelServer) -> None:
    ask(cloudflare(models), PROSE)

    assert models.requests[0].json_mode == "none"


@pytest.mark.parametrize(
    ("cache_seconds", "fresh", "headers"),
    [
        (0, False, {"cf-aig-skip-cache": "true"}),
        (600, False, {"cf-aig-cache-ttl": "600"}),
        (600, True, {"cf-aig-skip-cache": "true"}),
    ],
)
def test_the_gateways_cache_is_used_only_where_the_block_says_so(
    cache_seconds: int, fresh: bool, headers: dict[str, str]
) -> None:
    assert gateway_headers(cache_seconds, fresh) == headers


def test_calls_go_through_the_gateway_that_is_named(models: ModelServer) -> None:
    assert ask(cloudflare(models)).outcome == ask(cloudflare(models, gateway="observe")).outcome == "first_pass"
    assert [request.protocol for request in models.requests] == ["cloudflare", "cloudflare-gateway"]


def test_without_caching_equal_questions_are_asked_again(models: ModelServer) -> None:
    block = cloudflare(models, gateway="observe")
    ask(block), ask(block)
    assert [request.cached for request in models.requests] == [False, False]


def test_a_message_the_host_would_refuse_is_not_sent(models: ModelServer) -> None:
    asked = ask(cloudflare(models, context_window=128_000), replace(QUESTION, user="x" * 131_073))

    assert (classes(asked), models.requests) == (["too_large_request"], ())


@pytest.mark.parametrize("missing", [{"account_id": ""}, {"api_token": SecretStr(" ")}], ids=["account", "token"])
def test_without_account_or_token_the_block_says_how_to_enter_them(
    models: ModelServer, missing: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError, match="no account id or no API token") as refused:
        ask(cloudflare(models, **missing))
    assert "phasegate models cloudflare" in refused.value.do


def test_a_token_pasted_with_a_line_end_is_taken(models: ModelServer) -> None:
    assert ask(cloudflare(models, api_token=SecretStr(f" {models.token}\n"))).outcome == "first_pass"


def test_a_token_http_cannot_carry_is_refused_without_showing_it(models: ModelServer) -> None:
    with pytest.raises(ConfigurationError, match="characters that no key has") as refused:
        ask(cloudflare(models, api_token=SecretStr("clé-secrète")))
    assert "secr" not in str(refused.value)


# The reply ------------------------------------------------------------------------------------------------------------

USAGE = {"prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42}


@pytest.mark.parametrize(
    ("result", "reply"),
    [
        ({"response": "hello", "usage": USAGE}, Reply("hello", None, 30, 12)),
        ({"response": TERN, "usage": USAGE}, Reply(None, TERN, 30, 12)),
        ({"response": "hello"}, Reply("hello")),
        ({"response": "hello", "usage": None}, Reply("hello")),
        ({"response": "hello", "usage": {"prompt_tokens": "many", "completion_tokens": -1}}, Reply("hello")),
        ({"response": "hello", "usage": {**USAGE, "completion_tokens": 400}}, Reply("hello", None, 30, 400, True)),
        ({"choices": [{"message": {"content": "hello"}}]}, Reply("hello")),
        ({"choices": [{"message": {"content": "he"}, "finish_reason": "length"}]}, Reply("he", truncated=True)),
        ({"response": 42}, Reply(None, 42)),
    ],
)
def test_every_shape_of_answer_is_read(result: dict[str, Any], reply: Reply) -> None:
    assert read(result) == reply


@pytest.mark.parametrize(
    "result",
    [{"response": None}, {"response": " \n"}, {"choices": []}, {"choices": ["x"]}, {"choices": [{"message": "x"}]}],
)  # fmt: skip
def test_no_text_is_an_empty_answer(result: Any) -> None:
    with pytest.raises(CallError) as failed:
        read(result)
    assert failed.value.error_class == "empty_answer"


@pytest.mark.parametrize("result", [None, [], "text", {}, {"usage": USAGE}])
def test_a_result_without_an_answer_is_no_reply(result: Any) -> None:
    with pytest.raises(CallError) as failed:
        read(result)
    assert failed.value.error_class == "invalid_envelope"


@pytest.mark.parametrize("errors", [None, [], "odd", [None], [{"code": "3040"}], {"code": 3040}])
def test_a_refusal_without_a_known_code_is_classed_by_its_status(errors: Any) -> None:
    for status, error_class in ((200, "server_error"), (429, "rate_limited"), (403, "unauthorized")):
        with pytest.raises(CallError) as failed:
            read(None, status, success=False, errors=errors)
        assert failed.value.error_class == error_class


def test_a_code_counts_more_than_the_status() -> None:
    with pytest.raises(CallError, match="code 3040") as failed:
        read(None, 200, success=False, errors=[{"message": "odd"}, {"code": 3040, "message": "busy"}])
    assert (failed.value.error_class, failed.value.retryable) == ("capacity", True)


# JSON mode ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capability", "error_class"), [("schema", "json_unsupported"), ("object", "json_mode")]
)  # fmt: skip
def test_a_model_without_json_mode_says_which_field_to_change(
    models: ModelServer, capability: str, error_class: str
) -> None:
    asked = ask(cloudflare(models, model=catalogue.FP8_FAST_31.name, json_capability=capability))

    assert asked.error is not None
    assert asked.error.error_class == error_class
    assert "'JSON capability'" in asked.error.do
    assert CloudflareModel.model_fields["json_capability"].title == "JSON capability"


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (catalogue.FP8_FAST_31.name, {"json_capability": "none"}),
        (catalogue.MISTRAL.name, {"schema_parameter": "guided_json"}),
        (catalogue.GLM.name, {}),
    ],
    ids=["no JSON mode", "guided_json", "choices"],
)
def test_a_block_that_fits_its_model_gets_its_answer(models: ModelServer, model: str, fields: dict[str, Any]) -> None:
    models.answer = lambda request: TERN
    assert ask(cloudflare(models, model=model, **fields)).value == Bird(**TERN)


def test_a_withdrawn_model_is_told_as_such(models: ModelServer) -> None:
    asked = ask(cloudflare(models, model=catalogue.BASELINE.name))

    assert classes(asked) == ["withdrawn"]
    assert "name another model block" in str(asked.error)


def test_a_wrong_account_is_no_unknown_model(models: ModelServer) -> None:
    asked = ask(cloudflare(models, account_id="someone-else"))

    assert classes(asked) == ["unauthorized"]
    assert "account id" in str(asked.error)


def test_the_hosts_own_estimate_of_the_window_is_final(models: ModelServer) -> None:
    models.host(replace(catalogue.FP8_FAST_33, context=300))

    asked = ask(cloudflare(models))

    assert classes(asked) == ["context_exceeded"]


def test_what_a_host_says_is_shortened(models: ModelServer) -> None:
    models.fail_next(faults.http_error(400, "no " * 500))
    assert len(str(ask(cloudflare(models)).error)) < 700
