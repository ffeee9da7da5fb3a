"""The double of language-model servers: what goes wrong on demand."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.doubles.conftest import Ask
from tests.doubles.model_server import Fault, ModelServer, faults

Text = Callable[..., Any]


class TestSpokenFaults:
    @pytest.mark.parametrize(
        "fault",
        [
            faults.prose_around(),
            faults.code_fence(),
            faults.trailing_comma(),
            faults.single_quotes(),
            faults.truncated(),
            faults.empty_text(),
        ],
        ids=lambda fault: fault.name,
    )
    def test_text_that_is_no_json(self, server: ModelServer, text: Text, fault: Fault) -> None:
        server.fail_next(fault)

        with pytest.raises(json.JSONDecodeError):
            json.loads(text())
        assert json.loads(text())

    @pytest.mark.parametrize(
        ("fault", "expected"),
        [(faults.null_text(), None), (faults.number_text(), 42), (faults.says([1]), [1])],
        ids=["null", "number", "list"],
    )
    def test_values_in_place_of_text(self, server: ModelServer, text: Text, fault: Fault, expected: Any) -> None:
        server.fail_next(fault)

        assert text() == expected

    def test_an_object_in_place_of_its_text(self, server: ModelServer, text: Text) -> None:
        server.fail_next(faults.object_text())

        assert set(text()) == {"title", "tags"}

    def test_truncation_says_so_and_uses_up_the_limit(self, server: ModelServer, ask: Ask) -> None:
        server.fail_next(faults.truncated())

        reply = ask(max_tokens=400).json()

        assert reply["choices"][0]["finish_reason"] == "length"
        assert reply["usage"]["completion_tokens"] == 400

    def test_an_answer_to_another_request(self, server: ModelServer, text: Text) -> None:
        first = text("first")
        server.fail_next(faults.another_answer())

        assert text("second") == first

    def test_nesting_deeper_than_a_recursive_parser(self, server: ModelServer, text: Text) -> None:
        server.fail_next(faults.deep_nesting())

        with pytest.raises(RecursionError):
            json.loads(text())

    def test_characters_that_databases_and_screens_dislike(self, server: ModelServer, text: Text) -> None:
        server.fail_next(faults.hostile_characters())

        title = json.loads(text())["title"]

        assert title.startswith("\x00\u202e\u2066\u200b\ud800\x1b[31m")

    def test_usage_can_be_missing(self, server: ModelServer, ask: Ask) -> None:
        server.fail_next(faults.no_usage())

        assert "usage" not in ask().json()

    def test_an_answer_of_50_megabytes(self, server: ModelServer, text: Text) -> None:
        server.fail_next(faults.huge())

        assert len(text()) == 50_000_000

    def test_the_hooks_own_answer_is_what_gets_spoiled(self, server: ModelServer, text: Text) -> None:
        server.answer = lambda request: {"a": 1}
        server.fail_next(faults.code_fence())

        assert text() == '```json\n{"a": 1}\n```'


class TestServiceFaults:
    def test_a_200_may_be_a_failure(self, server: ModelServer, http: httpx.Client) -> None:
        server.fail_next(faults.success_false())
        model = "@cf/meta/llama-3.3-70b-instruct-fp8-fast"

        reply = http.post(
            f"{server.cloudflare_url}/accounts/{server.account}/ai/run/{model}",
            json={"messages": [{"role": "user", "content": "Hi"}]},
        )

        assert reply.status_code == 200
        assert reply.json()["success"] is False

    def test_json_mode_fails_in_both_spellings(self, server: ModelServer, ask: Ask) -> None:
        server.fail_next(faults.json_mode_failed(code=5024), faults.json_mode_failed(typo=True))

        assert [ask().json()["error"]["message"] for _ in range(2)] == [
            "JSON Mode couldn't be met",
            "JSON Model couldn't be met",
        ]

    def test_a_page_of_html(self, server: ModelServer, ask: Ask) -> None:
        server.fail_next(faults.html_page())

        reply = ask()

        assert (reply.status_code, reply.text[:15]) == (502, "<!DOCTYPE html>")

    def test_envelopes_of_another_kind(self, server: ModelServer, ask: Ask) -> None:
        server.fail_next(faults.wrong_envelope(), faults.broken_envelope())

        assert "choices" not in ask().json()
        with pytest.raises(json.JSONDecodeError):
            ask().json()

    def test_a_redirect_to_another_host_leaves_the_token_behind(self, server: ModelServer, ask: Ask) -> None:
        with ModelServer() as stranger:
            server.fail_next(faults.redirect(f"{stranger.url.replace('127.0.0.1', 'localhost')}/steal"))

            reply = ask()

            assert (reply.status_code, reply.is_redirect) == (302, True)
            assert stranger.exchanges == ()


class TestConnectionFaults:
    def test_no_answer_until_the_client_gives_up(self, server: ModelServer, ask: Ask, http: httpx.Client) -> None:
        server.fail_next(faults.hang())
        http.timeout = httpx.Timeout(0.2)

        with pytest.raises(httpx.ReadTimeout):
            ask()
        http.timeout = httpx.Timeout(30)
        assert ask().status_code == 200

    def test_the_server_ends_while_a_question_hangs(self, ask: Ask, server: ModelServer) -> None:
        server.fail_next(faults.hang())
        with ThreadPoolExecutor(1) as pool:
            reply = pool.submit(ask)
            server.wait_for_requests(1)
            server.stop()
            with pytest.raises(httpx.HTTPError):
                reply.result()

    def test_a_drip_takes_its_time_for_every_byte(self, server: ModelServer, ask: Ask) -> None:
        server.fail_next(faults.drip(0.001))

        started = time.perf_counter()
        reply = ask()

        assert reply.json()["choices"]
        assert time.perf_counter() - started > 0.001 * len(reply.content)

    def test_the_connection_breaks_in_the_middle_of_the_body(self, server: ModelServer, ask: Ask) -> None:
        server.fail_next(faults.cut())

        with pytest.raises(httpx.RemoteProtocolError):
            ask()
        assert ask().status_code == 200
