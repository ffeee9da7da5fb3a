"""Each stage by itself, from the stored outputs of an earlier run."""

import importlib
import inspect
from typing import Any

import pytest
from prefect import Flow

from blocks.errors import CallError, InputError
from flows.generator.alone import outdated
from flows.generator.stage import Stage
from flows.generator.stages import STAGES
from tasks.records.database import engine
from tasks.records.runs import read_run
from tests import one_loop
from tests.conftest import SaveLineup
from tests.doubles.model_server import ModelServer, faults
from tests.generator import examples
from tests.generator.scene import (
    BROKEN,
    again,
    asked,
    asked_set,
    asks,
    go_on,
    newest_run,
    outputs,
    planned,
    questions,
    run_generator,
    sources,
)

pytestmark = [pytest.mark.server, pytest.mark.long]
every_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.key)


def flow_of(stage: Stage[Any, Any]) -> Flow[..., Any]:
    found = getattr(importlib.import_module(f"flows.generator.{stage.key}"), stage.key)
    assert isinstance(found, Flow)
    return found


def run_alone(stage: Stage[Any, Any], **parameters: Any) -> str:
    return str(one_loop.run(flow_of(stage)(**parameters)))


def named(key: str) -> Stage[Any, Any]:
    return next(stage for stage in STAGES if stage.key == key)


@every_stage
def test_every_stage_module_has_a_flow_named_after_it(stage: Stage[Any, Any]) -> None:
    flow = flow_of(stage)
    assert flow.name == f"stage-{stage.number:02}-{stage.key.replace('_', '-')}"
    assert stage.name in (flow.description or "")
    assert list(inspect.signature(flow.fn).parameters) == ["earlier_run", "lineup"]


def test_every_stage_alone_asks_its_own_questions_only(models: ModelServer, lineup: SaveLineup) -> None:
    earlier = run_generator(lineup())
    for stage in STAGES:
        models.clear()
        run = run_alone(stage, earlier_run=earlier, lineup="double")
        assert {asked(request) for request in models.requests} == questions(stage.key)
        assert sources(run) == {each.key: "asked" if each == stage else "reused" for each in STAGES}


def test_everything_else_stays_as_the_earlier_run_left_it(models: ModelServer, lineup: SaveLineup) -> None:
    earlier = run_generator(lineup())
    run = run_alone(named("offer_design"), earlier_run=earlier, lineup="double")
    before, after = outputs(earlier), outputs(run)
    assert {key: body for key, body in after.items() if key != "offer_design"} == {
        key: body for key, body in before.items() if key != "offer_design"
    }


def test_latest_is_the_newest_completed_run(models: ModelServer, lineup: SaveLineup) -> None:
    name = lineup()
    run_generator(name)
    newest = run_generator(name)
    models.fail_when(asks("market_analysis"), faults.http_error(400))
    with pytest.raises(CallError):
        run_generator(name)
    run = read_run(engine(), run_alone(named("value_stack"), lineup=name))
    assert run is not None
    assert run["parent_id"] == newest


def test_without_any_run_it_says_what_to_do_first(lineup: SaveLineup) -> None:
    with pytest.raises(InputError, match="phasegate run"):
        run_alone(named("value_stack"), lineup=lineup())


def test_a_run_that_lacks_what_the_stage_reads_is_refused(models: ModelServer, lineup: SaveLineup) -> None:
    models.fail_when(asks("offer_rationale", "report_synthesis-outline"), faults.http_error(400))
    with pytest.raises(CallError):
        run_generator(lineup())
    models.clear()
    with pytest.raises(InputError, match="no output of value_stack, which Pricing Framework reads"):
        run_alone(named("pricing_framework"), earlier_run=newest_run()["id"], lineup="double")
    assert not models.requests


def test_a_run_that_is_not_there_is_refused(lineup: SaveLineup) -> None:
    with pytest.raises(InputError, match="no generator run 'nothing-like-it'"):
        run_alone(named("value_stack"), earlier_run="nothing-like-it", lineup=lineup())


def test_one_taken_up_again_after_a_crash_asks_nothing_twice(models: ModelServer, lineup: SaveLineup) -> None:
    flow, earlier = flow_of(named("report_synthesis")), run_generator(lineup())
    flow_run = planned(flow, {"earlier_run": earlier, "lineup": "double"})
    models.fail_when(asks("report_synthesis-avatar"), BROKEN)
    with pytest.raises(CallError):
        again(flow, flow_run)
    models.heal()
    models.clear()
    again(flow, flow_run)
    assert asked_set(models) == {"report_synthesis-avatar"}


def test_later_outputs_are_outdated_by_another_answer_only() -> None:
    before = examples.outputs()
    after = {**before, "pricing_framework": {"recommended_price": 1}}
    assert outdated(named("pricing_framework"), before, after) == ["Payment Plans", "Scarcity & Upsells"]
    assert outdated(named("pricing_framework"), before, before) == []


def test_going_on_from_a_stage_run_alone_keeps_the_new_answer(models: ModelServer, lineup: SaveLineup) -> None:
    alone = run_alone(named("premium_bonuses"), earlier_run=run_generator(lineup()), lineup="double")
    models.clear()
    run = go_on(alone, "double")
    assert not models.requests
    assert outputs(run) == outputs(alone)
