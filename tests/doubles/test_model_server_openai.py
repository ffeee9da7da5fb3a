"""The double as an OpenAI-compatible server."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.doubles.model_server import ModelServer, faults

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 30, "maxLength": 60}, "share": {"type": "number"}},
    "required": ["name", "share"],
    "additionalProperties": False,
}
HELLO = [{"role": "user", "content": "Say hello"}]
Ask = Callable[..., httpx.Response]


@pytest.fixture
def complete(server: ModelServer, http: httpx.Client) -> Callable[..., httpx.Response]:
    """Ask the OpenAI-compatible endpoint."""

    def ask(**body: Any) -> httpx.Response:
        return http.post(f"{server.openai_url}/chat/completions", json={"model": "smol", "messages": HELLO} | body)

    return ask


def json_schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": schema}


class TestOpenAI:
    def test_lists_models(self, server: ModelServer, http: httpx.Client) -> None:
        assert "smol" in [model["id"] for model in http.get(f"{server.openai_url}/models").json()["data"]]

    def test_completion_with_schema_and_usage(self, complete: Ask) -> None:
        format_ = json_schema({"name": "answer", "strict": True, "schema": SCHEMA})

        reply = complete(response_format=format_, max_tokens=300).json()

        assert set(json.loads(reply["choices"][0]["message"]["content"])) == {"name", "share"}
        assert reply["choices"][0]["finish_reason"] == "stop"
        assert reply["usage"]["total_tokens"] == reply["usage"]["prompt_tokens"] + reply["usage"]["completion_tokens"]

    def test_a_grammar_is_a_schema_too(self, complete: Ask) -> None:
        reply = complete(grammar="%llguidance {}\nstart: %json " + json.dumps(SCHEMA)).json()

        assert set(json.loads(reply["choices"][0]["message"]["content"])) == {"name", "share"}

    def test_output_limit_ends_with_length(self, complete: Ask) -> None:
        format_ = json_schema({"name": "answer", "schema": SCHEMA})

        reply = complete(response_format=format_, max_tokens=7).json()

        assert (reply["choices"][0]["finish_reason"], reply["usage"]["completion_tokens"]) == ("length", 7)

    def test_stream_ends_with_reason_usage_and_done(self, complete: Ask) -> None:
        text = complete(stream=True, stream_options={"include_usage": True}, max_tokens=60).text

        *chunks, done = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
        assert done == "[DONE]"
        assert json.loads(chunks[-2])["choices"][0]["finish_reason"] == "stop"
        assert json.loads(chunks[-1])["usage"]["completion_tokens"] > 0

    def test_a_prompt_beyond_the_window_is_refused_with_both_figures(self, complete: Ask) -> None:
        reply = complete(messages=[{"role": "user", "content": "x" * 40_000}])

        error = reply.json()["error"]
        assert reply.status_code == 400
        assert (error["type"], error["n_prompt_tokens"], error["n_ctx"]) == ("exceed_context_size_error", 10_000, 8192)

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"model": "nope"}, 404, "model_not_found"),
            ({"messages": []}, 400, None),
            ({"response_format": {"type": "json_object"}}, 400, None),
            ({"response_format": {"type": "json_schema"}}, 400, None),
        ],
    )
    def test_refuses_what_the_service_refuses(
        self, complete: Ask, body: dict[str, Any], status: int, code: str | None
    ) -> None:
        reply = complete(**body)

        assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)

    def test_wrong_key_is_401(self, server: ModelServer) -> None:
        assert httpx.get(f"{server.openai_url}/models").status_code == 401

    def test_rate_limit_with_and_without_retry_after(self, server: ModelServer, complete: Ask) -> None:
        server.fail_next(faults.rate_limited(7), faults.rate_limited())

        with_header, without = complete(), complete()

        assert (with_header.status_code, with_header.headers["retry-after"]) == (429, "7")
        assert "retry-after" not in without.headers
