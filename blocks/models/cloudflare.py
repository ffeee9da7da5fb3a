"""Cloudflare Workers AI over REST, directly or through an AI Gateway.

Sources: Cloudflare's Workers AI REST, JSON mode, errors and AI Gateway pages. Bites handled here: replies that carry
an object instead of a text, HTTP 200 with success=false, an output limit of 256 tokens when none is sent, answers from
the gateway's cache, error codes that tell a passing fault from a final one.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr

from blocks.errors import ConfigurationError
from blocks.models.base import URL, LanguageModel, bearer
from blocks.models.faults import fault, status_class
from blocks.models.replies import answered, at, count, reply_object
from blocks.models.wire import Endpoint, HttpRequest, Question, Reply

ERROR_CODES: dict[int, str] = {
    3040: "capacity",
    3036: "quota",
    4006: "quota",
    3007: "timeout",
    3008: "timeout",
    3046: "timeout",
    3006: "too_large_request",
    5021: "context_exceeded",
    5024: "json_mode",
    5025: "json_unsupported",
    5007: "unknown_model",
    3042: "unknown_model",
    5028: "withdrawn",
    5035: "paid_plan",
    10000: "unauthorized",
    10001: "unauthorized",
    7000: "unauthorized",
    7003: "unauthorized",
    **dict.fromkeys((5004, 5006, 3003, 5016, 5018, 5019, 3023, 3041, 5005, 3039), "bad_request"),
}
LONGEST_MESSAGE = 131_072
"""Characters Workers AI takes in one message."""


class CloudflareModel(LanguageModel):
    """A model on Cloudflare Workers AI."""

    _block_type_name = "Language Model: Cloudflare Workers AI"
    _block_type_slug = "phasegate-model-cloudflare"
    _description = "A language model on Cloudflare Workers AI, over REST or through an AI Gateway."
    provider: ClassVar[str] = "cloudflare"

    account_id: str = Field(
        "",
        title="Account id",
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]*$",
        description="Your Cloudflare account id: 32 hexadecimal digits, on the account's Workers AI page.",
    )
    api_token: SecretStr = Field(
        SecretStr(""),
        title="API token",
        description="A token with the permission 'Workers AI: Read'. Stored encrypted, never shown.",
    )
    gateway: str = Field(
        "", title="AI Gateway id", max_length=64, pattern=r"^[A-Za-z0-9_-]*$",
        description="Send calls through this AI Gateway; empty sends them straight to Workers AI.",
    )  # fmt: skip
    cache_seconds: int = Field(
        0, title="Gateway cache (seconds)", ge=0, le=2_592_000,
        description="How long the gateway may answer equal requests from its cache; 0 never does. Trials and repeated "
        "questions always skip it.",
    )  # fmt: skip
    schema_parameter: Literal["response_format", "guided_json"] = Field(
        "response_format",
        title="Where the schema goes",
        description="Most models take it in response_format; Mistral's take guided_json.",
    )
    base_url: str = Field(
        "https://api.cloudflare.com/client/v4",
        title="API URL",
        pattern=URL,
        description="Change for tests only.",
    )
    gateway_url: str = Field(
        "https://gateway.ai.cloudflare.com/v1", title="Gateway URL", pattern=URL,
        description="Used when a gateway is named.",
    )  # fmt: skip

    @contextlib.contextmanager
    def reach(self) -> Iterator[Endpoint]:
        if not self.account_id or not self.api_token.get_secret_value().strip():
            raise ConfigurationError(
                f"The Cloudflare model block for {self.model} has no account id or no API token.",
                means="nothing can be asked of it; the run was not started.",
                do="open the block in the Prefect UI under Blocks and enter both, or run `phasegate models cloudflare`.",
            )
        headers = bearer(self.api_token, self.model)
        if self.gateway:
            base = f"{self.gateway_url.rstrip('/')}/{self.account_id}/{self.gateway}/workers-ai"
        else:
            base = f"{self.base_url.rstrip('/')}/accounts/{self.account_id}/ai/run"
        yield Endpoint(base, headers)

    def request(self, question: Question, endpoint: Endpoint) -> HttpRequest:
        longest = max(len(question.system), len(question.user))
        if longest > LONGEST_MESSAGE:
            raise fault(
                "too_large_request", f"A message of {longest:,} characters; Workers AI takes {LONGEST_MESSAGE:,}."
            )
        body: dict[str, Any] = {
            "messages": [{"role": "system", "content": question.system}, {"role": "user", "content": question.user}],
            "max_tokens": question.max_tokens,
            "temperature": question.temperature,
            "seed": question.seed,
            "stream": False,
            **self._json_mode(question),
        }
        headers = dict(endpoint.headers)
        if self.gateway:
            skip = question.fresh or not self.cache_seconds
            headers |= {"cf-aig-skip-cache": "true"} if skip else {"cf-aig-cache-ttl": str(self.cache_seconds)}
        return HttpRequest(f"{endpoint.base_url}/{self.model}", headers, body)

    def _json_mode(self, question: Question) -> dict[str, Any]:
        if question.schema is None or self.json_capability == "none":
            return {}
        if self.json_capability == "object":
            return {"response_format": {"type": "json_object"}}
        if self.schema_parameter == "guided_json":
            return {"guided_json": question.schema}
        return {"response_format": {"type": "json_schema", "json_schema": question.schema}}

    def read(self, status: int, headers: Mapping[str, str], body: bytes, question: Question) -> Reply:
        envelope = reply_object(status, body)
        if status >= 400 or envelope.get("success") is False:
            raise _refusal(status, envelope)
        result = envelope.get("result", envelope)
        if not isinstance(result, dict):
            raise fault("invalid_envelope", f"HTTP {status} with a result that is no object.")
        return _reply(result, question)


def _refusal(status: int, envelope: Mapping[str, Any]) -> Exception:
    """The error of a refused call, by Cloudflare's own code first, by the HTTP status where there is none we know."""
    listed = envelope.get("errors")
    errors = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    code = next((item["code"] for item in errors if isinstance(item.get("code"), int)), None)
    said = "; ".join(str(item.get("message", "")) for item in errors) or "no message"
    happened = f"Workers AI answered HTTP {status}, code {code}: {said[:300]}"
    if "JSON Mode" in said and "be met" in said:  # comes without its code too, and as "JSON Model couldn't be met"
        return fault("json_mode", happened)
    if code in ERROR_CODES:
        return fault(ERROR_CODES[code], happened)
    return fault(status_class(status), happened)


def _reply(result: Mapping[str, Any], question: Question) -> Reply:
    """The answer in `response`, text or object, or in OpenAI's shape, as newer models send it."""
    if "response" not in result and "choices" not in result:
        raise fault("invalid_envelope", "Workers AI sent a result without an answer in it.")
    answer = result.get("response")
    if answer is None:
        answer = at(result, "choices", 0, "message", "content")
    prompt, completion = at(result, "usage", "prompt_tokens"), count(at(result, "usage", "completion_tokens"))
    ended = at(result, "choices", 0, "finish_reason") == "length"
    cut = ended or (completion is not None and completion >= question.max_tokens)
    return answered(answer, "Workers AI", prompt, completion, cut)
