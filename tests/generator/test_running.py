"""The whole generator against the double of model servers: order, what is recorded, what is never repeated."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter
from prefect.client.schemas.objects import Artifact
from pydantic import SecretStr
from sqlalchemy import select

from blocks.errors import CallError, InputError
from blocks.lineups import GeneratorLineup
from flows.generator.generate import generate
from flows.generator.stages import dependencies
from tasks.records.database import database_url, engine
from tasks.records.runs import read_run
from tasks.records.tables import attempts, metadata
from tests import one_loop
from tests.conftest import SaveLineup, SaveModel
from tests.doubles.model_server import ModelServer, catalogue, faults
from tests.generator.examples import sample
from tests.generator.scene import (
    QUESTIONS,
    REPORT,
    asked,
    asks,
    calls,
    newest_run,
    outputs,
    questions,
    run_generator,
    sources,
)

pytestmark = [pytest.mark.server]
STAGE_KEYS = GeneratorLineup.roles


def order(models: ModelServer) -> list[str]:
    return [asked(request) for request in models.requests]


def test_every_question_is_asked_once(models: ModelServer, lineup: SaveLineup) -> None:
    run = run_generator(lineup())
    assert len(models.requests) == QUESTIONS
    assert set(order(models)) == questions(*STAGE_KEYS)
    assert set(outputs(run)) == set(STAGE_KEYS)


def test_its_report_is_in_the_ui_and_in_files_with_how_far_it_is(
    home: Path, models: ModelServer, lineup: SaveLineup
) -> None:
    run = run_generator(lineup())
    progress, report = shown(run)
    assert (progress.data, progress.description) == (100, "13 of 13 stages")
    assert "Buyer Psychology" in str(report.data)
    assert {path.suffix for path in (home / "reports" / run).iterdir()} == {".md", ".html"}


def test_a_failed_run_shows_what_it_finished(models: ModelServer, lineup: SaveLineup) -> None:
    models.fail_when(asks("competitive_analysis"), faults.http_error(400, "Out of order."))
    with pytest.raises(CallError):
        run_generator(lineup())
    progress, report = shown(newest_run()["id"])
    assert progress.description == "2 of 13 stages"
    assert "Out of order" in str(report.data)


def shown(run: str) -> list[Artifact]:
    """The run's artifacts by their keys; Prefect keeps one without a key, of how a run failed."""

    async def read() -> list[Artifact]:
        async with get_client() as client:
            return await client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id={"any_": [run]}))

    return sorted((one for one in one_loop.run(read()) if one.key), key=lambda one: str(one.key))


def test_no_stage_is_asked_before_what_it_reads(models: ModelServer, lineup: SaveLineup) -> None:
    run = run_generator(lineup())
    finished = {role: step.finished_at for role, step in _steps_of(run).items()}
    for key, reads in dependencies().items():
        began = min(call["started_at"] for name, call in calls(run).items() if name in questions(key))
        assert all(finished[other] <= began for other in reads), key


def test_what_does_not_read_each_other_is_asked_at_the_same_time(models: ModelServer, lineup: SaveLineup) -> None:
    models.delay = lambda request: 1.5 if asked(request) == "offer_rationale" else 0
    run_generator(lineup())
    before = order(models)[: order(models).index("value_stack")]
    assert {"offer_rationale", "premium_bonuses", "power_guarantee", *REPORT} <= set(before)


def test_no_more_is_asked_at_once_than_the_block_allows(
    models: ModelServer, lineup: SaveLineup, save_model: SaveModel
) -> None:
    models.delay = lambda request: 0.02
    run_generator(lineup(model=save_model("narrow", concurrency=2)))
    assert models.max_in_flight["llama3.1:8b"] == 2


def test_a_lineup_changed_during_the_run_changes_nothing(
    models: ModelServer, lineup: SaveLineup, save_model: SaveModel
) -> None:
    name = lineup("changing", model=save_model("first", model="llama3.1:8b"))
    models.delay = lambda request: 3.0 if asked(request) == "offer_design" else 0

    async def change_while_it_runs() -> str:
        running = asyncio.create_task(generate(sample(), lineup=name))
        await asyncio.to_thread(models.wait_for_requests, 5)
        await GeneratorLineup(**dict.fromkeys(STAGE_KEYS, "embedded-demo")).asave(name, overwrite=True)
        return await running

    run = one_loop.run(change_while_it_runs())
    assert {call["model_block"] for call in calls(run).values()} == {"first"}


def test_a_call_is_stamped_with_model_and_lineup(models: ModelServer, lineup: SaveLineup) -> None:
    run = run_generator(lineup())
    start = read_run(engine(), run)
    assert start is not None
    for call in calls(run).values():
        assert call["lineup_sha256"] == start["lineup_sha256"]
        assert (call["provider"], call["model"]) == ("openai-compatible", "llama3.1:8b")
        assert (call["environment"], call["purpose"], call["outcome"]) == ("double", "user", "first_pass")


