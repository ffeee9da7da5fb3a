"""What goes wrong with language-model servers, one function each.

A fault is given to `ModelServer.fail_next`, `ModelServer.fail_when`, or returned by the `answer` hook. Four kinds:

* `Spoken`: the model says something faulty; envelope, limits and cache work as always.
* `Refused`: the service answers with an error of the protocol in use.
* `Raw`: an answer no protocol knows.
* `Carried`: the good answer goes badly over the wire.
"""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.model_server.asked import AskedRequest
from tests.doubles.model_server.cloudflare import ERRORS
from tests.doubles.model_server.wire import HttpResponse, Manner

CLOUDFLARE_CODES = tuple(sorted(ERRORS))


@dataclass(frozen=True)
class Moment:
    """What a spoken fault may look at: the request, the good text, and what another request was answered before."""

    asked: AskedRequest
    text: str
    previous: str


@dataclass(frozen=True)
class Fault:
    """Base of all faults; `name` is what test ids and assertion messages show."""

    name: str


@dataclass(frozen=True)
class Spoken(Fault):
    """`change` makes the faulty value; `traits` replaces fields of `Said` ("finish", "shape", "usage", "done" ...)."""

    change: Callable[[Moment], Any] = lambda moment: moment.text
    traits: Callable[[Moment], Mapping[str, Any]] = lambda moment: {}


@dataclass(frozen=True)
class Refused(Fault):
    """An error body in the protocol's own shape."""

    status: int = 500
    code: int | str | None = None
    message: str = "Internal server error"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Raw(Fault):
    """A finished HTTP answer."""

    response: HttpResponse = field(default_factory=HttpResponse)


@dataclass(frozen=True)
class Carried(Fault):
    """The good answer, carried badly."""

    manner: Manner = "whole"
    drip_seconds: float = 1.0


# The model's text ---------------------------------------------------------------------------------------------------


def says(value: Any) -> Fault:
    """Exactly this value where the text belongs: text, null, a number, an object."""
    return Spoken("says", lambda moment: value)


