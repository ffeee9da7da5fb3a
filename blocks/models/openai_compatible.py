"""Any server with OpenAI's chat completions: vLLM, llama.cpp, LM Studio, OpenAI itself and many more."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from blocks.models.base import URL, LanguageModel, bearer
from blocks.models.faults import fault, status_class
from blocks.models.replies import answered, at, reply_object
from blocks.models.wire import Endpoint, HttpRequest, Question, Reply


class OpenAICompatibleModel(LanguageModel):
    """A model behind an OpenAI-compatible chat completions endpoint."""

    _block_type_name = "Language Model: OpenAI-compatible"
    _block_type_slug = "phasegate-model-openai"
    _description = "A language model behind any OpenAI-compatible chat completions endpoint."
    provider: ClassVar[str] = "openai-compatible"

    base_url: str = Field(
        title="Base URL",
        pattern=URL,
        description="Up to and including /v1, for example http://127.0.0.1:8000/v1",
    )
    api_key: SecretStr | None = Field(None, title="API key", description="Sent as a bearer token; empty sends none.")
    strict_schema: bool = Field(
        False, title="Strict schema", description="Ask for strict schema adherence; some servers refuse the word."
    )

    @contextlib.contextmanager
    def reach(self) -> Iterator[Endpoint]:
        yield Endpoint(self.base_url.rstrip("/"), bearer(self.api_key, self.model))

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
    reply = reply_object(status, body)
    if status >= 400 or reply.get("error"):
        raise _refusal(status, reply.get("error"))
    choice = at(reply, "choices", 0)
    if not isinstance(choice, dict):
        raise fault("invalid_envelope", f"HTTP {status} with no choices in it.")
    prompt, completion = at(reply, "usage", "prompt_tokens"), at(reply, "usage", "completion_tokens")
    cut = choice.get("finish_reason") == "length"
    return answered(at(choice, "message", "content"), "The server", prompt, completion, cut)


def _refusal(status: int, error: Any) -> Exception:
    detail = error if isinstance(error, dict) else {"message": str(error)}
    happened = f"The server answered HTTP {status}: {str(detail.get('message', 'no message'))[:300]}"
    kinds = {str(detail.get("type")), str(detail.get("code"))}
    if kinds & {"exceed_context_size_error", "context_length_exceeded"}:
        return fault("context_exceeded", happened)
    if kinds & {"insufficient_quota"}:
        return fault("quota", happened)
    return fault(status_class(status), happened)
