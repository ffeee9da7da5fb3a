"""What a record comes to in the graph, and how calls fold to a household: plain values, no server."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from tasks.crm.graph.households import Call, household
from tasks.crm.graph.rows import client_key, key, meeting_rows, number, person_key, text
from tests.crm.graph_calls import NOON, PRICE, call


def test_equal_records_have_equal_fingerprints_and_any_change_shows() -> None:
    same = meeting_rows(call()).fingerprint
    assert meeting_rows(call()).fingerprint == same
    changes: list[dict[str, Any]] = [
        {"phone": None},
        {"amount": Decimal(1)},
        {"advisor": None},
        {"products": []},
        {"objections": [PRICE]},
    ]
    assert len({meeting_rows(call(**change)).fingerprint for change in changes} | {same}) == 6


def test_the_fingerprint_is_written_with_the_meeting_it_is_of() -> None:
    rows = meeting_rows(call())
    assert rows.parameters()["meeting"] == {**rows.meeting, "fingerprint": rows.fingerprint}


def test_a_number_that_no_graph_holds_is_an_error() -> None:
    with pytest.raises(ValueError, match="too large"):
        meeting_rows(call(children_count=2**63))


def test_products_in_another_order_are_no_change() -> None:
    turned = call(products=["LLC", "Estate Planning"])
    assert meeting_rows(turned).fingerprint == meeting_rows(call()).fingerprint


def test_times_are_told_in_utc() -> None:
    eastern = datetime(2026, 3, 2, 7, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert meeting_rows(call(started_at=eastern)).meeting["started_at"] == NOON


def test_an_objection_said_twice_is_one() -> None:
    twice = meeting_rows(call(objections=[PRICE, PRICE.model_copy(update={"text": PRICE.text.upper()})]))
    assert len(twice.objections) == len(twice.objection_ids) == 1


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["José Ruiz", "jose  RUIZ.", "José Ruiz"], 1),
        (["Ян", "Яна"], 2),
        (["李雷", "韩梅梅"], 2),
        (["मीना", "मन"], 2),
        (["ガク", "カク"], 2),
        (["!", "?"], 2),
    ],
)
def test_a_person_is_known_whatever_accents_capitals_and_script(names: list[str], expected: int) -> None:
    assert len({person_key("a@example.net", name) for name in names}) == expected


def test_a_client_without_email_and_name_cannot_be_taken_for_another() -> None:
    assert client_key(call(1, email=None, persons=[])) == "transcript:70000001"
    assert client_key(call(1, email=None, persons=["transcript:70000002"])) == "transcript 70000002"


def test_long_keys_are_bounded_and_distinct() -> None:
    one, other = key("x" * 5000 + "1"), key("x" * 5000 + "2")
    assert one != other
    assert len(one) == len(other) == 300


def test_blank_is_not_stated() -> None:
    assert text("  ") is text("") is text(None) is None


@pytest.mark.parametrize("amount", ["0.01", "4650.10", "0", "9999999999999.99", "0.1"])
def test_amounts_come_back_to_the_cent(amount: str) -> None:
    assert Decimal(repr(number(Decimal(amount)))) == Decimal(amount)


def test_the_fold_does_not_depend_on_the_order_of_the_calls() -> None:
    calls = [
        Call("1", NOON, {"phone": "old", "state": "Oregon", "persons": ["Ann"]}),
        Call("2", NOON + timedelta(days=1), {"phone": "new", "persons": ["ann", "Bob"]}),
        Call("3", None, {"phone": "undated", "email": "a@example.net"}),
    ]
    folds = [household("k", order) for order in permutations(calls)]
    assert all(fold == folds[0] for fold in folds)
    assert folds[0].properties == {
        "name": None, "email": "a@example.net", "phone": "new", "state": "Oregon", "marital_status": None,
        "children_count": None,
    }  # fmt: skip
    assert sorted(folds[0].persons.values()) == ["Bob", "ann"]


def test_zero_is_stated_and_replaces_an_earlier_number() -> None:
    calls = [
        Call("1", NOON, {"children_count": 2}),
        Call("2", NOON.replace(hour=13, tzinfo=UTC), {"children_count": 0}),
    ]
    assert household("k", calls).properties["children_count"] == 0
