"""Ollama's protocol over another server's tokens: a real model for tests of the Ollama adapter."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from tests.doubles.model_server.asked import AskedRequest, HostedModel, Said, tokens
from tests.doubles.model_server.catalogue import SMOL
from tests.doubles.model_server.server import ModelServer, Text

_COMPACT = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", ", "lenient": True}
_TIMEOUT = httpx.Timeout(600.0, connect=10.0)


class OllamaFront(ModelServer):
    """Every question is put to the OpenAI-compatible server at `base_url`, such as the embedded one.

    Hooks, faults, log and the recorded contract (silent cut at `num_ctx`, figures, NDJSON) work as on `ModelServer`.
    A `format` schema is passed on as an LLGuidance grammar.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        backend_model: str = "default",
        models: Sequence[HostedModel] = (SMOL,),
    ) -> None:
        super().__init__(models)
        self._base_url = base_url.rstrip("/").removesuffix("/v1") + "/v1"
        self._backend_model = backend_model
        self._headers = dict(headers or {}) | ({"authorization": f"Bearer {api_key}"} if api_key else {})

    async def _said(self, asked: AskedRequest, answer: Text) -> Said:
        if answer is not None:
            return await super()._said(asked, answer)
        async with httpx.AsyncClient(headers=self._headers, timeout=_TIMEOUT) as client:
            messages, cut = await self._within_context(client, asked)
            reply = await client.post(f"{self._base_url}/chat/completions", json=self._body(asked, messages))
        reply.raise_for_status()
        facts = reply.json()
        choice, usage = facts["choices"][0], facts["usage"]
        prompt = asked.context if cut else usage["prompt_tokens"]
        return Said(choice["message"]["content"], prompt, usage["completion_tokens"], choice["finish_reason"])

    def _body(self, asked: AskedRequest, messages: list[dict[str, str]]) -> dict[str, Any]:
        wanted = {"temperature": asked.temperature, "seed": asked.seed, "max_tokens": asked.max_tokens}
        body: dict[str, Any] = {"model": self._backend_model, "messages": messages}
        body |= {name: value for name, value in wanted.items() if value is not None}
        if asked.schema is not None:
            schema = asked.schema | {"x-guidance": _COMPACT}
            body["grammar"] = "%llguidance {}\nstart: %json " + json.dumps(schema)
        elif asked.json_mode == "object":
            body["response_format"] = {"type": "json_object"}
        return body

    async def _within_context(
        self, client: httpx.AsyncClient, asked: AskedRequest
    ) -> tuple[list[dict[str, str]], bool]:
        """The messages, the longest one losing its beginning without a word when `num_ctx` is too small."""
        messages = [{"role": message["role"], "content": message["content"]} for message in asked.messages]
        count = await self._count(client, asked.prompt)
        if count <= asked.context:
            return messages, False
        longest = max(messages, key=lambda message: len(message["content"]))
        surplus = int(len(asked.prompt) * (1 - asked.context / count)) + 1
        longest["content"] = longest["content"][surplus:]
        return messages, True

    async def _count(self, client: httpx.AsyncClient, text: str) -> int:
        root = self._base_url.removesuffix("/v1")
        reply = await client.post(f"{root}/tokenize", json={"content": text})
        return len(reply.json()["tokens"]) if reply.is_success else tokens(text)
