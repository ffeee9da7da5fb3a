"""The forms that start deployments: every field explained, choices as drop-downs, numbers within bounds."""

import importlib
from typing import Any

import pytest
from prefect import Flow

from deployments import forms
from deployments.catalogue import Deployment, deployments

ALL = {one.name: one for one in deployments()}


def flow_of(deployment: Deployment) -> Flow[..., Any]:
    module, name = deployment.entrypoint.split(":")
    found: Flow[..., Any] = getattr(importlib.import_module(module), name)
    return found


def form(name: str) -> dict[str, Any]:
    return dict(forms.form(flow_of(ALL[name]))["properties"])


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


@pytest.mark.parametrize("name", ["gate", "drill", "rollback", "emergency-rollback"])
def test_whoever_does_it_is_called_as_on_the_command_line(name: str) -> None:
    assert "by" in form(name)


def test_fields_are_titled_in_words() -> None:
    assert form("generate")["continue_run"]["title"] == "Continue run"


@pytest.mark.parametrize(("name", "field", "kind"), [("transcript", "path", "string"), ("gate", "policy", "object")])
def test_what_may_be_left_out_is_a_plain_field(name: str, field: str, kind: str) -> None:
    assert form(name)[field]["type"] == kind
    assert "default" not in form(name)[field]


def test_so_are_the_texts_of_a_brief_which_itself_may_be_none() -> None:
    brief = forms.form(flow_of(ALL["generate"]))
    assert brief["definitions"]["BusinessBrief"]["properties"]["desired_price_point"]["type"] == "string"
    assert {"type": "null"} in brief["properties"]["brief"]["anyOf"]


def test_numbers_have_bounds() -> None:
    assert form("gate")["repeats"]["minimum"] == 1
    assert form("backup")["keep"]["minimum"] == 1


def test_a_gate_which_suspends_has_no_retries() -> None:
    assert not flow_of(ALL["gate"]).retries
