"""One question to one model: tries, waits, and the second question after a wrong answer."""

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tasks.answering.ask import LONGEST_WAIT
from tests.answering.setting import (
    PROSE,
    PROVIDERS,
    QUESTION,
    STINGY,
    TERN,
    Bird,
    Waits,
    ask,
    classes,
    cloudflare,
    last,
    ollama,
    openai,
)
from tests.doubles.model_server import ModelServer, catalogue, faults


def test_an_answer_at_once_is_a_first_pass(models: ModelServer) -> None:
    models.answer = lambda request: TERN

    asked = ask(openai(models))

    assert (asked.outcome, asked.value, asked.repairs, asked.error) == ("first_pass", Bird(**TERN), (), None)
    assert [attempt.kind for attempt in asked.attempts] == ["first"]


def test_waits_grow_between_tries_and_end_with_the_last(models: ModelServer) -> None:
    models.fail_next(faults.cloudflare_error(3040), times=3)
    waits = Waits()

    asked = ask(cloudflare(models), waits=waits)

    assert waits.seconds == [2, 4]
    assert [attempt.kind for attempt in asked.attempts] == ["first", "retry", "retry"]
    assert asked.outcome == "failed"


def test_no_wait_is_longer_than_a_minute(models: ModelServer) -> None:
    models.fail_next(faults.http_error(500), times=8)
    waits = Waits()

    asked = ask(openai(models, attempts=8), waits=waits)

    assert waits.seconds == [2, 4, 8, 16, 32, LONGEST_WAIT, LONGEST_WAIT]
    assert len(asked.attempts) == 8


def test_a_server_is_given_the_time_it_asks_for(models: ModelServer) -> None:
    models.fail_next(faults.rate_limited(retry_after=17), faults.rate_limited(retry_after="soon"))
    waits = Waits()

    asked = ask(openai(models), waits=waits)

    assert waits.seconds == [17, 4]
    assert asked.outcome == "first_pass"


def test_a_server_may_name_the_time_of_day(models: ModelServer) -> None:
    models.fail_next(faults.rate_limited(format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)))
    waits = Waits()

    ask(openai(models), waits=waits)

    assert 0 <= waits.seconds[0] <= 40


def test_a_server_that_asks_for_an_hour_has_failed(models: ModelServer) -> None:
    models.fail_next(faults.rate_limited(retry_after=3600))
    waits = Waits()

    asked = ask(openai(models), waits=waits)

    assert (classes(asked), waits.seconds) == (["rate_limited"], [])


def test_a_second_try_never_takes_an_answer_from_the_cache(models: ModelServer) -> None:
    models.fail_next(faults.cloudflare_error(3040))

    ask(cloudflare(models, gateway="observe", cache_seconds=600))

    assert ["cf-aig-skip-cache" in request.headers for request in models.requests] == [False, True]


def test_a_broken_answer_in_the_gateways_cache_is_got_past(models: ModelServer) -> None:
    models.fail_next(faults.says('{"weather": "sunny"}'))
    block = cloudflare(models, gateway="observe", cache_seconds=600)
    assert ask(block).outcome == "repaired"

    asked = ask(block)

    assert [request.cached for request in models.requests] == [False, False, True, False]
    assert asked.outcome == "repaired"


@pytest.mark.parametrize("fault", [faults.broken_off(), faults.empty_text()], ids=["broken off", "empty"])
def test_what_the_model_itself_got_wrong_is_tried_with_another_seed(models: ModelServer, fault: faults.Fault) -> None:
    models.fail_next(fault)

    ask(ollama(models))

    assert [request.seed for request in models.requests] == [11, 12]


def test_a_schema_the_model_cannot_satisfy_is_tried_once_more_only(models: ModelServer) -> None:
    models.fail_next(faults.json_mode_failed(), times=5)

    asked = ask(PROVIDERS["cloudflare"](models, attempts=5))

    assert classes(asked) == ["json_mode", "json_mode"]
    assert asked.outcome == "failed"


