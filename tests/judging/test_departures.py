"""What a gate's policy asks otherwise than its phase's, and in which direction."""

from typing import Any

import pytest

from tasks.judging.departures import FREE, LOOSER, SHORTER, departures
from tasks.judging.policy import FieldRule, Policy, protected

RULE = {"role": "extraction", "field": "email", "share": 0.9}


def effects(usual: Policy, **changes: Any) -> list[str]:
    chosen = Policy.model_validate({**usual.model_dump(), **changes})
    return [departure.effect for departure in departures(usual, chosen)]


def test_it_is_known_of_every_value_which_way_asks_for_less() -> None:
    assert sorted([*LOOSER, *SHORTER, *FREE]) == sorted(Policy.model_fields)


def test_the_same_policy_departs_in_nothing() -> None:
    assert departures(protected(), protected()) == ()


@pytest.mark.parametrize(
    ("value", "less", "more"),
    [
        ("alpha", 0.2, 0.01), ("harm_alpha", 0.01, 0.2), ("failure_limit", 0.49, 0.005), ("good_share", 0.6, 0.99),
        ("quality_pairs", 20, 80), ("cost_limit", 2, 1.01), ("blind_after", "PT2H", "PT10M"), ("icc", 0.1, 1.0),
        ("demands", ("failures",), None), ("watched", (), ("failures", "worse", "slower", "excess")),
        ("extensions", 9, 0), ("drill_within", "P90D", "P1D"), ("latency_limit", 3, 1.05),
    ],
)  # fmt: skip
def test_less_is_looser_and_more_is_not(value: str, less: Any, more: Any) -> None:
    assert effects(Policy(), **{value: less}) == ["looser"]
    assert more is None or "looser" not in effects(Policy(), **{value: more})


@pytest.mark.parametrize("changes", [{"canary": ((0.99, 0),)}, {"changed_share": 0.9}, {"changed_share": 0.1}])
def test_what_is_safe_in_no_direction_is_looser(changes: dict[str, Any]) -> None:
    assert effects(Policy(), **changes) == ["looser"]


def test_a_single_placeholder_that_is_allowed_again_is_looser() -> None:
    assert effects(protected(), invariants="rate") == ["looser"]


@pytest.mark.parametrize("fields", [[], [{**RULE, "share": 0.8}], [{**RULE, "field": "name"}]])
def test_a_field_that_has_to_be_right_less_often_is_looser(fields: Any) -> None:
    assert effects(Policy(fields=(FieldRule.model_validate(RULE),)), fields=fields) == ["looser"]


@pytest.mark.parametrize("fields", [[{**RULE, "share": 0.95}], [RULE, {**RULE, "field": "name"}]])
def test_a_field_that_has_to_be_right_more_often_or_besides_is_not_looser(fields: Any) -> None:
    assert effects(Policy(fields=(FieldRule.model_validate(RULE),)), fields=fields) == ["other"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"window": "PT5S"}, ["shorter"]), ({"window": "PT48H"}, ["other"]), ({"calls_per_bucket": 1}, ["shorter"]),
        ({"buckets": 20}, ["shorter"]), ({"buckets": 48}, ["shorter"]), ({"buckets": 48, "buckets_needed": 40}, ["other"] * 2),
        ({"buckets": 1, "buckets_needed": 1}, ["shorter"] * 2), ({"held_within": "PT1H"}, ["other"]),
    ],
)  # fmt: skip
def test_less_of_the_time_is_shorter(changes: dict[str, Any], expected: list[str]) -> None:
    assert effects(Policy(), **changes) == expected


def test_each_is_said_with_both_values() -> None:
    chosen = Policy(demands=("failures",), failure_limit=0.49, claim_required=True, window="PT5S", canary=((0.99, 5),))  # type: ignore[arg-type]
    assert [departure.sentence for departure in departures(Policy(demands=("failures", "cost")), chosen)] == [
        "demands failures instead of failures and cost",
        "failure limit 0.49 instead of 0.01",
        "claim required yes instead of no",
        "window 5 seconds instead of 24.0 hours",
        "canary 0.99 for 5 calls instead of 0.1 for 50 calls and 0.5 for 100 calls",
    ]


def test_nothing_fields_and_whole_numbers_are_said_as_people_say_them() -> None:
    chosen = Policy(watched=(), fields=(FieldRule.model_validate(RULE),), latency_limit=2)
    assert [departure.sentence for departure in departures(Policy(watched=("failures",)), chosen)] == [
        "watched nothing instead of failures",
        "latency limit 2 instead of 1.1",
        "fields email 0.9 instead of nothing",
    ]


def test_the_same_demands_in_another_order_ask_for_no_less() -> None:
    assert effects(Policy(demands=("failures", "cost")), demands=("cost", "failures")) == ["other"]
