"""The double as Cloudflare Workers AI and as the AI Gateway in front of it."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.doubles.model_server import ModelServer, catalogue, faults

FAST = catalogue.FP8_FAST_33.name
PLAIN = catalogue.FP8_FAST_31.name
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 30, "maxLength": 60}, "share": {"type": "number"}},
    "required": ["name", "share"],
    "additionalProperties": False,
}
HELLO = [{"role": "user", "content": "Say hello"}]
Ask = Callable[..., httpx.Response]


@pytest.fixture
def run(server: ModelServer, http: httpx.Client) -> Callable[..., httpx.Response]:
    """Ask Workers AI over REST."""

    def ask(model: str = FAST, **body: Any) -> httpx.Response:
        url = f"{server.cloudflare_url}/accounts/{server.account}/ai/run/{model}"
        return http.post(url, json={"messages": HELLO, "max_tokens": 500} | body)

    return ask


@pytest.fixture
def through_gateway(server: ModelServer, http: httpx.Client) -> Callable[..., httpx.Response]:
    def ask(headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        url = f"{server.gateway_url}/{server.account}/observe/workers-ai/{FAST}"
        return http.post(url, json={"messages": HELLO, "max_tokens": 500} | body, headers=headers)

    return ask


def json_schema(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": schema}


class TestCloudflare:
    def test_reply_has_the_v4_envelope_with_text_and_usage(self, run: Ask) -> None:
        reply = run(PLAIN).json()

        assert reply["success"] is True
        assert reply["errors"] == reply["messages"] == []
        assert isinstance(reply["result"]["response"], str)
        assert reply["result"]["usage"]["completion_tokens"] > 0

    def test_json_mode_answers_an_object_where_the_model_does(self, run: Ask) -> None:
        response = run(FAST, response_format=json_schema(SCHEMA)).json()["result"]["response"]

        assert set(response) == {"name", "share"}

    def test_newer_models_answer_in_the_choices_shape(self, run: Ask) -> None:
        result = run(catalogue.GLM.name, response_format=json_schema(SCHEMA)).json()["result"]

        assert set(json.loads(result["choices"][0]["message"]["content"])) == {"name", "share"}

    def test_guided_json_is_a_schema_for_models_without_json_mode(self, run: Ask) -> None:
        response = run(catalogue.MISTRAL.name, guided_json=SCHEMA).json()["result"]["response"]

        assert set(json.loads(response)) == {"name", "share"}

    def test_output_stops_at_256_tokens_in_the_middle_of_the_json_unless_told(
        self, server: ModelServer, http: httpx.Client
    ) -> None:
        url = f"{server.cloudflare_url}/accounts/{server.account}/ai/run/{FAST}"
        long = {"type": "object", "properties": {"text": {"type": "string", "minLength": 2000}}, "required": ["text"]}

        result = http.post(url, json={"messages": HELLO, "response_format": json_schema(long)}).json()["result"]

        assert len(result["response"]) == 256 * 4
        assert result["usage"]["completion_tokens"] == 256
        with pytest.raises(ValueError, match="Unterminated string"):
            json.loads(result["response"])

    def test_wrong_token_is_refused_as_the_v4_api_does(self, server: ModelServer) -> None:
        url = f"{server.cloudflare_url}/accounts/{server.account}/ai/run/{FAST}"

        reply = httpx.post(url, json={"messages": HELLO}, headers={"authorization": "Bearer wrong"})

        assert reply.status_code == 401
        assert reply.json()["errors"] == [{"code": 10000, "message": "Authentication error"}]
        assert reply.json()["success"] is False

    @pytest.mark.parametrize(
        ("model", "body", "status", "code"),
        [
            ("@cf/nobody/nothing", {}, 400, 5007),
            (catalogue.BASELINE.name, {}, 400, 5028),
            (catalogue.KIMI.name, {}, 403, 5035),
            (PLAIN, {"response_format": {"type": "json_object"}}, 400, 5024),
            (PLAIN, {"response_format": json_schema(SCHEMA)}, 400, 5025),
            (FAST, {"response_format": json_schema(SCHEMA), "stream": True}, 400, 5024),
            (FAST, {"max_tokens": 24_000}, 413, 5021),
            (FAST, {"messages": []}, 400, 5006),
            (FAST, {"messages": [{"role": "user", "content": ["parts"]}]}, 400, 5006),
            (FAST, {"messages": [{"role": "user", "content": "x" * 131_073}]}, 400, 5006),
            (FAST, {"temperature": 5.1}, 400, 5006),
            (FAST, {"seed": 0}, 400, 5006),
            (FAST, {"messages": [{"role": "user", "content": "x" * 10_000_000}]}, 413, 3006),
        ],
    )
    def test_refuses_what_the_service_refuses(
        self, run: Ask, model: str, body: dict[str, Any], status: int, code: int
    ) -> None:
        reply = run(model, **body)

        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (status, code)
        assert reply.json()["success"] is False

    def test_the_withdrawn_baseline_says_since_when(self, run: Ask) -> None:
        message = run(catalogue.BASELINE.name).json()["errors"][0]["message"]

        assert message == "This model was deprecated on 2026-05-30"

    @pytest.mark.parametrize("code", faults.CLOUDFLARE_CODES)
    def test_every_row_of_the_error_table_on_demand(self, server: ModelServer, run: Ask, code: int) -> None:
        server.fail_next(faults.cloudflare_error(code))

        reply = run()

        assert reply.status_code >= 400
        assert reply.json()["errors"][0]["code"] == code
        assert run().status_code == 200

    def test_streams_events_that_end_with_done(self, run: Ask) -> None:
        lines = [line for line in run(stream=True).text.split("\n\n") if line]

        assert lines[-1] == "data: [DONE]"
        assert all("response" in json.loads(line.removeprefix("data: ")) for line in lines[:-1])

    def test_lists_models_with_window_price_and_end(self, server: ModelServer, http: httpx.Client) -> None:
        url = f"{server.cloudflare_url}/accounts/{server.account}/ai/models/search"

        result = http.get(url, params={"task": "Text Generation", "search": "llama-3"}).json()["result"]

        properties = {model["name"]: {p["property_id"]: p["value"] for p in model["properties"]} for model in result}
        assert properties[catalogue.BASELINE.name]["planned_deprecation_date"] == "2026-05-30"
        assert properties[FAST]["context_window"] == "24000"
        assert [price["price"] for price in properties[FAST]["price"]] == [0.293, 2.253]

    def test_another_account_is_not_found(self, server: ModelServer, http: httpx.Client) -> None:
        reply = http.post(f"{server.cloudflare_url}/accounts/other/ai/run/{FAST}", json={"messages": HELLO})

        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (404, 7003)


class TestGateway:
    def test_an_identical_request_gets_the_same_bad_answer_from_the_cache(
        self, server: ModelServer, through_gateway: Ask
    ) -> None:
        server.fail_next(faults.prose_around())
        format_ = json_schema(SCHEMA)

        first, second = through_gateway(response_format=format_), through_gateway(response_format=format_)

        assert first.headers["cf-aig-cache-status"] == "MISS"
        assert second.headers["cf-aig-cache-status"] == "HIT"
        assert first.json() == second.json()
        assert [request.cached for request in server.requests] == [False, True]

    def test_skip_cache_and_another_body_reach_the_model(self, server: ModelServer, through_gateway: Ask) -> None:
        through_gateway()
        through_gateway(headers={"cf-aig-skip-cache": "true"})
        through_gateway(seed=2)

        assert [request.cached for request in server.requests] == [False, False, False]

    def test_errors_are_not_cached(self, server: ModelServer, through_gateway: Ask) -> None:
        server.fail_next(faults.cloudflare_error(3040))

        assert [through_gateway().status_code for _ in range(2)] == [429, 200]

    @pytest.mark.parametrize(
        ("headers", "later", "cached"),
        [({}, 3359, True), ({}, 3361, False), ({"cf-aig-cache-ttl": "60"}, 61, False), ({}, 0, True)],
    )
    def test_answers_are_kept_3360_seconds_or_as_asked(self, headers: dict[str, str], later: int, cached: bool) -> None:
        now = [0.0]
        with ModelServer(clock=lambda: now[0]) as server:
            url = f"{server.gateway_url}/{server.account}/observe/workers-ai/run/{FAST}"
            for now[0] in (0.0, float(later)):
                httpx.post(url, json={"messages": HELLO}, headers={"authorization": f"Bearer {server.token}"} | headers)
            assert server.requests[-1].cached is cached
            assert server.requests[-1].protocol == "cloudflare-gateway"
