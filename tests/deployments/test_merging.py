"""Values of a deployment when the catalogue has changed: a person's stay and are said, all others follow."""

import uuid
from typing import Any

import pytest
from prefect.client.schemas.responses import DeploymentResponse

from deployments.merging import Merged, editable, fitting, memory, merge, remembered

BEFORE: dict[str, Any] = {
    "description": "Old words.", "tags": ["phasegate"], "parameters": {"lineup": "production"}, "limit": 1,
    "collision": "CANCEL_NEW",
}  # fmt: skip
NOW = {
    "description": "New words.", "tags": ["new", "phasegate"], "parameters": {"lineup": "preview"}, "limit": 2,
    "collision": "ENQUEUE",
}  # fmt: skip


def merged(**by_hand: Any) -> Merged:
    """The catalogue has changed from BEFORE to NOW, and a person has changed this in between."""
    return merge(BEFORE | by_hand, (), NOW, (), memory(BEFORE, ()))


def test_what_nobody_changed_follows_the_catalogue_in_silence() -> None:
    assert merged() == Merged(NOW, [], [])


@pytest.mark.parametrize(
    ("name", "value"),
    [("description", "Mine."), ("tags", ["mine"]), ("parameters", {"lineup": "mine"}), ("limit", 5), ("limit", None),
     ("collision", None)],
)  # fmt: skip
def test_what_a_person_changed_stays_and_the_rest_follows(name: str, value: Any) -> None:
    assert merged(**{name: value}).values == NOW | {name: value}


def test_a_limit_that_was_kept_is_said_with_both_values() -> None:
    assert merged(limit=5).told == ["kept the limit 5; the catalogue says 2"]


def test_a_text_that_was_kept_is_said() -> None:
    assert merged(description="Mine.").told == ["kept the description edited by hand; the catalogue has another"]


def test_a_person_who_chose_what_the_catalogue_says_now_is_no_news() -> None:
    assert merged(limit=2).told == []


def test_a_parameter_the_flow_does_not_have_is_left_out_and_said() -> None:
    form = {"properties": {"lineup": {}}}
    assert fitting({"lineup": "mine", "lienup": "x"}, form) == (
        {"lineup": "mine"}, ["left out the parameter 'lienup', which the flow does not have"],
    )  # fmt: skip


def test_where_nothing_was_remembered_yet_texts_follow_the_catalogue_and_a_limit_stays() -> None:
    older = {name: BEFORE[name] for name in ("description", "tags", "parameters")}
    there = DeploymentResponse.model_validate({"name": "drill", "flow_id": uuid.uuid4(), "labels": {}, **older})
    found = merge(editable(there), (), NOW, (), remembered(there))
    assert found.values == NOW | {"limit": None}
    assert found.told == ["kept the limit none; the catalogue says 2"]
