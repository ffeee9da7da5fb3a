"""Ollama's native API, with what a real server of version 0.5.4 was seen to answer."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.doubles.model_server.asked import (
    AskedRequest,
    HostedModel,
    JsonMode,
    ProtocolName,
    Question,
    Said,
    json_response,
    read_json,
    read_messages,
)
from tests.doubles.model_server.house import House
from tests.doubles.model_server.instances import dangling_reference
from tests.doubles.model_server.wire import HttpRequest, HttpResponse

VERSION = "0.5.4"
DEFAULT_NUM_CTX = 2048
_NANOSECONDS = 1_000_000_000
_LOAD_NANOSECONDS = 900_000_000


class Ollama:
    """`/api/version`, `/api/tags`, `/api/ps`, `/api/show` and `/api/chat`."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.loaded: set[str] = set()
        """Tags in memory; the first call to another one pays for loading it."""

    def speaks(self, protocol: ProtocolName) -> bool:
        return protocol == "ollama"

    def receive(self, http: HttpRequest) -> Question | HttpResponse | None:
        match http.method, http.path:
            case "GET" | "HEAD", "/":
                return HttpResponse(body=b"Ollama is running", content_type="text/plain; charset=utf-8")
            case "GET", "/api/version":
                return json_response({"version": VERSION})
            case "GET", "/api/tags":
                return json_response({"models": [_listed(model) for model in self.house.local()]})
            case "GET", "/api/ps":
                loaded = [model for model in self.house.local() if model.tag in self.loaded]
                return json_response({"models": [_listed(model) for model in loaded]})
            case "POST", "/api/show":
                return self._show(http)
            case "POST", "/api/chat":
                return self._chat(http)
            case _:
                unknown = HttpResponse(404, b"404 page not found", content_type="text/plain")
                return unknown if http.path.startswith("/api/") else None

    def say(self, asked: AskedRequest, said: Said, seconds: float) -> HttpResponse:
        end = self._end(asked, said, seconds)
        if not asked.stream:
            return json_response(_line(asked, said.value) | end)
        text = said.value if isinstance(said.value, str) else json.dumps(said.value)
        parts = [text[place : place + 24] for place in range(0, len(text), 24)]
        lines = [_line(asked, part) | {"done": False} for part in parts]
        # A stream that breaks off has no last line with the figures.
        lines += [_line(asked, "") | end] if said.done else []
        pieces = tuple(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
        return HttpResponse(pieces=pieces, content_type="application/x-ndjson")

    def fail(self, status: int, code: int | str | None, message: str, headers: Mapping[str, str]) -> HttpResponse:
        return json_response({"error": message}, status, headers)

    def _end(self, asked: AskedRequest, said: Said, seconds: float) -> dict[str, Any]:
        if not said.done:
            return {"done": False}
        model = self.house.by_tag(asked.model)
        load = 0 if model is None or model.tag in self.loaded else _LOAD_NANOSECONDS
        if model is not None:
            self.loaded.add(model.tag)
        spent = max(int(seconds * _NANOSECONDS), 1_000_000)
        return {
            "done_reason": said.finish,
            "done": True,
            "total_duration": spent + load,
            "load_duration": load or 12_000_000,
            "prompt_eval_count": said.prompt_tokens,
            "prompt_eval_duration": spent // 4,
            "eval_count": said.completion_tokens,
            "eval_duration": spent - spent // 4,
        }

    def _show(self, http: HttpRequest) -> HttpResponse:
        body = read_json(http) or {}
        name = str(body.get("model") or body.get("name") or "")
        model = self.house.by_tag(name)
        if model is None:
            return self.fail(404, None, f"model '{name}' not found", {})
        info = {
            "general.architecture": "llama",
            "general.parameter_count": 134_515_008,
            "llama.context_length": model.context,
        }
        return json_response(
            {"modelfile": "", "template": "{{ .Prompt }}", "details": _DETAILS, "model_info": info}
            | {"capabilities": ["completion"], "modified_at": _now()}
        )

    def _chat(self, http: HttpRequest) -> Question | HttpResponse:
        body = read_json(http)
        if body is None:
            return self.fail(400, None, "invalid character in the request body", {})
        name = str(body.get("model") or "")
        if not name:
            return self.fail(400, None, "model is required", {})
        model = self.house.by_tag(name)
        asked = _asked(http, name, body)
        if model is None:
            return Question(asked, self.fail(404, None, f'model "{name}" not found, try pulling it first', {}))
        if problem := _bad_format(body.get("format")):
            return Question(asked, self.fail(500, None, problem, {}))
        return Question(asked) if asked.messages else self._load(asked, model)

    def _load(self, asked: AskedRequest, model: HostedModel) -> HttpResponse:
        """No messages: the model is loaded, or with `keep_alive` 0 unloaded."""
        unload = asked.body.get("keep_alive") in (0, "0", "0s")
        (self.loaded.discard if unload else self.loaded.add)(model.tag)
        reason = {"done_reason": "unload" if unload else "load", "done": True}
        return json_response(_line(asked, "") | reason)


def _asked(http: HttpRequest, name: str, body: dict[str, Any]) -> AskedRequest:
    options = body.get("options") or {}
    limit = options.get("num_predict", -1)
    schema = body["format"] if isinstance(body.get("format"), dict) else None
    mode: JsonMode = "schema" if schema else "object" if body.get("format") == "json" else "none"
    return AskedRequest(
        protocol="ollama",
        model=name,
        messages=read_messages(body),
        json_mode=mode,
        schema=schema,
        max_tokens=limit if limit > 0 else None,
        temperature=options.get("temperature"),
        seed=options.get("seed"),
        stream=body.get("stream", True) is not False,
        context=options.get("num_ctx", DEFAULT_NUM_CTX),
        body=body,
        http=http,
    )


def _bad_format(wanted: Any) -> str | None:
    if wanted in (None, "", "json"):
        return None
    if not isinstance(wanted, dict):
        return f'invalid format: {json.dumps(wanted)}; expected "json" or a valid JSON Schema object'
    return "invalid JSON schema in format" if dangling_reference(wanted) else None


_DETAILS = {
    "parent_model": "",
    "format": "gguf",
    "family": "llama",
    "families": ["llama"],
    "parameter_size": "134.52M",
    "quantization_level": "Q8_0",
}


def _listed(model: HostedModel) -> dict[str, Any]:
    identity = {"name": model.tag, "model": model.tag, "modified_at": _now()}
    return identity | {"size": model.size, "digest": model.digest, "details": _DETAILS}


def _line(asked: AskedRequest, content: Any) -> dict[str, Any]:
    return {"model": asked.model, "created_at": _now(), "message": {"role": "assistant", "content": content}}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