def test_what_the_server_got_wrong_is_tried_with_the_same_seed(models: ModelServer) -> None:
    models.fail_next(faults.http_error(500))

    ask(ollama(models))

    assert [request.seed for request in models.requests] == [11, 11]


def test_nothing_listens(models: ModelServer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        asked = ask(openai(models, base_url=address, attempts=2))

    assert classes(asked) == ["connection", "connection"]
    assert asked.error is not None
    assert address.removeprefix("http://").removesuffix("/v1") in str(asked.error)


def test_a_call_ends_at_its_time_limit(models: ModelServer) -> None:
    models.fail_next(faults.drip(0.02))

    asked = ask(openai(models, **STINGY, attempts=1))

    assert classes(asked) == ["timeout"]
    assert 0.25 < asked.total_seconds < 10
    assert last(asked).status == 200


def test_a_wrong_answer_is_asked_for_again_with_the_reasons(models: ModelServer) -> None:
    models.fail_next(faults.says({**TERN, "legs": 4}))

    asked = ask(openai(models))

    first, second = models.requests
    assert asked.outcome == "repaired"
    assert asked.repairs == ("asked again",)
    assert second.prompt.startswith(first.prompt)
    assert "legs: Input should be less than or equal to 2" in second.prompt
    assert (first.seed, second.seed) == (11, 12)


def test_two_wrong_answers_are_a_failure_with_the_reasons(models: ModelServer) -> None:
    models.answer = lambda request: {**TERN, "share": 7.5}

    asked = ask(openai(models))

    assert (asked.outcome, classes(asked)) == ("failed", ["invalid_answer", "invalid_answer"])
    assert asked.value is None
    assert asked.latency is None
    assert "the-block answered bird in a wrong form twice" in str(asked.error)
    assert "share: Input should be less than or equal to 1" in str(asked.error)


def test_a_local_repair_needs_no_second_question(models: ModelServer) -> None:
    models.answer = lambda request: TERN
    models.fail_next(faults.code_fence())

    asked = ask(openai(models))

    assert (asked.outcome, asked.repairs) == ("repaired", ("text around the JSON object",))
    assert len(models.requests) == 1


def test_a_full_output_limit_is_told_apart(models: ModelServer) -> None:
    models.answer = lambda request: {**TERN, "calls": ["kree " * 5] * 3}
    short = replace(QUESTION, max_tokens=16)

    asked = ask(ollama(models), short)

    assert asked.truncated
    assert "cut at the output limit" in asked.attempts[0].message


def test_the_second_question_fits_the_window_too(models: ModelServer) -> None:
    models.host(replace(catalogue.SMOL, context=1024))
    models.fail_next(faults.says({**TERN, "legs": "several"}))
    long = replace(QUESTION, user="A bird as JSON. " * 113)

    asked = ask(ollama(models, context_window=1024), long)

    assert asked.outcome == "repaired"
    assert models.requests[1].user == long.user


def test_prose_is_taken_as_it_stands(models: ModelServer) -> None:
    models.answer = lambda request: "\n# Terns\n\nThey fly\x00 far.\ud800\n"

    assert ask(openai(models), PROSE).value == "# Terns\n\nThey fly far."


def test_prose_that_is_no_text_is_asked_for_again(models: ModelServer) -> None:
    models.fail_next(faults.number_text())

    asked = ask(openai(models), PROSE)

    assert (asked.outcome, classes(asked)) == ("repaired", ["invalid_answer", None])


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_what_a_server_says_of_its_trouble_can_be_stored_and_shown(models: ModelServer, provider: str) -> None:
    models.fail_next(faults.http_error(400, "cannot read \x00\ud800\x1b[31m this"))

    asked = ask(PROVIDERS[provider](models))

    assert "cannot read [31m this" in last(asked).message
    assert str(asked.error).replace("\n", "").isprintable()
