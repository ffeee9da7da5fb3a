"""Cloudflare Workers AI: the REST API and the AI Gateway in front of it, with its cache.

Shapes and codes after Cloudflare's API documentation and its table of Workers AI errors; 3046, 5006, 5021, 5024, 5025 and
the double wording of 5024 after error bodies people published.
"""

import contextlib
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from tests.doubles.model_server.wire import HttpRequest, HttpResponse

DEFAULT_MAX_TOKENS = 256
LONGEST_BODY = 10_000_000
LONGEST_MESSAGE = 131_072
_REST = re.compile(r"/client/v4/accounts/(?P<account>[^/]+)/ai/(?P<rest>.+)")
_GATEWAY = re.compile(r"/v1/(?P<account>[^/]+)/(?P<gateway>[^/]+)/workers-ai/(?:run/)?(?P<model>.+)")


@dataclass(frozen=True)
class ErrorRow:
    """One row of the error table: HTTP status and message; whether a client may try again is for it to know."""

    status: int
    message: str


_DAILY = (
    "you have used up your daily free allocation of 10,000 neurons, please upgrade to Cloudflare's Workers Paid plan "
    "if you would like to continue usage."
)
ERRORS = {
    3003: ErrorRow(400, "Request is missing headers or body: messages"),
    3006: ErrorRow(413, "Request is too large"),
    3007: ErrorRow(408, "Request timeout"),
    3008: ErrorRow(408, "Request was aborted"),
    3023: ErrorRow(403, "Service unavailable for account"),
    3036: ErrorRow(429, _DAILY),
    3039: ErrorRow(400, "Finetune is missing required files (model.safetensors and config.json)"),
    3040: ErrorRow(429, "Capacity temporarily exceeded, please try again."),
    3041: ErrorRow(403, "The account is not allowed to access this model"),
    3042: ErrorRow(404, "The model name is invalid"),
    3046: ErrorRow(408, "Request timeout"),
    4006: ErrorRow(429, _DAILY),
    5004: ErrorRow(400, "Invalid data type for base64 input: string"),
    5005: ErrorRow(405, "The model does not support LoRa inference"),
    5006: ErrorRow(400, "AiError: Bad input: Error: oneOf at '/' not met, 0 matches"),
    5007: ErrorRow(400, "No such model or task"),
    5016: ErrorRow(403, "User has not agreed to Llama3.2 model terms"),
    5018: ErrorRow(403, "The account is not allowed to access this model"),
    5019: ErrorRow(405, "Request trying to use deprecated SDK version"),
    5021: ErrorRow(
        413, "The estimated number of input and maximum output tokens exceeded this model context window limit"
    ),
    5024: ErrorRow(400, "JSON Mode couldn't be met"),
    5025: ErrorRow(400, "This model doesn't support JSON Schema"),
    5028: ErrorRow(400, "This model was deprecated on 2026-05-30"),
    5035: ErrorRow(403, "This model requires a Workers Paid plan"),
}