def truncated() -> Fault:
    """Half the text, reported as cut at the output limit."""

    def traits(moment: Moment) -> Mapping[str, Any]:
        count = moment.asked.max_tokens
        return {"finish": "length"} | ({} if count is None else {"completion_tokens": count})

    return Spoken("truncated", lambda moment: moment.text[: len(moment.text) // 2], traits)


def prose_around() -> Fault:
    return Spoken(
        "prose_around", lambda m: f"Sure! Here is the JSON you asked for:\n\n{m.text}\n\nLet me know if {{more}}."
    )


def code_fence() -> Fault:
    return Spoken("code_fence", lambda moment: f"```json\n{moment.text}\n```")


def trailing_comma() -> Fault:
    return Spoken("trailing_comma", lambda moment: moment.text.rstrip()[:-1] + "," + moment.text.rstrip()[-1:])


def single_quotes() -> Fault:
    """A Python dictionary in place of JSON."""
    return Spoken("single_quotes", lambda moment: repr(json.loads(moment.text)))


def empty_text() -> Fault:
    return Spoken("empty_text", lambda moment: "", lambda moment: {"completion_tokens": 0})


def null_text() -> Fault:
    return Spoken("null_text", lambda moment: None, lambda moment: {"completion_tokens": 0})


def number_text() -> Fault:
    return Spoken("number_text", lambda moment: 42)


def object_text() -> Fault:
    """An object where other replies have its text (Cloudflare's JSON mode, and proxies that parse)."""
    return Spoken("object_text", lambda moment: json.loads(moment.text))


def choices_shape() -> Fault:
    """Cloudflare: `choices[0].message.content` in place of `response`."""
    return Spoken("choices_shape", traits=lambda moment: {"shape": "choices"})


def no_usage() -> Fault:
    return Spoken("no_usage", traits=lambda moment: {"usage": False})


def deep_nesting(depth: int = 100_000) -> Fault:
    """Valid JSON that overruns recursive parsers."""
    return Spoken("deep_nesting", lambda moment: "[" * depth + "]" * depth)


def hostile_characters() -> Fault:
    """A NUL, bidirectional overrides, a zero-width space, a lone surrogate and an escape code in the first string."""
    nasty = "\\u0000\\u202e\\u2066\\u200b\\ud800\\u001b[31m"
    return Spoken(
        "hostile_characters", lambda m: m.text.replace(': "', f': "{nasty}', 1).replace('["', f'["{nasty}', 1)
    )


def another_answer() -> Fault:
    """What another request was answered, or a text of no use when there was none."""
    return Spoken("another_answer", lambda moment: moment.previous or '{"weather": "sunny", "degrees": 21}')


def broken_rules() -> Fault:
    """The right keys, but floats out of their bounds and strings off their patterns: Ollama does not enforce these."""
    return Spoken("broken_rules", lambda moment: json.dumps(_broken(json.loads(moment.text))))


def broken_off() -> Fault:
    """Ollama: 200, `done` false, no `done_reason`, half the text; seen after ~30 repetitions of one token."""
    return Spoken("broken_off", lambda moment: moment.text[: len(moment.text) // 2], lambda moment: {"done": False})


def _broken(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _broken(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_broken(part) for part in value]
    if isinstance(value, float):
        return -10.0
    return "~ text ~" if isinstance(value, str) and any(letter.isdigit() for letter in value) else value


# The service --------------------------------------------------------------------------------------------------------


def cloudflare_error(code: int) -> Fault:
    """A row of Cloudflare's error table by its code (`CLOUDFLARE_CODES`)."""
    row = ERRORS[code]
    return Refused(f"cloudflare_{code}", row.status, code, row.message)


def json_mode_failed(*, code: int | None = None, status: int = 400, typo: bool = False) -> Fault:
    """JSON mode gave up. Known with and without the code 5024, and with the typing error "JSON Model"."""
    message = "JSON Model couldn't be met" if typo else "JSON Mode couldn't be met"
    return Refused("json_mode_failed", status, code, message)


def success_false() -> Fault:
    """HTTP 200 that is a failure all the same."""
    return Refused("success_false", 200, 5000, "Inference failed")


def http_error(status: int, message: str = "Internal server error", code: int | str | None = None) -> Fault:
    return Refused(f"http_{status}", status, code, message)


def unauthorised() -> Fault:
    return Refused("unauthorised", 401, 10000, "Authentication error")


def rate_limited(retry_after: int | str | None = None) -> Fault:
    """429, with `Retry-After` in seconds or as an HTTP date if given."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return Refused("rate_limited", 429, "rate_limit_exceeded", "Rate limit reached", headers)


# The connection -----------------------------------------------------------------------------------------------------


def hang() -> Fault:
    """No answer until client or server closes."""
    return Carried("hang", "hang")


def drip(seconds: float = 1.0) -> Fault:
    """The good answer, one byte every so many seconds: defeats time limits that count silence."""
    return Carried("drip", "drip", seconds)


def cut() -> Fault:
    """The connection closes in the middle of the body."""
    return Carried("cut", "cut")


def huge(megabytes: int = 50) -> Fault:
    """An answer of that size in an otherwise right envelope."""
    return Spoken("huge", lambda moment: "word " * (megabytes * 200_000))


def bomb(megabytes: int = 20) -> Fault:
    """A few hundred bytes, packed twice, that unpack to that size."""
    packed = gzip.compress(gzip.compress(bytes(megabytes * 1_000_000), 1))
    return Raw("bomb", HttpResponse(200, packed, {"content-encoding": "gzip, gzip"}))


def html_page(status: int = 502) -> Fault:
    page = b"<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Error</h1></body></html>"
    return Raw("html_page", HttpResponse(status, page, content_type="text/html; charset=UTF-8"))


def wrong_envelope(body: bytes = b'{"unexpected": [1, 2, 3]}') -> Fault:
    """Valid JSON that is not the protocol's envelope."""
    return Raw("wrong_envelope", HttpResponse(200, body))


def broken_envelope() -> Fault:
    """200 and a body that is not JSON at all."""
    return Raw("broken_envelope", HttpResponse(200, b'{"result": {"response": "half'))


def redirect(to: str, status: int = 302) -> Fault:
    """Sent elsewhere; a client must not take its credentials there."""
    return Raw("redirect", HttpResponse(status, headers={"location": to}))
