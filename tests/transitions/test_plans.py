"""The phases say what the documents say, and a plan that does not hold together is refused as a whole."""

from typing import Any

import pytest
from pydantic import ValidationError

from blocks.errors import ConfigurationError
from flows.generator.stages import STAGES
from flows.transitions.plans import check, phase, phases, roles_of
from flows.transitions.plans.phase import Phase
from tasks.judging.policy import Policy, protected


def a_phase(**given: Any) -> Phase:
    usual: dict[str, Any] = {"key": "generator-x", "title": "X", "pipeline": "generator", "roles": ("market_analysis",)}
    return Phase(**(usual | given))


def numbers(key: str) -> list[int]:
    return [stage.number for stage in STAGES if stage.key in phase(key).roles]


def test_the_generators_phases_move_the_documents_stages() -> None:
    assert [numbers(f"generator-{number}") for number in range(5)] == [
        [],
        [1, 2, 3],
        [5, 7, 8, 9],
        [10, 11, 12, 13],
        [6],
    ]
    assert numbers("generator-protected") == [4]


def test_every_stage_is_moved_by_the_phase_it_names() -> None:
    for stage in STAGES:
        if stage.upgrade_phase:
            assert stage.key in phase(f"generator-{stage.upgrade_phase}").roles


def test_each_phase_follows_the_documents_order() -> None:
    assert phase("generator-2").after == ("generator-1",)
    assert phase("generator-3").after == ("generator-1", "generator-2")
    assert set(phase("generator-4").after) == {"generator-1", "generator-2", "generator-3"}
    assert phase("transcripts-production").after == ("transcripts-preproduction",)


def test_every_changing_phase_has_something_for_people_to_confirm() -> None:
    assert all(each.human for each in phases().values() if not each.is_baseline)


def test_the_protected_stage_needs_two_people_and_a_target_named_at_the_start() -> None:
    guarded = phase("generator-protected")
    assert (guarded.protected, guarded.policy.approvers, guarded.target) == (True, 2, "")


def test_transcripts_are_judged_by_each_key_field() -> None:
    shares = {rule.share for rule in phase("transcripts-production").policy.fields}
    assert shares == {0.97}
    assert len(phase("transcripts-preproduction").policy.fields) == 3


def test_roles_can_be_all_of_a_pipeline() -> None:
    assert len(roles_of(a_phase(roles=("*",)))) == 13


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([a_phase(roles=("stage_14",))], "stage_14, which the pipeline does not have"),
        ([a_phase(key="chats-1", pipeline="chats")], "no pipeline 'chats'"),
        ([a_phase(target="gpt-9")], "which no installation has"),
        ([a_phase(after=("generator-y",))], "does not come before it"),
        ([a_phase(), a_phase()], "there twice"),
        ([a_phase(roles=("avatar_creation",))], "is protected"),
        ([a_phase(roles=("avatar_creation", "value_stack"), protected=True, policy=protected())], "is protected"),
        ([a_phase(roles=("*",), protected=True, policy=protected())], "is protected"),
    ],
)
def test_a_plan_that_does_not_hold_together_is_refused(given: list[Phase], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        check(given)


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": ("value_stack", "value_stack")},
        {"roles": ("*", "value_stack")},
        {"protected": True},
        {"pipeline": "transcripts"},
        {"colour": "blue"},
        {"policy": Policy(buckets=501)},
    ],
)
def test_a_phase_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_phase(**wrong)


def test_an_unknown_phase_is_answered_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="generator-1, generator-2"):
        phase("generator-9")
