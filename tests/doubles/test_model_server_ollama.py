"""The double as Ollama: what a real server was seen to answer, and real tokens through `OllamaFront`."""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from blocks.models.embedded import EmbeddedModel
from tests.doubles.model_server import HostedModel, ModelServer, OllamaFront, faults

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 30, "maxLength": 60}, "share": {"type": "number"}},
    "required": ["name", "share"],
    "additionalProperties": False,
}
HELLO = [{"role": "user", "content": "Say hello"}]
Ask = Callable[..., httpx.Response]

# What a real Ollama 0.5.4 answered, recorded.
RECORDED_TAG = {
    "name": "smol:latest",
    "model": "smol:latest",
    "size": 144811662,
    "details": {
        "parent_model": "",
        "format": "gguf",
        "family": "llama",
        "families": ["llama"],
        "parameter_size": "134.52M",
        "quantization_level": "Q8_0",
    },
}
RECORDED_UNKNOWN_MODEL = (404, {"error": 'model "nope" not found, try pulling it first'})
RECORDED_BAD_FORMAT = (500, {"error": "invalid JSON schema in format"})
RECORDED_FIGURES = {
    "total_duration",
    "load_duration",
    "prompt_eval_count",
    "prompt_eval_duration",
    "eval_count",
    "eval_duration",
}


@pytest.fixture
def chat(server: ModelServer, http: httpx.Client) -> Callable[..., httpx.Response]:
    """Ask Ollama without streaming."""

    def ask(**body: Any) -> httpx.Response:
        return http.post(f"{server.url}/api/chat", json={"model": "smol", "messages": HELLO, "stream": False} | body)

    return ask


class TestOllama:
    def test_version_and_tags_as_recorded(self, server: ModelServer, http: httpx.Client) -> None:
        version = http.get(f"{server.url}/api/version").json()
        tags = http.get(f"{server.url}/api/tags").json()["models"]

        smol = next(tag for tag in tags if tag["name"] == "smol:latest")
        assert version["version"].startswith("0.5.4")
        assert {key: smol[key] for key in RECORDED_TAG} == RECORDED_TAG
        assert len(smol["digest"]) == 64

    def test_a_new_version_under_the_same_name_has_another_digest(
        self, server: ModelServer, http: httpx.Client
    ) -> None:
        def digest() -> str:
            tags = http.get(f"{server.url}/api/tags").json()["models"]
            return next(str(tag["digest"]) for tag in tags if tag["name"] == "smol:latest")

        before = digest()
        server.host(HostedModel("smol", version=2))

        assert digest() != before

    def test_unknown_model_as_recorded(self, chat: Ask) -> None:
        reply = chat(model="nope")

        assert (reply.status_code, reply.json()) == RECORDED_UNKNOWN_MODEL

    def test_bad_schema_as_recorded(self, chat: Ask) -> None:
        reply = chat(format={"$ref": "#/$defs/Nothing"})

        assert (reply.status_code, reply.json()) == RECORDED_BAD_FORMAT

    def test_streams_unless_told_and_ends_with_the_figures(self, server: ModelServer, http: httpx.Client) -> None:
        reply = http.post(f"{server.url}/api/chat", json={"model": "smol", "messages": HELLO})

        *lines, last = [json.loads(line) for line in reply.text.splitlines()]
        assert reply.headers["content-type"] == "application/x-ndjson"
        assert [line["done"] for line in lines] == [False] * len(lines)
        assert last["done"] is True
        assert last["done_reason"] == "stop"
        assert set(last) >= RECORDED_FIGURES

    def test_format_with_a_schema_gives_valid_json_as_text(self, chat: Ask) -> None:
        reply = chat(format=SCHEMA).json()

        assert set(json.loads(reply["message"]["content"])) == {"name", "share"}
        assert reply["eval_count"] == math.ceil(len(reply["message"]["content"]) / 4)

    def test_num_predict_ends_the_answer_with_length(self, chat: Ask) -> None:
        reply = chat(format=SCHEMA, options={"num_predict": 5}).json()

        assert (reply["done_reason"], reply["eval_count"]) == ("length", 5)

    def test_a_prompt_longer_than_num_ctx_is_cut_in_silence(self, chat: Ask) -> None:
        long = [{"role": "user", "content": "word " * 6000}]

        assert chat(messages=long).json()["prompt_eval_count"] == 2048
        assert chat(messages=long, options={"num_ctx": 4096}).json()["prompt_eval_count"] == 4096
        assert chat(messages=long, options={"num_ctx": 8192}).json()["prompt_eval_count"] == 7500

    def test_breaking_off_leaves_half_json_and_no_reason(self, server: ModelServer, chat: Ask) -> None:
        server.fail_next(faults.broken_off())

        reply = chat(format=SCHEMA)

        assert reply.status_code == 200
        assert reply.json()["done"] is False
        assert "done_reason" not in reply.json()
        with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
            json.loads(reply.json()["message"]["content"])

    def test_float_bounds_and_patterns_are_not_enforced_on_demand(self, server: ModelServer, chat: Ask) -> None:
        server.fail_next(faults.broken_rules())
        schema = {
            "type": "object",
            "properties": {
                "share": {"type": "number", "minimum": 0, "maximum": 1},
                "digits": {"type": "string", "pattern": r"^\d+$"},
            },
            "required": ["share", "digits"],
        }

        answer = json.loads(chat(format=schema).json()["message"]["content"])

        assert answer["share"] == -10
        assert not answer["digits"].isdigit()

    def test_the_first_call_pays_for_loading_until_unloaded(self, chat: Ask) -> None:
        durations = [chat().json()["load_duration"] for _ in range(2)]
        unloaded = chat(messages=[], keep_alive=0).json()
        durations.append(chat().json()["load_duration"])

        assert unloaded["done_reason"] == "unload"
        assert durations[0] == durations[2] > durations[1]

    def test_show_tells_the_context_length(self, server: ModelServer, http: httpx.Client) -> None:
        shown = http.post(f"{server.url}/api/show", json={"model": "smol"})
        unknown = http.post(f"{server.url}/api/show", json={"model": "nope"})

        assert shown.json()["model_info"]["llama.context_length"] == 8192
        assert (unknown.status_code, unknown.json()) == (404, {"error": "model 'nope' not found"})


