"""Every fault the double knows, and what asking makes of it: how it is classed, whether it is tried again."""

import inspect
from typing import Any

import pytest

from blocks.models.faults import CLASSES
from tests.answering.setting import PROVIDERS, STINGY, TERN, ask, classes
from tests.doubles.model_server import CLOUDFLARE_CODES, Fault, ModelServer, faults

CLOUDFLARE = {
    3040: "capacity",
    3007: "timeout", 3008: "timeout", 3046: "timeout",
    5024: "json_mode",
    5025: "json_unsupported",
    3036: "quota", 4006: "quota",
    5028: "withdrawn",
    5035: "paid_plan",
    5007: "unknown_model", 3042: "unknown_model",
    5021: "context_exceeded",
    3006: "too_large_request",
    **dict.fromkeys((3003, 3023, 3039, 3041, 5004, 5005, 5006, 5016, 5018, 5019), "bad_request"),
}  # fmt: skip
"""Workers AI's codes."""
RETRIED = {
    "capacity", "timeout", "json_mode", "connection", "interrupted", "rate_limited", "server_error",
    "invalid_envelope", "incomplete", "empty_answer",
}  # fmt: skip
"""What a second, equal request can cure."""
SPOKEN: dict[str, tuple[Fault, str | None]] = {
    "truncated": (faults.truncated(), "invalid_answer"),
    "number_text": (faults.number_text(), "invalid_answer"),
    "deep_nesting": (faults.deep_nesting(), "invalid_answer"),
    "another_answer": (faults.another_answer(), "invalid_answer"),
    "broken_rules": (faults.broken_rules(), "invalid_answer"),
    "says": (faults.says("I would rather not."), "invalid_answer"),
    "empty_text": (faults.empty_text(), "empty_answer"),
    "null_text": (faults.null_text(), "empty_answer"),
    "prose_around": (faults.prose_around(), None),
    "code_fence": (faults.code_fence(), None),
    "trailing_comma": (faults.trailing_comma(), None),
    "single_quotes": (faults.single_quotes(), None),
    "object_text": (faults.object_text(), None),
    "hostile_characters": (faults.hostile_characters(), None),
    "no_usage": (faults.no_usage(), None),
}
"""What a model says wrong; None where the answer is of use all the same."""
SERVED: dict[str, tuple[Fault, str]] = {
    "http_error": (faults.http_error(500), "server_error"),
    "http_error 503": (faults.http_error(503), "capacity"),
    "http_error 400": (faults.http_error(400), "bad_request"),
    "unauthorised": (faults.unauthorised(), "unauthorized"),
    "rate_limited": (faults.rate_limited(), "rate_limited"),
    "cut": (faults.cut(), "interrupted"),
    "huge": (faults.huge(3), "too_large_reply"),
    "bomb": (faults.bomb(), "invalid_envelope"),
    "html_page": (faults.html_page(), "server_error"),
    "html_page 200": (faults.html_page(200), "invalid_envelope"),
    "html_page 401": (faults.html_page(401), "unauthorized"),
    "html_page 404": (faults.html_page(404), "invalid_envelope"),
    "wrong_envelope": (faults.wrong_envelope(), "invalid_envelope"),
    "wrong_envelope list": (faults.wrong_envelope(b"[1, 2]"), "invalid_envelope"),
    "wrong_envelope deep": (faults.wrong_envelope(b'{"result": ' + b"[" * 100_000), "invalid_envelope"),
    "broken_envelope": (faults.broken_envelope(), "invalid_envelope"),
    "redirect": (faults.redirect("http://elsewhere.example/"), "redirected"),
}
"""What a server does wrong, whatever its protocol."""
CLOUDFLARE_ONLY: dict[str, tuple[Fault, str | None]] = {
    "json_mode_failed": (faults.json_mode_failed(), "json_mode"),
    "json_mode_failed 5024": (faults.json_mode_failed(code=5024, typo=True), "json_mode"),
    "json_mode_failed typo": (faults.json_mode_failed(typo=True), "json_mode"),
    "http_error 5024": (faults.http_error(400, "in words not seen before", code=5024), "json_mode"),
    "success_false": (faults.success_false(), "server_error"),
    "choices_shape": (faults.choices_shape(), None),
}
OLLAMA_ONLY: dict[str, tuple[Fault, str | None]] = {"broken_off": (faults.broken_off(), "incomplete")}

every_provider = pytest.mark.parametrize("provider", PROVIDERS)


def check(models: ModelServer, provider: str, fault: Fault, error_class: str | None, **fields: Any) -> None:
    """A model that says TERN otherwise meets the fault once."""
    models.answer = lambda request: TERN
    models.fail_next(fault)
    asked = ask(PROVIDERS[provider](models, **fields))
    if error_class is None:
        assert (classes(asked), len(models.requests)) == ([None], 1)
    elif error_class in RETRIED | {"invalid_answer"}:
        assert classes(asked) == [error_class, None]
        assert asked.value is not None
    else:
        assert classes(asked) == [error_class]
        assert asked.error is not None
        assert (asked.outcome, asked.error.error_class) == ("failed", error_class)


@every_provider
@pytest.mark.parametrize("fault", SPOKEN)
def test_what_a_model_says(models: ModelServer, provider: str, fault: str) -> None:
    check(models, provider, *SPOKEN[fault])


@every_provider
@pytest.mark.parametrize("fault", SERVED)
def test_what_a_server_does(models: ModelServer, provider: str, fault: str) -> None:
    check(models, provider, *SERVED[fault])


@every_provider
@pytest.mark.parametrize("fault", [faults.hang(), faults.drip(0.05)], ids=["hang", "drip"])
def test_a_server_that_does_not_come_to_an_end(models: ModelServer, provider: str, fault: Fault) -> None:
    models.fail_next(fault, times=2)

    asked = ask(PROVIDERS[provider](models, **STINGY, attempts=2))

    assert classes(asked) == ["timeout", "timeout"]


@pytest.mark.parametrize("code", CLOUDFLARE_CODES)
def test_a_code_of_workers_ai(models: ModelServer, code: int) -> None:
    check(models, "cloudflare", faults.cloudflare_error(code), CLOUDFLARE[code])


@pytest.mark.parametrize("fault", CLOUDFLARE_ONLY)
def test_a_fault_of_workers_ai(models: ModelServer, fault: str) -> None:
    check(models, "cloudflare", *CLOUDFLARE_ONLY[fault])


@pytest.mark.parametrize("fault", OLLAMA_ONLY)
def test_a_fault_of_ollama(models: ModelServer, fault: str) -> None:
    check(models, "ollama", *OLLAMA_ONLY[fault])


def test_no_fault_of_the_double_was_forgotten() -> None:
    made_here = {
        name for name, made in inspect.getmembers(faults, inspect.isfunction) if made.__module__ == faults.__name__
    }
    known = {name for name in made_here if not name.startswith("_")}
    tested = {name.split()[0] for name in (*SPOKEN, *SERVED, *CLOUDFLARE_ONLY, *OLLAMA_ONLY)}

    assert known == tested | {"hang", "drip", "cloudflare_error"}
    assert set(CLOUDFLARE) == set(CLOUDFLARE_CODES)


def test_each_class_says_what_it_means_and_what_to_do() -> None:
    assert {name for name, (retried, _, _) in CLASSES.items() if retried} == RETRIED
    assert all(means.endswith(".") and do.endswith(".") for _, means, do in CLASSES.values())
