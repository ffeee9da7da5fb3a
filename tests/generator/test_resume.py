"""Runs that fail, are cancelled or crash: what was finished is kept, what is missing is asked, nothing twice."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from blocks.errors import CallError, ConfigurationError, InputError, UnknownModelError
from flows.generator.generate import generate
from flows.generator.stages import STAGES, readers
from tasks.records.database import engine
from tasks.records.runs import RunStart, read_run, start_run
from tests import one_loop
from tests.conftest import SaveLineup, SaveModel
from tests.doubles.model_server import ModelServer, faults
from tests.generator.examples import sample
from tests.generator.scene import (
    asked,
    asks,
    calls,
    go_on,
    new_id,
    newest_run,
    outputs,
    questions,
    run_generator,
    sources,
)

pytestmark = [pytest.mark.server, pytest.mark.long]
BROKEN = faults.http_error(400, "This model is out of order.")
STAGE_KEYS = {stage.key for stage in STAGES}


def fail_at(models: ModelServer, lineup: str, *names: str) -> str:
    """The id of a run that failed at these questions; the double is healed and its log empty."""
    models.fail_when(asks(*names), BROKEN)
    with pytest.raises(CallError):
        run_generator(lineup)
    models.heal()
    models.clear()
    return str(newest_run()["id"])


def asked_set(models: ModelServer) -> set[str]:
    names = [asked(request) for request in models.requests]
    assert len(names) == len(set(names)), "something was asked twice"
    return set(names)


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
        with pytest.raises(ConfigurationError, match="'small' has a window of 3,000"):
            run_generator(lineup("small", offer_design=small))
        assert set(outputs(str(newest_run()["id"]))) == {
            "market_analysis", "buyer_psychology", "competitive_analysis", "avatar_creation"
        }  # fmt: skip


class TestLineup:
    def test_an_unknown_lineup_is_an_error_that_lists_those_there_are(self, lineup: SaveLineup) -> None:
        lineup()
        with pytest.raises(ConfigurationError, match="no Generator Lineup block named 'nowhere'") as raised:
            run_generator("nowhere")
        assert {"double", "preview", "production"} <= set(
            raised.value.happened.replace(".", "").replace(",", "").split()
        )

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


class TestCorrection:
    @pytest.mark.parametrize("key", ["offer_rationale", "pricing_framework", "premium_bonuses"])
    def test_only_what_reads_a_corrected_stage_may_be_asked_again(
        self, key: str, models: ModelServer, lineup: SaveLineup
    ) -> None:
        done = run_generator(lineup())
        field = longest_text(outputs(done)[key])
        models.clear()
        run = go_on(done, "double", overrides={f"{key}.{field}": "Said far better."})
        assert asked_set(models) <= questions(*readers(key))
        assert outputs(run)[key][field] == "Said far better."
        assert sources(run)[key] == "overridden"

    def test_what_reads_the_corrected_field_is_asked_again(self, models: ModelServer, lineup: SaveLineup) -> None:
        done = run_generator(lineup())
        models.clear()
        go_on(done, "double", overrides={"offer_design.core_offer.offer_name": "The Quiet Ledger"})
        assert {"offer_rationale", "premium_bonuses", "power_guarantee"} <= asked_set(models)
        assert all(
            "The Quiet Ledger" in request.user for request in models.requests if asked(request) == "premium_bonuses"
        )
        assert not asked_set(models) & questions("market_analysis", "buyer_psychology")

    def test_a_field_nobody_reads_asks_nothing(self, models: ModelServer, lineup: SaveLineup) -> None:
        done = run_generator(lineup())
        models.clear()
        go_on(
            done, "double", overrides={"scarcity_upsells." + longest_text(outputs(done)["scarcity_upsells"]): "Better."}
        )
        assert not models.requests

    def test_a_correction_lives_on_when_the_corrected_run_is_gone_on_from(
        self, models: ModelServer, lineup: SaveLineup
    ) -> None:
        done = run_generator(lineup())
        models.fail_when(asks("power_guarantee"), BROKEN)
        with pytest.raises(CallError):
            go_on(done, "double", overrides={"offer_design.core_offer.offer_name": "The Quiet Ledger"})
        models.heal()
        models.clear()
        run = go_on(str(newest_run()["id"]), "double")
        assert outputs(run)["offer_design"]["core_offer"]["offer_name"] == "The Quiet Ledger"
        assert asked_set(models) == {"power_guarantee"}

    def test_what_reads_only_a_computed_field_is_asked_again(self, models: ModelServer, lineup: SaveLineup) -> None:
        done = run_generator(lineup())
        models.clear()
        run = outputs(go_on(done, "double", overrides={"value_stack.core_components.0.perceived_value": 99_999}))
        components = run["value_stack"]["core_components"]
        assert run["value_stack"]["total_perceived_value"] == sum(one["perceived_value"] for one in components)
        assert "pricing_framework" in asked_set(models)

    def test_one_made_together_with_one_further_up_lives_on(self, models: ModelServer, lineup: SaveLineup) -> None:
        done = run_generator(lineup())
        component = "value_stack.core_components.0.perceived_value"
        both = go_on(done, "double", overrides={component: 99_999, "pricing_framework.recommended_price": 12_345})
        models.clear()
        assert outputs(go_on(both, "double")) == outputs(both)
        assert outputs(both)["pricing_framework"]["recommended_price"] == 12_345
        assert not models.requests

    def test_one_whose_turn_did_not_come_lives_on(self, models: ModelServer, lineup: SaveLineup) -> None:
        done = run_generator(lineup())
        models.fail_when(asks("offer_rationale"), BROKEN)
        promise = {"avatar_creation.avatar_name": "Wren", "pricing_framework.recommended_price": 12_345}
        with pytest.raises(CallError):
            go_on(done, "double", overrides=promise)
        models.heal()
        run = outputs(go_on(str(newest_run()["id"]), "double"))
        assert run["pricing_framework"]["recommended_price"] == 12_345
        assert run["avatar_creation"]["avatar_name"] == "Wren"

    def test_a_corrected_report_is_not_written_again(self, models: ModelServer, lineup: SaveLineup) -> None:
        done = run_generator(lineup())
        first = go_on(done, "double", overrides={"report_synthesis.headline": "Cash first."})
        second = go_on(
            first, "double", overrides={"premium_bonuses." + longest_text(outputs(done)["premium_bonuses"]): "Best."}
        )
        models.clear()
        third = go_on(second, "double")
        assert outputs(third)["report_synthesis"]["headline"] == "Cash first."
        assert sources(third)["report_synthesis"] == "overridden"
        assert not models.requests

    def test_a_correction_further_up_outweighs_an_older_one(self, models: ModelServer, lineup: SaveLineup) -> None:
        done = run_generator(lineup())
        first = go_on(done, "double", overrides={"offer_design.core_offer.offer_name": "The Quiet Ledger"})
        models.clear()
        run = go_on(first, "double", overrides={"avatar_creation.avatar_name": "Wren"})
        assert "offer_design" in asked_set(models)
        assert outputs(run)["avatar_creation"]["avatar_name"] == "Wren"

    def test_a_correction_that_cannot_be_asks_nothing_and_leaves_no_run(
        self, models: ModelServer, lineup: SaveLineup
    ) -> None:
        failed = fail_at(models, lineup(), "competitive_analysis")
        with pytest.raises(InputError, match="There is no field"):
            go_on(failed, "double", overrides={"buyer_psychology.nothing_like_it": "x"})
        assert not models.requests
        assert newest_run()["id"] == failed


def start_of_a_run(parent: str) -> str:
    """The id of a recorded run that goes on from `parent` and was killed before it came to any stage."""
    earlier = read_run(engine(), parent)
    assert earlier is not None
    copied = ("pipeline", "environment", "purpose", "lineup", "models", "input", "started_at")
    start = RunStart(id=new_id(), parent_id=parent, **{name: earlier[name] for name in copied})
    start_run(engine(), start)
    return start.id


def longest_text(body: Mapping[str, Any]) -> str:
    """Name of the field at the top of an output that holds the longest text."""
    return max((name for name, value in body.items() if isinstance(value, str)), key=lambda name: len(body[name]))


def planned(flow: Any, parameters: dict[str, Any]) -> str:
    """The id of a flow run that is yet to start."""
    from prefect.client.orchestration import get_client

    async def create() -> str:
        async with get_client() as client:
            return str((await client.create_flow_run(flow, parameters=parameters)).id)

    return one_loop.run(create())


def again(flow: Any, flow_run_id: str) -> Any:
    """Runs a flow run under its own id, as a worker does after a crash."""
    from uuid import UUID

    from prefect.client.orchestration import get_client
    from prefect.flow_engine import run_flow
    from prefect.states import Pending

    async def go() -> Any:
        async with get_client() as client:
            await client.set_flow_run_state(UUID(flow_run_id), Pending(), force=True)
            flow_run = await client.read_flow_run(UUID(flow_run_id))
        return await run_flow(flow, flow_run=flow_run, parameters=flow_run.parameters, return_type="result")

    return one_loop.run(go())