class TestOllamaFront:
    """Ollama's protocol over the tokens of an OpenAI-compatible server."""

    @pytest.fixture
    def front(self, server: ModelServer) -> Iterator[OllamaFront]:
        with OllamaFront(server.openai_url, server.token, backend_model="smol") as running:
            yield running

    def test_the_schema_goes_on_as_a_grammar_and_the_answer_comes_back(
        self, server: ModelServer, front: OllamaFront
    ) -> None:
        options = {"num_ctx": 4096, "temperature": 0.2, "seed": 5, "num_predict": 300}
        body = {"model": "smol", "messages": HELLO, "format": SCHEMA, "stream": False, "options": options}

        reply = httpx.post(f"{front.url}/api/chat", json=body).json()

        assert set(json.loads(reply["message"]["content"])) == {"name", "share"}
        asked = server.requests[0]
        assert (asked.temperature, asked.seed, asked.max_tokens) == (0.2, 5, 300)
        assert asked.body["grammar"].startswith("%llguidance {}\nstart: %json ")

    def test_a_long_prompt_is_cut_before_it_reaches_the_backend(self, server: ModelServer, front: OllamaFront) -> None:
        long = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "word " * 6000 + "the end"}]

        reply = httpx.post(f"{front.url}/api/chat", json={"model": "smol", "messages": long, "stream": False}).json()

        assert reply["prompt_eval_count"] == 2048
        assert server.requests[0].system == "Be brief."
        assert server.requests[0].user.endswith("the end")
        assert server.requests[0].prompt_tokens <= 2048

    @pytest.mark.model
    def test_real_tokens_in_ollamas_protocol(self) -> None:
        with EmbeddedModel().reach() as endpoint, OllamaFront(endpoint.base_url, headers=endpoint.headers) as front:
            schema = {
                "type": "object",
                "properties": {
                    "mood": {"enum": ["calm", "glad"]},
                    "share": {"type": "number", "minimum": 0, "maximum": 1},
                },
                "required": ["mood", "share"],
                "additionalProperties": False,
            }
            body = {"model": "smol", "messages": HELLO, "format": schema, "options": {"seed": 1, "num_predict": 60}}

            reply = httpx.post(f"{front.url}/api/chat", json=body, timeout=60)

        *lines, last = [json.loads(line) for line in reply.text.splitlines()]
        answer = json.loads("".join(line["message"]["content"] for line in lines))
        assert answer["mood"] in ("calm", "glad")
        assert 0 <= answer["share"] <= 1
        assert (last["done"], last["done_reason"]) == (True, "stop")
        assert last["prompt_eval_count"] > 5

    @pytest.mark.model
    def test_a_real_prompt_too_long_for_num_ctx_is_cut(self) -> None:
        long = [{"role": "user", "content": "The clinic compares numbers every week. " * 20}]
        with EmbeddedModel().reach() as endpoint, OllamaFront(endpoint.base_url, headers=endpoint.headers) as front:
            options = {"num_ctx": 64, "num_predict": 4}
            body = {"model": "smol", "messages": long, "stream": False, "options": options}

            reply = httpx.post(f"{front.url}/api/chat", json=body, timeout=60).json()

        assert reply["prompt_eval_count"] == 64
        assert (reply["done_reason"], reply["eval_count"]) == ("length", 4)
