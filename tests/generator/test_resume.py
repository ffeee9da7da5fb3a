"""Runs that fail, are cancelled or crash: what was finished is kept, what is missing is asked, nothing twice."""

import asyncio

import pytest

from blocks.errors import CallError, ConfigurationError, InputError, UnknownModelError
from flows.generator.generate import generate
from flows.generator.stages import STAGES, readers
from tasks.records.database import engine
from tasks.records.runs import RunStart, read_run, start_run
from tests import one_loop
from tests.conftest import SaveLineup, SaveModel
from tests.doubles.model_server import ModelServer
from tests.generator.examples import sample
from tests.generator.scene import (
    BROKEN,
    again,
    asked,
    asked_set,
    asks,
    calls,
    go_on,
    new_id,
    newest_run,
    outputs,
    planned,
    questions,
    run_generator,
    sources,
)

pytestmark = [pytest.mark.server, pytest.mark.long]
STAGE_KEYS = {stage.key for stage in STAGES}


def fail_at(models: ModelServer, lineup: str, *names: str) -> str:
    """The id of a run that failed at these questions; the double is healed and its log empty."""
    models.fail_when(asks(*names), BROKEN)
    with pytest.raises(CallError):
        run_generator(lineup)
    models.heal()
    models.clear()
    return str(newest_run()["id"])


class TestFailure:
    def test_a_failed_stage_stops_only_what_reads_it(self, models: ModelServer, lineup: SaveLineup) -> None:
        failed = fail_at(models, lineup(), "value_stack")
        assert STAGE_KEYS - set(outputs(failed)) == {"value_stack", *readers("value_stack")}

    def test_the_run_is_recorded_as_failed_with_stage_block_and_reason(
        self, models: ModelServer, lineup: SaveLineup
    ) -> None:
        run = read_run(engine(), fail_at(models, lineup(), "value_stack", "premium_bonuses"))
        assert run is not None
        assert run["status"] == "failed"
        assert run["ended_at"] >= run["started_at"]
        assert "8. Value Stack" in run["error"]
        assert "Besides: 11. Premium Bonuses" in run["error"]
        assert "'double'" in run["error"]
        assert "out of order" in run["error"]

    def test_the_failed_call_is_recorded(self, models: ModelServer, lineup: SaveLineup) -> None:
        call = calls(fail_at(models, lineup(), "value_stack"))["value_stack"]
        assert (call["outcome"], call["error_class"]) == ("failed", "bad_request")
        assert (call["score"], call["output_sha256"]) == (None, None)

    def test_a_failed_section_keeps_the_others_and_the_offer(self, models: ModelServer, lineup: SaveLineup) -> None:
        failed = fail_at(models, lineup(), "report_synthesis-avatar")
        good = {name for name, call in calls(failed).items() if call["outcome"] != "failed"}
        assert questions(*STAGE_KEYS) - good == {"report_synthesis-avatar"}
        assert STAGE_KEYS - set(outputs(failed)) == {"report_synthesis"}

    def test_a_dead_server_is_named_with_its_block(self, lineup: SaveLineup, save_model: SaveModel) -> None:
        dead = save_model("dead", base_url="http://127.0.0.1:9/v1")
        with pytest.raises(CallError, match=r"127\.0\.0\.1:9") as raised:
            run_generator(lineup("dead", model=dead))
        assert "'dead'" in raised.value.happened
        assert "1. Market Analysis" in raised.value.happened

    def test_a_prompt_that_does_not_fit_is_an_error_that_names_the_block(
        self, models: ModelServer, lineup: SaveLineup, save_model: SaveModel
    ) -> None:
        small = save_model("small", context_window=3000, max_output_tokens=2000)
        with pytest.raises(CallError, match="'small' has a window of 3,000"):
            run_generator(lineup("small", offer_design=small))
        call = calls(newest_run()["id"])["offer_design"]
        assert (call["outcome"], call["error_class"]) == ("failed", "context_exceeded")
        assert set(outputs(str(newest_run()["id"]))) == {
            "market_analysis", "buyer_psychology", "competitive_analysis", "avatar_creation"
        }  # fmt: skip


class TestLineup:
    def test_an_unknown_lineup_is_an_error_that_lists_those_there_are(self, lineup: SaveLineup) -> None:
        lineup()
        with pytest.raises(ConfigurationError, match="no Generator Lineup block named 'nowhere'") as raised:
            run_generator("nowhere")
        assert "double, preview, production" in raised.value.do

    def test_an_unknown_model_block_is_an_error_that_lists_those_there_are(
        self, models: ModelServer, lineup: SaveLineup
    ) -> None:
        with pytest.raises(UnknownModelError, match="'nobody' for avatar_creation") as raised:
            run_generator(lineup("wrong", avatar_creation="nobody"))
        assert "embedded-demo" in raised.value.happened
        assert not models.requests

    def test_a_model_the_host_does_not_have_is_an_error_that_says_so(
        self, models: ModelServer, lineup: SaveLineup, save_model: SaveModel
    ) -> None:
        with pytest.raises(CallError, match="does not exist") as raised:
            run_generator(lineup("gone", model=save_model("gone", model="gone-7b")))
        assert raised.value.error_class == "unknown_model"


