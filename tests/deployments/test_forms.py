"""The forms that start deployments: every field explained, choices as drop-downs, numbers within bounds."""

import importlib
from typing import Any

import pytest
from prefect import Flow
from prefect.utilities.callables import parameter_schema

from deployments.catalogue import Deployment, deployments

ALL = {one.name: one for one in deployments()}


def flow_of(deployment: Deployment) -> Flow[..., Any]:
    module, name = deployment.entrypoint.split(":")
    found: Flow[..., Any] = getattr(importlib.import_module(module), name)
    return found


def form(name: str) -> dict[str, Any]:
    return dict(parameter_schema(flow_of(ALL[name])).properties)


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_field_is_explained(name: str) -> None:
    assert [field for field, shown in form(name).items() if not shown.get("description")] == []


@pytest.mark.parametrize("name", sorted(ALL))
def test_what_the_catalogue_fills_in_is_a_field(name: str) -> None:
    filled = {*ALL[name].parameters, *(key for one in ALL[name].schedules for key in one.parameters)}
    assert filled <= set(form(name))


@pytest.mark.parametrize(
    ("name", "field", "choices"),
    [
        ("gate", "phase", {"generator-1", "generator-4"}),
        ("nightly-baseline", "pipeline", {"generator", "transcripts"}),
        ("drill", "pipeline", {"generator", "transcripts"}),
        ("doctor", "only", {"everything", "models"}),
        ("generate", "purpose", {"user"}),
    ],
)
def test_choices_are_drop_downs(name: str, field: str, choices: set[str]) -> None:
    assert choices <= set(form(name)[field]["enum"])


def test_the_brief_is_called_what_it_is() -> None:
    assert "brief" in form("generate")


def test_numbers_have_bounds() -> None:
    assert form("gate")["repeats"]["minimum"] == 1
    assert form("backup")["keep"]["minimum"] == 1


def test_a_gate_which_suspends_has_no_retries() -> None:
    assert not flow_of(ALL["gate"]).retries


SCHEDULED = {"nightly-baseline", "watch", "drill", "drift-scan", "model-probe", "backup", "retention", "transcript-sync",
             "janitor", "doctor"}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SCHEDULED))
def test_what_should_happen_by_itself_has_a_schedule(name: str) -> None:
    assert ALL[name].schedules


@pytest.mark.parametrize("name", sorted(SCHEDULED - {"watch", "janitor"}))
def test_scheduled_work_never_piles_up(name: str) -> None:
    assert ALL[name].concurrency_limit
    assert ALL[name].collision == "CANCEL_NEW"
