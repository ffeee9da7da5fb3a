"""Any server with OpenAI's chat completions: vLLM, llama.cpp, LM Studio, OpenAI itself and many more."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from blocks.models.base import LanguageModel
from blocks.models.faults import fault, status_class
from blocks.models.wire import Endpoint, HttpRequest, Question, Reply


class OpenAICompatibleModel(LanguageModel):
    """A model behind an OpenAI-compatible chat completions endpoint."""

    _block_type_name = "Language Model: OpenAI-compatible"
    _block_type_slug = "phasegate-model-openai"
    _description = "A language model behind any OpenAI-compatible chat completions endpoint."
    provider: ClassVar[str] = "openai-compatible"

    base_url: str = Field(
        title="Base URL",
        pattern=r"^https?://",
        description="Up to and including /v1, for example http://127.0.0.1:8000/v1",
    )
    api_key: SecretStr | None = Field(None, title="API key", description="Sent as a bearer token; empty sends none.")
    strict_schema: bool = Field(
        False, title="Strict schema", description="Ask for strict schema adherence; some servers refuse the word."
    )

    @contextlib.contextmanager
    def reach(self) -> Iterator[Endpoint]:
        key = self.api_key.get_secret_value() if self.api_key else ""
        yield Endpoint(self.base_url.rstrip("/"), {"Authorization": f"Bearer {key}"} if key else {})

    def request(self, question: Question, endpoint: Endpoint) -> HttpRequest:
        body = chat_body(self.model, question)
        if question.schema is not None and self.json_capability == "schema":
            schema = {"name": question.name, "schema": question.schema, "strict": self.strict_schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif question.schema is not None and self.json_capability == "object":
            body["response_format"] = {"type": "json_object"}
        return HttpRequest(f"{endpoint.base_url}/chat/completions", dict(endpoint.headers), body)

    def read(self, status: int, headers: Mapping[str, str], body: bytes, question: Question) -> Reply:
        return read_completion(status, body)


def chat_body(model: str, question: Question) -> dict[str, Any]:
    return {
        "model": model,
        "messages": [{"role": "system", "content": question.system}, {"role": "user", "content": question.user}],
        "max_tokens": question.max_tokens,
        "temperature": question.temperature,
        "seed": question.seed,
        "stream": False,
    }


def read_completion(status: int, body: bytes) -> Reply:
    """A chat completion in our shape. Raises CallError for everything else."""
    try:
        reply = json.loads(body)
    except ValueError:
        reply = None
    if not isinstance(reply, dict):
        raise fault("server_error" if status >= 500 else "invalid_envelope", f"HTTP {status} without a JSON reply.")
    if status >= 400 or "error" in reply:
        raise _refusal(status, reply.get("error"))
    choices = reply.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise fault("invalid_envelope", f"HTTP {status} with no choices in it.")
    text = (choices[0].get("message") or {}).get("content")
    if not text:
        raise fault("empty_answer", "The server answered without any text.")
    usage = reply.get("usage") if isinstance(reply.get("usage"), dict) else {}
    return Reply(
        text=text if isinstance(text, str) else None,
        value=None if isinstance(text, str) else text,
        prompt_tokens=(usage or {}).get("prompt_tokens"),
        completion_tokens=(usage or {}).get("completion_tokens"),
        truncated=choices[0].get("finish_reason") == "length",
    )


def _refusal(status: int, error: Any) -> Exception:
    detail = error if isinstance(error, dict) else {"message": str(error)}
    happened = f"The server answered HTTP {status}: {str(detail.get('message', 'no message'))[:300]}"
    kinds = {str(detail.get("type")), str(detail.get("code"))}
    if kinds & {"exceed_context_size_error", "context_length_exceeded"}:
        return fault("context_exceeded", happened)
    if kinds & {"insufficient_quota"}:
        return fault("quota", happened)
    return fault(status_class(status), happened)
