"""Keys go to the server they are meant for, and nowhere else."""

import base64

import pytest
from pydantic import SecretStr

from tests.answering.setting import (
    ask,
    classes,
    last,
    openai,
)
from tests.doubles.model_server import ModelServer, faults
from tests.doubles.model_server.wire import HttpResponse


def test_a_redirect_is_not_followed_and_sees_no_credentials(models: ModelServer) -> None:
    with ModelServer() as elsewhere:
        models.fail_next(faults.redirect(f"{elsewhere.openai_url}/chat/completions", 307))

        asked = ask(openai(models))

        assert elsewhere.exchanges == ()
    assert classes(asked) == ["redirected"]
    assert f"redirects to {elsewhere.url.removeprefix('http://')}" in str(asked.error)


def test_a_redirect_to_another_path_is_said(models: ModelServer) -> None:
    models.fail_next(faults.redirect("/login"))

    assert "redirects to another path" in str(ask(openai(models)).error)


def test_a_server_that_repeats_the_key_does_not_bring_it_into_errors(models: ModelServer) -> None:
    models.fail_next(faults.http_error(401, f"The key {models.token} is not known"))

    asked = ask(openai(models))

    assert "The key [key] is not known" in str(asked.error)
    assert models.token not in repr(asked)


def test_a_key_that_is_echoed_in_another_form_is_not_stored(models: ModelServer) -> None:
    written = base64.b64encode(f"phasegate:{models.token}".encode())
    models.fail_next(faults.Raw("a proxy's page", HttpResponse(502, b"Authorization: Basic " + written)))

    asked = ask(openai(models, attempts=1))

    assert "[key]" in last(asked).raw_body
    assert written.decode()[20:-4] not in repr(asked)


def test_a_key_in_whose_middle_the_reply_breaks_off_is_not_stored(models: ModelServer) -> None:
    half = f"Bearer {models.token[:-1]}".encode()
    page = HttpResponse(500, half + b"x" * len(half), manner="cut")
    models.fail_next(faults.Raw("cut off", page))

    asked = ask(openai(models, attempts=1))

    assert (classes(asked), last(asked).raw_body) == (["interrupted"], "Bearer [key]")


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    models: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert ask(openai(models)).outcome == "first_pass"


def test_a_cookie_is_not_kept(models: ModelServer) -> None:
    models.fail_next(faults.Refused("cookie", 500, headers={"set-cookie": "session=1"}))

    ask(openai(models))

    assert ["cookie" in request.headers for request in models.requests] == [False, False]


def test_a_key_of_the_wrong_kind_is_refused_before_it_is_sent(models: ModelServer) -> None:
    models.fail_next(faults.unauthorised())

    asked = ask(openai(models, api_key=SecretStr("not the key")))

    assert (asked.outcome, classes(asked)) == ("failed", ["unauthorized"])
    assert "not the key" not in repr(asked)
