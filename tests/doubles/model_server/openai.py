"""The OpenAI-compatible protocol, as OpenAI itself and llama.cpp's server answer it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.doubles.model_server.asked import (
    AskedRequest,
    JsonMode,
    ProtocolName,
    Question,
    Said,
    json_response,
    read_json,
    read_messages,
    tokens,
)
from tests.doubles.model_server.house import House
from tests.doubles.model_server.wire import HttpRequest, HttpResponse

_CREATED = 1_780_000_000
_GRAMMAR = re.compile(r"%llguidance \{.*?\}\s*start: %json (?P<schema>\{.*\})\s*", re.DOTALL)
_ERROR_TYPES = {401: "invalid_request_error", 429: "requests", 500: "server_error", 503: "server_error"}


class OpenAI:
    """`/v1/models`, `/v1/chat/completions`, and llama.cpp's `/tokenize` and `/health`."""

    def __init__(self, house: House) -> None:
        self.house = house

    def speaks(self, protocol: ProtocolName) -> bool:
        return protocol == "openai"

    def receive(self, http: HttpRequest) -> Question | HttpResponse | None:
        match http.method, http.path:
            case "GET", "/health":
                return json_response({"status": "ok"})
            case "GET", "/v1/models":
                return self._closed(http) or self._list()
            case "POST", "/v1/chat/completions":
                return self._question(http)
            case "POST", "/tokenize":
                body = read_json(http) or {}
                return self._closed(http) or json_response({"tokens": list(range(tokens(str(body.get("content")))))})
            case _:
                return None

    def say(self, asked: AskedRequest, said: Said, seconds: float) -> HttpResponse:
        usage = {
            "prompt_tokens": said.prompt_tokens,
            "completion_tokens": said.completion_tokens,
            "total_tokens": said.prompt_tokens + said.completion_tokens,
        }
        if asked.stream:
            return _streamed(asked, said, usage)
        message = {"role": "assistant", "content": said.value}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": said.finish}
        reply = _head(asked, "chat.completion") | {"choices": [choice]} | ({"usage": usage} if said.usage else {})
        return json_response(reply)

    def fail(self, status: int, code: int | str | None, message: str, headers: Mapping[str, str]) -> HttpResponse:
        kind = _ERROR_TYPES.get(status, "invalid_request_error")
        return json_response(
            {"error": {"message": message, "type": kind, "param": None, "code": code}}, status, headers
        )

    def _closed(self, http: HttpRequest) -> HttpResponse | None:
        if http.bearer() == self.house.token:
            return None
        return self.fail(401, "invalid_api_key", "Incorrect API key provided.", {})

    def _list(self) -> HttpResponse:
        facts = {"object": "model", "created": _CREATED, "owned_by": "double"}
        return json_response({"object": "list", "data": [{"id": model.name, **facts} for model in self.house.local()]})

    def _question(self, http: HttpRequest) -> Question | HttpResponse:
        body = read_json(http)
        if body is None:
            return self.fail(400, None, "We could not parse the JSON body of your request.", {})
        asked = self._asked(http, body)
        return Question(asked, self._closed(http) or self._refusal(asked))

    def _asked(self, http: HttpRequest, body: dict[str, Any]) -> AskedRequest:
        name = str(body.get("model") or "")
        model = self.house.model(name)
        mode, schema = _json_mode(body)
        return AskedRequest(
            protocol="openai",
            model=name,
            messages=read_messages(body),
            json_mode=mode,
            schema=schema,
            max_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
            temperature=body.get("temperature"),
            seed=body.get("seed"),
            stream=bool(body.get("stream")),
            context=model.context if model else 0,
            body=body,
            http=http,
        )

    def _refusal(self, asked: AskedRequest) -> HttpResponse | None:
        if self.house.model(asked.model) is None:
            return self.fail(404, "model_not_found", f"The model `{asked.model}` does not exist.", {})
        if not asked.messages:
            return self.fail(400, None, "Missing required parameter: 'messages'.", {})
        if asked.json_mode == "object" and "json" not in asked.prompt.lower():
            wanted = (
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
            )
            return self.fail(400, None, wanted, {})
        if asked.json_mode == "schema" and not asked.schema:
            return self.fail(400, None, "Missing required parameter: 'response_format.json_schema'.", {})
        return _too_long(asked) if asked.prompt_tokens > asked.context else None


def _too_long(asked: AskedRequest) -> HttpResponse:
    """llama.cpp's refusal, with the two figures a client can act on."""
    figures = f"request ({asked.prompt_tokens} tokens) exceeds the available context size ({asked.context} tokens)"
    error = {
        "code": 400,
        "message": f"{figures}, try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": asked.prompt_tokens,
        "n_ctx": asked.context,
    }
    return json_response({"error": error}, 400)


def _json_mode(body: Mapping[str, Any]) -> tuple[JsonMode, dict[str, Any] | None]:
    if grammar := _GRAMMAR.fullmatch(str(body.get("grammar", ""))):
        return "schema", json.loads(grammar["schema"])
    wanted = body.get("response_format") or {}
    match wanted.get("type"):
        case "json_object":
            # llama.cpp also takes the schema here; OpenAI does not know the key.
            schema = wanted.get("schema")
            return ("schema", schema) if isinstance(schema, dict) else ("object", None)
        case "json_schema":
            return "schema", (wanted.get("json_schema") or {}).get("schema")
        case _:
            return "none", None


def _head(asked: AskedRequest, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-double", "object": kind, "created": _CREATED, "model": asked.model}


def _streamed(asked: AskedRequest, said: Said, usage: dict[str, int]) -> HttpResponse:
    text = said.value if isinstance(said.value, str) else json.dumps(said.value)
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": text[place : place + 24]} for place in range(0, len(text), 24)]
    choices: list[list[dict[str, Any]]] = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices.append([{"index": 0, "delta": {}, "finish_reason": said.finish}])
    chunks = [_head(asked, "chat.completion.chunk") | {"choices": choice} for choice in choices]
    if (asked.body.get("stream_options") or {}).get("include_usage") and said.usage:
        chunks.append(_head(asked, "chat.completion.chunk") | {"choices": [], "usage": usage})
    pieces = [f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode() for chunk in chunks]
    return HttpResponse(pieces=(*pieces, b"data: [DONE]\n\n"), content_type="text/event-stream")
