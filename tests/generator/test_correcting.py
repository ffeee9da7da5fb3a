"""Which facts of an earlier run can be corrected, and with what."""

from typing import Any

import pytest

from blocks.errors import InputError
from flows.generator.correcting import corrected
from tests.generator import examples

OUTPUTS = {"offer_design": examples.outputs()["offer_design"], "avatar_creation": examples.outputs()["avatar_creation"]}
NAME = "offer_design.core_offer.offer_name"


def test_the_field_is_set_and_nothing_else() -> None:
    made = corrected({NAME: "The Quiet Ledger"}, "run", OUTPUTS)["offer_design"]
    assert made["core_offer"]["offer_name"] == "The Quiet Ledger"
    assert {**made, "core_offer": None} == {**OUTPUTS["offer_design"], "core_offer": None}
    assert OUTPUTS["offer_design"]["core_offer"]["offer_name"] != "The Quiet Ledger"


def test_a_stage_may_be_named_by_its_number_and_an_item_of_a_list_by_its_own() -> None:
    made = corrected({"5.pricing_tiers.1.tier_name": "Standard", NAME: "The Quiet Ledger"}, "run", OUTPUTS)
    assert made["offer_design"]["pricing_tiers"][1]["tier_name"] == "Standard"
    assert made["offer_design"]["core_offer"]["offer_name"] == "The Quiet Ledger"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("offer_designs.core_offer", "x", "There is no stage 'offer_designs'"),
        ("value_stack.value_stack_summary", "x", "no output of Value Stack to correct"),
        ("offer_design.core_offer.ofer_name", "x", "There is no field 'offer_design.core_offer.ofer_name'"),
        ("offer_design.core_offer.offer_name.deeper", "x", "There is no field"),
        ("offer_design.pricing_tiers.99.price", "x", "There is no field"),
        ("offer_design", "x", "There is no field 'offer_design'"),
        ("offer_design.core_offer.offer_name", "", "cannot be ''"),
        ("offer_design.pricing_tiers", "cheap", "cannot be 'cheap'"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(path: str, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        corrected({path: value}, "run", OUTPUTS)


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("offer_design.core_offer.ofer_name", "offer_name, "),
        ("offer_design.pricing_tiers.99", "0 to 2"),
        ("offer_design.core_offer.offer_name.deeper", "a value without fields"),
    ],
)
def test_a_wrong_field_is_told_what_there_is(path: str, there: str) -> None:
    with pytest.raises(InputError) as raised:
        corrected({path: "x"}, "run", OUTPUTS)
    assert there in raised.value.do


def test_without_an_earlier_run_there_is_nothing_to_correct() -> None:
    assert corrected({}, None, {}) == {}
    with pytest.raises(InputError, match="only in an earlier run"):
        corrected({NAME: "x"}, None, {})
