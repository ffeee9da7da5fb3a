"""The double of language-model servers: answers, hooks, faults and what it remembers."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.doubles.conftest import SCHEMA, Ask
from tests.doubles.model_server import AskedRequest, HostedModel, ModelServer, faults

Text = Callable[..., Any]


class TestAnswers:
    def test_same_seed_and_prompt_same_answer(self, text: Text) -> None:
        assert text("a", seed=1) == text("a", seed=1)
        assert len({text("a", seed=1), text("a", seed=2), text("b", seed=1)}) == 3

    def test_prose_fills_most_of_the_output_limit_and_no_more(self, text: Text) -> None:
        answer = text(response_format=None, max_tokens=600)

        assert 0.6 * 600 * 4 < len(answer) <= 600 * 4

    def test_a_schema_written_in_the_prompt_is_obeyed_in_a_fence(self, text: Text) -> None:
        answer = text(f"Answer by this schema: {json.dumps(SCHEMA)} and nothing else.", response_format=None)

        assert answer.startswith("```json\n")
        assert set(json.loads(answer[8:-4])) == {"title", "tags"}

    def test_json_mode_obeys_a_schema_in_the_prompt_without_a_fence(self, text: Text) -> None:
        answer = text(f"JSON by {json.dumps(SCHEMA)}", response_format={"type": "json_object"})

        assert set(json.loads(answer)) == {"title", "tags"}

    def test_the_hook_answers_with_text_or_json_or_leaves_it(self, server: ModelServer, text: Text) -> None:
        answers: dict[str, str | dict[str, Any] | None] = {"a": "plain", "b": {"é": 1}, "c": None}
        server.answer = lambda request: answers[request.prompt]

        assert text("a") == "plain"
        assert json.loads(text("b")) == {"é": 1}
        assert set(json.loads(text("c"))) == {"title", "tags"}

    def test_the_hook_sees_what_was_asked(self, server: ModelServer, ask: Ask) -> None:
        ask("Hi", temperature=0.3, seed=7, max_tokens=50)

        request = server.requests[0]
        assert (request.protocol, request.model, request.schema) == ("openai", "smol", SCHEMA)
        assert (request.temperature, request.seed, request.max_tokens, request.prompt) == (0.3, 7, 50, "Hi")

    @pytest.mark.parametrize("hook", [lambda request: 1 / 0, None])
    def test_a_test_that_left_no_answer_fails_at_the_end(self, hook: Any) -> None:
        body = {"model": "smol", "messages": [{"role": "user", "content": "json"}]}
        server = ModelServer().start()
        server.answer = hook

        reply = httpx.post(
            f"{server.openai_url}/chat/completions",
            json=body | {"response_format": {"type": "json_object"}},
            headers={"authorization": f"Bearer {server.token}"},
        )

        assert reply.status_code == 500
        with pytest.raises(AssertionError, match="no answer to give"):
            server.__exit__(None, None, None)


class TestTime:
    def test_delays_are_per_question_and_run_at_the_same_time(self, server: ModelServer, ask: Ask) -> None:
        server.delay = lambda request: 0.5

        started = time.perf_counter()
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(ask, "abcde"))

        assert 0.5 <= time.perf_counter() - started < 2.0

    def test_a_model_with_one_slot_serves_one_at_a_time(self, server: ModelServer, ask: Ask) -> None:
        server.host(HostedModel("smol", slots=1))

        with ThreadPoolExecutor(5) as pool:
            list(pool.map(ask, "abcde"))

        assert server.max_in_flight["smol"] == 1

    def test_questions_wait_while_paused(self, server: ModelServer, ask: Ask) -> None:
        server.pause()
        with ThreadPoolExecutor(2) as pool:
            replies = [pool.submit(ask, prompt) for prompt in "ab"]
            server.wait_for_requests(2)
            assert not any(reply.done() for reply in replies)
            server.resume()
            assert [reply.result().status_code for reply in replies] == [200, 200]
        assert server.max_in_flight["smol"] == 2

    def test_costs_less_than_a_few_milliseconds_a_call(self, ask: Ask) -> None:
        ask()
        started = time.perf_counter()
        for _ in range(50):
            ask()

        # Client included and with room for a busy machine; quiet, server alone, it is below 1 ms.
        assert time.perf_counter() - started < 2


class TestPlanAndLog:
    def test_faults_come_in_order_and_as_often_as_planned(self, server: ModelServer, ask: Ask) -> None:
        server.fail_next(faults.http_error(500), times=2)
        server.fail_next(faults.http_error(503))

        assert [ask().status_code for _ in range(4)] == [500, 500, 503, 200]

    def test_a_fault_waits_for_the_request_it_is_meant_for(self, server: ModelServer, ask: Ask) -> None:
        server.fail_next(faults.http_error(500), when=lambda request: "second" in request.prompt)

        assert [ask(prompt).status_code for prompt in ("first", "second", "second")] == [200, 500, 200]

    def test_a_standing_fault_lasts_until_healed(self, server: ModelServer, ask: Ask) -> None:
        server.fail_when(lambda request: request.model == "smol", faults.http_error(503))

        before = [ask().status_code for _ in range(3)]
        server.heal()

        assert (before, ask().status_code) == ([503, 503, 503], 200)

    def test_the_hook_may_return_a_fault(self, server: ModelServer, ask: Ask) -> None:
        server.answer = lambda request: faults.rate_limited(3) if request.number == 1 else None

        assert [ask().status_code for _ in range(2)] == [429, 200]

    def test_refused_requests_are_remembered_too(self, server: ModelServer, ask: Ask) -> None:
        ask(model="nope")

        assert [request.model for request in server.requests] == ["nope"]
        assert [exchange.status for exchange in server.exchanges] == [404]

    def test_a_withdrawn_model_is_gone(self, server: ModelServer, ask: Ask) -> None:
        server.withdraw("smol")

        assert ask().status_code == 404

    def test_clearing_forgets_what_was_seen(self, server: ModelServer, ask: Ask) -> None:
        ask()
        server.clear()

        assert (server.requests, server.exchanges, dict(server.max_in_flight)) == ((), (), {})

    def test_the_log_can_be_kept_short(self) -> None:
        with ModelServer(log_limit=2) as server:
            for _ in range(5):
                httpx.post(f"{server.url}/api/chat", json={"model": "smol", "messages": [{"role": "user"}]})
            assert [request.number for request in server.requests] == [4, 5]


def test_asked_request_separates_the_roles(server: ModelServer) -> None:
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    httpx.post(f"{server.url}/api/chat", json={"model": "smol", "messages": messages})

    request: AskedRequest = server.requests[0]
    assert (request.system, request.user) == ("Be brief.", "Hi")