class TestGoingOn:
    def test_only_what_is_missing_is_asked(self, models: ModelServer, lineup: SaveLineup) -> None:
        failed = fail_at(models, lineup(), "value_stack")
        run = go_on(failed, "double")
        assert asked_set(models) == questions("value_stack", *readers("value_stack"))
        assert outputs(run) == {**outputs(run), **outputs(failed)}
        assert set(outputs(run)) == STAGE_KEYS

    def test_only_the_missing_section_is_asked(self, models: ModelServer, lineup: SaveLineup) -> None:
        go_on(fail_at(models, lineup(), "report_synthesis-avatar"), "double")
        assert asked_set(models) == {"report_synthesis-avatar"}

    def test_a_report_of_another_length_is_written_anew(self, models: ModelServer, lineup: SaveLineup) -> None:
        done = run_generator(lineup())
        models.clear()
        go_on(done, lineup("long", report_words=1200))
        assert asked_set(models) == questions("report_synthesis") - {"report_synthesis-outline"}

    def test_what_is_taken_over_says_so(self, models: ModelServer, lineup: SaveLineup) -> None:
        failed = fail_at(models, lineup(), "value_stack")
        run = go_on(failed, "double")
        found = sources(run)
        assert found["market_analysis"] == "reused"
        assert found["value_stack"] == "asked"
        start = read_run(engine(), run)
        assert start is not None
        assert start["parent_id"] == failed

    def test_another_model_can_take_the_failed_stage(
        self, models: ModelServer, lineup: SaveLineup, save_model: SaveModel
    ) -> None:
        failed = fail_at(models, lineup(), "value_stack")
        run = go_on(failed, lineup("other", model=save_model("other", model="smol", context_window=8192)))
        assert {call["model_block"] for call in calls(run).values()} == {"other"}
        assert asked_set(models) == questions("value_stack", *readers("value_stack"))

    def test_what_a_run_stopped_early_had_not_come_to_is_found_in_its_predecessor(
        self, models: ModelServer, lineup: SaveLineup
    ) -> None:
        failed = fail_at(models, lineup(), "competitive_analysis")
        stopped_at_once = start_of_a_run(parent=failed)
        go_on(stopped_at_once, "double")
        assert not asked_set(models) & {"market_analysis", "buyer_psychology"}

    def test_a_run_that_is_not_there_is_an_error(self, lineup: SaveLineup) -> None:
        with pytest.raises(InputError, match="no generator run 'nothing-like-it'"):
            go_on("nothing-like-it", lineup())

    def test_a_crashed_run_taken_up_again_asks_nothing_twice(self, models: ModelServer, lineup: SaveLineup) -> None:
        flow_run = planned(generate, {"brief": sample().model_dump(mode="json"), "lineup": lineup()})
        models.fail_when(asks("value_stack", "report_synthesis-avatar"), BROKEN)
        with pytest.raises(CallError):
            again(generate, flow_run)
        models.heal()
        models.clear()
        assert again(generate, flow_run) == flow_run
        assert asked_set(models) == questions("value_stack", *readers("value_stack")) | {"report_synthesis-avatar"}
        run = read_run(engine(), flow_run)
        assert run is not None
        assert (run["status"], run["error"]) == ("completed", None)

    def test_a_cancelled_run_is_recorded_and_gone_on_from(self, models: ModelServer, lineup: SaveLineup) -> None:
        name = lineup()
        models.delay = lambda request: 30 if asked(request) == "avatar_creation" else 0

        async def cancel_at_stage_4() -> None:
            running = asyncio.create_task(generate(sample(), lineup=name))
            await asyncio.to_thread(models.wait_for_requests, 4)
            running.cancel()
            await running

        with pytest.raises(asyncio.CancelledError):
            one_loop.run(cancel_at_stage_4())
        cancelled = newest_run()
        assert cancelled["status"] == "cancelled"
        models.delay = None
        models.clear()
        go_on(cancelled["id"], name)
        assert asked_set(models) == questions("avatar_creation", *readers("avatar_creation"))


def start_of_a_run(parent: str) -> str:
    """The id of a recorded run that goes on from `parent` and was killed before it came to any stage."""
    earlier = read_run(engine(), parent)
    assert earlier is not None
    copied = ("pipeline", "environment", "purpose", "lineup", "models", "input", "started_at")
    start = RunStart(id=new_id(), parent_id=parent, **{name: earlier[name] for name in copied})
    start_run(engine(), start)
    return start.id