class Cloudflare:
    """`POST …/ai/run/{model}`, `GET …/ai/models/search`, and the gateway's form of the first."""

    def __init__(self, house: House, cache_ttl: float | None) -> None:
        self.house = house
        self.cache_ttl = cache_ttl
        """Seconds the gateway keeps answers by default; None: only where a request asks for it."""
        self._cache: dict[str, tuple[float, HttpResponse]] = {}

    def speaks(self, protocol: ProtocolName) -> bool:
        return protocol in ("cloudflare", "cloudflare-gateway")

    def receive(self, http: HttpRequest) -> Question | HttpResponse | None:
        if found := _GATEWAY.fullmatch(http.path):
            return self._through_gateway(http, found["account"], found["model"])
        if not (found := _REST.fullmatch(http.path)):
            return self.fail(404, 7000, "No route for that URI", {}) if http.path.startswith("/client/") else None
        if found["rest"] == "models/search" and http.method == "GET":
            return self._closed(http, found["account"]) or self._search(http)
        if found["rest"].startswith("run/") and http.method == "POST":
            return self._question(http, found["account"], found["rest"].removeprefix("run/"))
        return self.fail(405, 7001, f"Method {http.method} not available for that URI.", {})

    def say(self, asked: AskedRequest, said: Said, seconds: float) -> HttpResponse:
        model = self.house.model(asked.model)
        if asked.stream:
            return _streamed(said)
        usage = {
            "prompt_tokens": said.prompt_tokens,
            "completion_tokens": said.completion_tokens,
            "total_tokens": said.prompt_tokens + said.completion_tokens,
        }
        result = _result(said, said.shape or (model.reply if model else "string"), asked)
        if said.usage and (model is None or model.usage):
            result["usage"] = usage
        return json_response({"result": result, "success": True, "errors": [], "messages": []})

    def fail(self, status: int, code: int | str | None, message: str, headers: Mapping[str, str]) -> HttpResponse:
        error = {"message": message} | ({} if code is None else {"code": code})
        return json_response({"errors": [error], "success": False, "result": {}, "messages": []}, status, headers)

    def error(self, code: int, message: str | None = None) -> HttpResponse:
        row = ERRORS[code]
        return self.fail(row.status, code, message or row.message, {})

    def _closed(self, http: HttpRequest, account: str) -> HttpResponse | None:
        if http.bearer() != self.house.token:
            errors = [{"code": 10000, "message": "Authentication error"}]
            return json_response({"result": None, "success": False, "errors": errors, "messages": []}, 401)
        if account != self.house.account:
            message = f"Could not route to {http.path}, perhaps your object identifier is invalid?"
            return self.fail(404, 7003, message, {})
        return None

    def _question(self, http: HttpRequest, account: str, name: str) -> Question | HttpResponse:
        if len(http.body) > LONGEST_BODY:
            return self.error(3006)
        body = read_json(http)
        if body is None:
            return self._closed(http, account) or self.error(3003)
        model = self.house.model(name)
        asked = _asked(http, name, body, model)
        return Question(asked, self._closed(http, account) or self._refusal(asked, model))

    def _refusal(self, asked: AskedRequest, model: HostedModel | None) -> HttpResponse | None:
        if model is None:
            return self.error(5007, f"No such model {asked.model} or task")
        if model.withdrawn:
            return self.error(5028, f"This model was deprecated on {model.withdrawn}")
        if model.paid_only:
            return self.error(5035)
        if problem := _bad_input(asked):
            return self.error(5006, f"AiError: Bad input: Error: oneOf at '/' not met, 0 matches: {problem}")
        if asked.json_mode != "none" and (asked.stream or model.json_mode == "none"):
            return self.error(5024 if asked.json_mode == "object" or asked.stream else 5025)
        if asked.json_mode == "schema" and model.json_mode == "object":
            return self.error(5025)
        wanted = asked.prompt_tokens + (asked.max_tokens or 0)
        if wanted > model.context:
            estimate = f"The estimated number of input and maximum output tokens ({wanted}) exceeded this model"
            return self.error(5021, f"{estimate} context window limit ({model.context}).")
        return None

    def _through_gateway(self, http: HttpRequest, account: str, name: str) -> Question | HttpResponse:
        found = self._question(http, account, name)
        if isinstance(found, HttpResponse) or found.refusal:
            return found
        found = replace(found, asked=replace(found.asked, protocol="cloudflare-gateway"))
        ttl = float(http.headers.get("cf-aig-cache-ttl", self.cache_ttl or 0))
        if http.headers.get("cf-aig-skip-cache") == "true" or ttl <= 0:
            return found
        key = http.headers.get("cf-aig-cache-key") or json.dumps([name, http.bearer(), http.body.decode()])
        until, kept = self._cache.get(key, (0.0, None))
        if kept is not None and self.house.clock() < until:
            hit = replace(kept, headers={**kept.headers, "cf-aig-cache-status": "HIT"})
            return replace(found, asked=replace(found.asked, cached=True), cached=hit)

        def keep(response: HttpResponse) -> HttpResponse:
            # Any 200 is kept, also one with broken JSON inside: the cache trap.
            if response.status == 200 and response.manner == "whole":
                self._cache[key] = (self.house.clock() + ttl, response)
            return replace(response, headers={**response.headers, "cf-aig-cache-status": "MISS"})

        return replace(found, keep=keep)

    def forget(self) -> None:
        """Empty the gateway's cache."""
        self._cache.clear()

    def _search(self, http: HttpRequest) -> HttpResponse:
        per_page, page = int(http.query.get("per_page", "50")), int(http.query.get("page", "1"))
        wanted = http.query.get("search", "")
        task = http.query.get("task", "Text Generation")
        models = [model for model in self.house.cloud() if wanted in model.name and task == "Text Generation"]
        shown = [_listed(model) for model in models[(page - 1) * per_page : page * per_page]]
        info = {"count": len(shown), "page": page, "per_page": per_page, "total_count": len(models)}
        return json_response({"success": True, "result": shown, "errors": [], "messages": [], "result_info": info})


