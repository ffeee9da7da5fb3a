"""What the doctor asks of a language model and of its host, against servers that answer, lie or are not there."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.models import CloudflareModel, LanguageModel, OllamaModel
from tasks.answering import transport
from tasks.operations.checks import Check
from tasks.operations.model_checks import check_answer, check_cloudflare, check_ollama, room_of_ollama
from tests.doubles.model_server import HostedModel, ModelServer, catalogue, faults
from tests.doubles.model_server.wire import HttpRequest, HttpResponse, LocalHttpServer, Send
from tests.operations.making import made

TODAY = date(2026, 5, 4)
DEAD = "http://127.0.0.1:9"


def ollama(models: ModelServer, **fields: Any) -> OllamaModel:
    return OllamaModel(**{"model": "smol", "base_url": models.url, "context_window": 4096, **fields})


def cloudflare(models: ModelServer, model: HostedModel = catalogue.FP8_FAST_31, **fields: Any) -> CloudflareModel:
    facts = {"model": model.name, "base_url": models.cloudflare_url, "account_id": models.account,
             "api_token": SecretStr(models.token), "context_window": 24_000, **fields}  # fmt: skip
    return CloudflareModel(**facts)


def answers(block: LanguageModel) -> Check:
    return made(lambda: check_answer("double", block, 3))


def test_a_model_that_answers_tells_how_fast(models: ModelServer) -> None:
    check = answers(ollama(models))
    assert check.state == "ok"
    assert "tokens/s, digest" in check.found


def test_a_model_whose_slot_is_taken_is_not_asked_beside_and_not_called_dead(models: ModelServer) -> None:
    @contextlib.asynccontextmanager
    async def taken(_: LanguageModel) -> AsyncIterator[None]:
        await asyncio.sleep(60)
        yield

    check = made(lambda: check_answer("double", ollama(models), 0.2, taken))
    assert (check.state, "no slot was free" in check.found, len(models.requests)) == ("warning", True, 0)


def test_a_probe_is_one_short_question(models: ModelServer) -> None:
    models.fail_next(faults.cloudflare_error(3040))
    assert answers(cloudflare(models)).state == "failed"
    [asked] = models.requests
    assert asked.max_tokens == 16


def test_a_withdrawn_model_is_a_failure(models: ModelServer) -> None:
    check = answers(cloudflare(models, catalogue.BASELINE))
    assert (check.state, "5028" in check.found) == ("failed", True)
    assert "name another model block" in check.do


def test_a_host_that_is_down_is_a_failure() -> None:
    assert answers(OllamaModel(model="smol", base_url=DEAD, context_window=4096)).state == "failed"


def test_an_ollama_host_tells_size_and_window(models: ModelServer) -> None:
    digest = next(model.digest for model in catalogue.DEFAULT_MODELS if model.name == "smol")
    check = made(lambda: check_ollama(ollama(models, expected_digest=digest[:12])))
    assert check.state == "ok"
    assert "0.1 GB on disk" in check.found
    assert "context 8192" in check.found


@pytest.fixture
def folder_of_ollama(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path))
    return tmp_path


def expected(models: ModelServer, model: HostedModel) -> OllamaModel:
    models.host(model)
    return ollama(models, model=model.name, expected_digest=model.digest[:12])


def test_a_disk_with_less_room_than_the_weights_take_is_a_warning(models: ModelServer, folder_of_ollama: Path) -> None:
    check = made(lambda: check_ollama(expected(models, HostedModel("giant", size=10**18))))
    assert (check.state, f"GB free at {folder_of_ollama}" in check.found) == ("warning", True)
    assert "free that disk" in check.do


def test_a_disk_with_room_for_the_weights_is_fine(models: ModelServer, folder_of_ollama: Path) -> None:
    assert made(lambda: check_ollama(expected(models, HostedModel("tiny", size=1)))).state == "ok"


def test_the_disk_of_another_machine_is_not_taken_for_this_ones() -> None:
    told, free = room_of_ollama("http://models.example:11434")
    assert (told, free) == ("the free space of models.example is not seen from here", None)


@pytest.mark.parametrize("why", [PermissionError, FileNotFoundError])
def test_a_folder_nobody_may_look_into_is_not_seen(why: type[OSError], monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object) -> None:
        raise why

    monkeypatch.setattr(Path, "stat", closed)
    monkeypatch.setattr(os, "statvfs", closed)
    told, free = room_of_ollama("http://127.0.0.1:11434")
    assert ("not seen from here" in told, free) == (True, None)


def test_a_digest_nobody_expects_is_a_warning(models: ModelServer) -> None:
    assert made(lambda: check_ollama(ollama(models))).state == "warning"


@pytest.mark.parametrize(
    "wrong",
    [{"model": "absent"}, {"expected_digest": "abc123"}, {"context_window": 9000}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_an_ollama_block_that_does_not_fit_its_host(models: ModelServer, wrong: dict[str, Any]) -> None:
    assert made(lambda: check_ollama(ollama(models, **wrong))).state == "failed"


def listed(models: ModelServer, **fields: Any) -> Check:
    return made(lambda: check_cloudflare(cloudflare(models, **fields), TODAY))


def test_a_listed_model_at_its_price_is_fine(models: ModelServer) -> None:
    assert listed(models, input_price=0.293, output_price=2.253).state == "ok"


def test_another_price_is_a_warning(models: ModelServer) -> None:
    check = listed(models, input_price=0.5, output_price=2.253)
    assert (check.state, "input 0.293 USD, the block says 0.5" in check.found) == ("warning", True)


@pytest.mark.parametrize(("ends", "state"), [("2026-05-04", "failed"), ("2026-06-01", "warning"), ("2027-01-01", "ok")])
def test_a_model_that_is_about_to_be_withdrawn(models: ModelServer, ends: str, state: str) -> None:
    ending = HostedModel("@cf/test/ending", planned_deprecation=ends)
    models.host(ending)
    assert listed(models, model=ending).state == state


def test_an_end_in_words_nobody_foresaw_is_a_warning_and_no_defect(models: ModelServer) -> None:
    ending = HostedModel("@cf/test/someday", planned_deprecation="third quarter")
    models.host(ending)
    check = listed(models, model=ending)
    assert (check.state, "'third quarter'" in check.found) == ("warning", True)


def test_a_model_cloudflare_does_not_list_is_a_failure(models: ModelServer) -> None:
    assert "does not list" in listed(models, model=HostedModel("@cf/test/never")).found


def test_a_refused_token_is_not_shown(models: ModelServer) -> None:
    check = listed(models, api_token=SecretStr("a-wrong-token"))
    assert (check.state, "a-wrong-token" in check.found + check.do) == ("failed", False)


def test_a_list_without_end_is_not_read_to_its_end(models: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LIST_BYTES", 100)
    check = listed(models)
    assert (check.state, "over 100 bytes" in check.found) == ("failed", True)


def test_a_host_that_answers_with_nonsense_is_a_failure_and_no_defect(models: ModelServer) -> None:
    async def handle(_: HttpRequest, send: Send) -> None:
        await send(HttpResponse(200, b"[" * 200_000))

    server = LocalHttpServer(handle)
    server.start()
    check = listed(models, base_url=f"http://127.0.0.1:{server.port}")
    server.stop()
    assert (check.state, "without a JSON object" in check.found) == ("failed", True)