def test_an_ollama_model_is_stamped_with_its_digest(models: ModelServer, lineup: SaveLineup) -> None:
    from blocks.models import OllamaModel

    local = OllamaModel(model="llama3.1:8b", base_url=models.url, context_window=24_000, attempts=1)
    one_loop.run(local.asave("local", overwrite=True))
    run = run_generator(lineup("mixed", value_stack="local"))
    digests = {name: call["digest"] for name, call in calls(run).items()}
    served = next(one for one in catalogue.DEFAULT_MODELS if one.name == "llama3.1:8b")
    assert digests["value_stack"] == served.digest
    assert digests["market_analysis"] is None


def test_prices_make_costs_and_an_unknown_price_makes_none(
    models: ModelServer, lineup: SaveLineup, save_model: SaveModel
) -> None:
    priced = save_model("priced", input_price=1.0, output_price=2.0)
    run = run_generator(lineup("priced", value_stack=priced))
    call = calls(run)["value_stack"]
    assert call["cost"] == pytest.approx((call["prompt_tokens"] + 2 * call["completion_tokens"]) / 1e6)
    assert calls(run)["market_analysis"]["cost"] is None


def test_first_pass_and_repaired_answers_are_told_apart(models: ModelServer, lineup: SaveLineup) -> None:
    models.fail_next(faults.code_fence(), when=asks("value_stack"))
    models.fail_next(faults.says("no JSON at all"), when=asks("pricing_framework"))
    found = calls(run_generator(lineup()))
    assert found["value_stack"]["outcome"] == "repaired"
    assert found["value_stack"]["attempts"] == 1
    assert found["pricing_framework"]["outcome"] == "repaired"
    assert found["pricing_framework"]["attempts"] == 2
    assert found["market_analysis"]["outcome"] == "first_pass"


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_hostile_answers_are_stored_on_both_databases(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, models: ModelServer, lineup: SaveLineup
) -> None:
    if kind == "postgresql":
        monkeypatch.setenv("PHASEGATE_DATABASE_URL", request.getfixturevalue("postgres"))
    nasty = "Owners \x00 wait \ud800 \u202e for \x1b[31m cash. " * 20
    models.fail_next(faults.hostile_characters(), when=asks("market_analysis"))
    models.fail_next(faults.says(nasty), when=asks("report_synthesis-market"))
    run = run_generator(lineup())
    assert engine().dialect.name == kind
    written = next(one for one in outputs(run)["report_synthesis"]["sections"] if one["key"] == "market")
    assert "\x00" not in written["markdown"]
    assert "Owners" in written["markdown"]


CANARY = "canary-5e2f81c0"


@pytest.mark.parametrize("goes_wrong", [False, True])
def test_a_key_is_in_no_table_and_no_log(
    goes_wrong: bool, models: ModelServer, lineup: SaveLineup, save_model: SaveModel, caplog: pytest.LogCaptureFixture
) -> None:
    key = SecretStr(CANARY if goes_wrong else models.token)
    watched = key.get_secret_value()
    name = lineup("secretive", model=save_model("secretive", api_key=key))
    with caplog.at_level(logging.DEBUG):
        if goes_wrong:
            with pytest.raises(CallError, match="credentials") as raised:
                run_generator(name)
            assert watched not in repr(raised.value)
        else:
            run_generator(name)
    assert watched not in caplog.text
    assert watched not in _everything_stored()


def _everything_stored() -> str:
    with engine().connect() as connection:
        rows = [list(connection.execute(select(table))) for table in metadata.sorted_tables]
    assert any(rows)
    files = [
        path.read_bytes()
        for path in Path(database_url().removeprefix("sqlite:///")).parent.rglob("*")
        if path.is_file()
    ]
    return str(rows) + str(files)


def test_raw_bodies_are_kept_of_failed_attempts_only(models: ModelServer, lineup: SaveLineup) -> None:
    models.fail_next(faults.says("no JSON at all"), when=asks("value_stack"))
    run = run_generator(lineup())
    with engine().connect() as connection:
        rows = connection.execute(select(attempts)).mappings().all()
    failed = [row for row in rows if row["error_class"]]
    assert [row["error_class"] for row in failed] == ["invalid_answer"]
    assert "no JSON at all" in failed[0]["raw_body"]
    assert all(not row["raw_body"] for row in rows if not row["error_class"])
    assert failed[0]["call_id"] == calls(run)["value_stack"]["id"]


def test_a_run_without_anything_to_work_on_is_refused(lineup: SaveLineup) -> None:
    with pytest.raises(InputError, match="neither a brief nor a run"):
        run_generator(lineup(), None)


def test_a_trial_never_takes_an_answer_from_a_cache(models: ModelServer, lineup: SaveLineup) -> None:
    run = run_generator(lineup(), purpose="trial")
    assert {call["purpose"] for call in calls(run).values()} == {"trial"}
    assert set(sources(run).values()) == {"asked"}


def _steps_of(run: str) -> dict[str, Any]:
    """Role -> its finished step's row."""
    from tasks.records.tables import steps as table

    with engine().connect() as connection:
        rows = connection.execute(select(table).where(table.c.run_id == run, table.c.part == "")).all()
    return {row.role: row for row in rows}
