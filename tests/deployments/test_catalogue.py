"""What every flow of the catalogue has, so that nothing hangs for ever and a way back is tried more than once."""

import importlib
from datetime import UTC, datetime
from typing import Any

import pytest
from prefect import Flow
from prefect.runtime import flow_run

from deployments.application import app
from deployments.catalogue import Deployment, deployments
from flows.operations.tags import TICKS
from flows.operations.tick_runs import TICKING

COMMANDS = {one.name or getattr(one.callback, "__name__", ""): one.callback for one in app.registered_commands}
ALL = {one.name: one for one in deployments()}
NO_TIMEOUT = {"gate"}
"""A gate asks for hours and waits for days, each step with a limit of its own; ended by the clock it would be driven by
nobody. Prefect counts only the time of one process, so its suspensions would not count in any case."""


def flow_of(deployment: Deployment) -> Flow[..., Any]:
    module, name = deployment.entrypoint.split(":")
    found: Flow[..., Any] = getattr(importlib.import_module(module), name)
    return found


@pytest.mark.parametrize("name", sorted(set(ALL) - NO_TIMEOUT))
def test_a_run_that_hangs_ends_by_itself(name: str) -> None:
    assert flow_of(ALL[name]).timeout_seconds


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_run_has_a_name_that_people_can_tell_apart(name: str) -> None:
    assert flow_of(ALL[name]).flow_run_name


@pytest.mark.parametrize(("name", "expected"), [("watch", "watch"), ("drill", "drill transcripts")])
def test_a_run_of_a_schedule_is_named_after_what_it_does_and_its_time(
    name: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_run, "parameters", {"pipeline": "transcripts"}, raising=False)
    monkeypatch.setattr(flow_run, "scheduled_start_time", datetime(2026, 11, 23, 4, 20, 30, tzinfo=UTC), raising=False)
    named = flow_of(ALL[name]).flow_run_name
    assert callable(named)
    assert named() == f"{expected} 2026-11-23 04:20"


@pytest.mark.parametrize("name", ["replay", "mirror"])
def test_a_hung_run_that_holds_up_all_gates_leaves_most_of_their_day(name: str) -> None:
    assert (ALL[name].concurrency_limit, flow_of(ALL[name]).timeout_seconds) == (1, 4 * 3600)


SCHEDULED = {"nightly-baseline", "watch", "drill", "drift-scan", "model-probe", "backup", "retention", "transcript-sync",
             "janitor", "doctor"}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SCHEDULED))
def test_what_should_happen_by_itself_has_a_schedule(name: str) -> None:
    assert ALL[name].schedules


@pytest.mark.parametrize("name", sorted(SCHEDULED - {"watch", "janitor"}))
def test_scheduled_work_never_piles_up_and_leaves_out_nothing_of_another_pipeline(name: str) -> None:
    pipelines = {one.parameters.get("pipeline") for one in ALL[name].schedules}
    assert ALL[name].concurrency_limit == 1
    assert ALL[name].collision == ("CANCEL_NEW" if len(pipelines) == 1 else "ENQUEUE")


def test_runs_that_are_removed_are_those_of_ticks_and_of_nothing_that_people_start() -> None:
    assert {name for name, one in ALL.items() if TICKS in one.tags} <= set(TICKING)
    assert all(ALL[name].schedules and not ALL[name].parameters for name in TICKING)


AT_ONCE = {"gate", "watch", "janitor", "rollback", "emergency-rollback"}


def test_what_must_not_wait_has_a_queue_that_no_work_of_hours_is_in() -> None:
    queues = {name: one.queue for name, one in ALL.items()}
    assert {name for name, queue in queues.items() if queue == queues["watch"]} == AT_ONCE


def test_the_catalogue_is_applied_by_deploy_and_by_bootstrap() -> None:
    assert COMMANDS["deploy"] is COMMANDS["bootstrap"]