def _asked(http: HttpRequest, name: str, body: dict[str, Any], model: HostedModel | None) -> AskedRequest:
    mode, schema = _json_mode(body)
    limit, temperature, seed = body.get("max_tokens"), body.get("temperature"), body.get("seed")
    return AskedRequest(
        protocol="cloudflare",
        model=name,
        messages=read_messages(body),
        json_mode=mode,
        schema=schema,
        max_tokens=limit if isinstance(limit, int) else DEFAULT_MAX_TOKENS,
        temperature=temperature if isinstance(temperature, int | float) else None,
        seed=seed if isinstance(seed, int) else None,
        stream=bool(body.get("stream")),
        context=model.context if model else 0,
        body=body,
        http=http,
    )


def _json_mode(body: Mapping[str, Any]) -> tuple[JsonMode, dict[str, Any] | None]:
    """What `response_format` asks for. `guided_json` is another way to a schema and is not part of JSON mode."""
    if isinstance(body.get("guided_json"), dict):
        return "none", body["guided_json"]
    wanted = body.get("response_format") or {}
    match wanted.get("type"):
        case "json_object":
            return "object", None
        case "json_schema":
            schema = wanted.get("json_schema") or {}
            # OpenAI's wrapper with a name is accepted beside the bare schema of Cloudflare's own examples.
            return "schema", schema["schema"] if isinstance(schema.get("schema"), dict) else schema
        case _:
            return "none", None


def _bad_input(asked: AskedRequest) -> str | None:
    messages, temperature, seed = asked.body.get("messages"), asked.temperature, asked.body.get("seed")
    if not messages and not isinstance(asked.body.get("prompt"), str):
        return "required properties at '/' are 'prompt', required properties at '/' are 'messages'"
    for place, message in enumerate(messages or ()):
        if not isinstance(message.get("content"), str):
            kind = type(message.get("content")).__name__.replace("list", "array").replace("NoneType", "null")
            return f"Type mismatch of '/messages/{place}/content', '{kind}' not in 'string'"
        if len(message["content"]) > LONGEST_MESSAGE:
            return f"Length of '/messages/{place}/content' must be <= {LONGEST_MESSAGE}"
    if not isinstance(asked.body.get("max_tokens", 1), int):
        return "Type mismatch of '/max_tokens', 'string' not in 'integer'"
    if temperature is not None and not 0 <= temperature <= 5:
        return "'/temperature' must be >= 0 and <= 5"
    if seed is not None and not (isinstance(seed, int) and 1 <= seed <= 9_999_999_999):
        return "'/seed' must be >= 1 and <= 9999999999"
    return None


def _result(said: Said, shape: str, asked: AskedRequest) -> dict[str, Any]:
    if shape == "choices":
        message = {"role": "assistant", "content": said.value}
        return {"choices": [{"index": 0, "message": message, "finish_reason": said.finish}], "model": asked.model}
    value = said.value
    if shape == "object" and asked.json_mode != "none" and isinstance(value, str):
        # Text that is not JSON, because it was cut or broken on purpose, stays text.
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(value)
    return {"response": value}


def _streamed(said: Said) -> HttpResponse:
    text = said.value if isinstance(said.value, str) else json.dumps(said.value)
    parts = [text[place : place + 24] for place in range(0, len(text), 24)]
    lines = [f"data: {json.dumps({'response': part})}\n\n".encode() for part in parts]
    return HttpResponse(pieces=(*lines, b"data: [DONE]\n\n"), content_type="text/event-stream")


def _listed(model: HostedModel) -> dict[str, Any]:
    properties: list[dict[str, Any]] = [{"property_id": "context_window", "value": str(model.context)}]
    if model.planned_deprecation:
        properties.append({"property_id": "planned_deprecation_date", "value": model.planned_deprecation})
    if model.paid_only:
        properties.append({"property_id": "require_workers_paid", "value": "true"})
    if model.price:
        units = zip(("per M input tokens", "per M output tokens"), model.price, strict=True)
        prices = [{"unit": unit, "price": price, "currency": "USD"} for unit, price in units]
        properties.append({"property_id": "price", "value": prices})
    identity = str(uuid.uuid5(uuid.NAMESPACE_URL, model.name))
    task = {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, "text-generation")), "name": "Text Generation"}
    return {"id": identity, "name": model.name, "source": 1, "description": "", "task": task, "properties": properties}
