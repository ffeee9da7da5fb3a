"""Which facts of an earlier run can be corrected, and with what."""

from typing import Any

import pytest

from blocks.errors import InputError
from flows.generator.correcting import corrected
from flows.generator.stages import STAGES, stage
from tests.generator import examples

ALL = examples.outputs()
OUTPUTS = {key: ALL[key] for key in ("offer_design", "avatar_creation")}
NAME = "offer_design.core_offer.offer_name"


def outputs_with(overrides: dict[str, Any]) -> dict[str, Any]:
    """Stage key -> output where the corrected stages are finished from their corrections in their order."""
    answers, found = corrected(overrides, "run", ALL), examples.outputs()
    for each in STAGES:
        if each.key in answers:
            found[each.key] = each.finish(answers[each.key], examples.inputs(each.key, found)).model_dump(mode="json")
    return found


def test_the_field_is_set_and_nothing_else() -> None:
    made = outputs_with({NAME: "The Quiet Ledger"})
    assert made["offer_design"]["core_offer"]["offer_name"] == "The Quiet Ledger"
    assert examples.changed(made, {NAME: ALL["offer_design"]["core_offer"]["offer_name"]}) == ALL


def test_a_stage_may_be_named_by_its_number_and_an_item_of_a_list_by_its_own() -> None:
    made = outputs_with({"5.pricing_tiers.1.tier_name": "Standard", NAME: "The Quiet Ledger"})
    assert made["offer_design"]["pricing_tiers"][1]["tier_name"] == "Standard"
    assert made["offer_design"]["core_offer"]["offer_name"] == "The Quiet Ledger"


@pytest.mark.parametrize("each", [each for each in STAGES if each.key in ALL], ids=lambda each: each.key)
def test_what_nobody_corrects_is_computed_as_it_was(each: Any) -> None:
    output = ALL[each.key]
    assert each.finish(each.correctable(output), examples.inputs(each.key)).model_dump(mode="json") == output


class TestComputed:
    """What code computes follows the correction of what it is computed from."""

    def test_a_total_of_its_parts(self) -> None:
        values = [one["perceived_value"] for one in ALL["value_stack"]["core_components"]]
        made = outputs_with({"value_stack.core_components.0.perceived_value": 99_999})
        assert made["value_stack"]["total_perceived_value"] == sum(values[1:]) + 99_999

    def test_the_copy_of_the_recommended_option(self) -> None:
        recommended = ALL["offer_rationale"]["recommended_option"]
        made = outputs_with({f"offer_rationale.{recommended}.big_promise": "Paid in ten days."})
        assert made["offer_rationale"]["recommended"]["big_promise"] == "Paid in ten days."

    def test_another_recommendation(self) -> None:
        made = outputs_with({"offer_rationale.recommended_option": "option_3"})["offer_rationale"]
        assert made["recommended"] == made["option_3"]

    def test_a_ratio_of_a_price_and_of_a_total_corrected_with_it(self) -> None:
        component = "value_stack.core_components.0.perceived_value"
        made = outputs_with({"pricing_framework.recommended_price": 10_000, component: 99_999})
        total = made["value_stack"]["total_perceived_value"]
        assert made["pricing_framework"]["value_to_price_ratio"] == round(total / 10_000, 1)

    def test_the_order_of_tiers_and_the_amount_of_a_payment(self) -> None:
        made = outputs_with(
            {"offer_design.pricing_tiers.0.price": 900_000, "payment_plans.payment_plans.0.instalments": 7}
        )
        assert [tier["tier_number"] for tier in made["offer_design"]["pricing_tiers"]] == [1, 2, 3]
        assert made["offer_design"]["pricing_tiers"][2]["price"] == 900_000
        plan = made["payment_plans"]["payment_plans"][0]
        assert plan["instalment_amount"] == round(plan["total_price"] / 7, 2)

    def test_the_words_of_the_report(self) -> None:
        section = {"key": "market", "title": "Market", "markdown": "One two three.", "words": 3}
        report = {"title": "Report", "headline": "Cash", "sections": [section] * 2, "words": 6, "target_words": 100}
        answer = corrected({"report_synthesis.sections.1.markdown": "Now four words here."}, "run",
                           {"report_synthesis": report})["report_synthesis"]  # fmt: skip
        made = stage("report_synthesis").finish(answer, examples.inputs("report_synthesis"))
        assert (made.sections[1].words, made.words) == (4, 7)

    @pytest.mark.parametrize(
        ("path", "computed_from"),
        [
            ("value_stack.total_perceived_value", "core_components"),
            ("pricing_framework.value_to_price", "recommended_price"),
            ("offer_rationale.recommended.big_promise", "recommended_option"),
            ("offer_design.pricing_tiers.1.is_recommended", "price"),
        ],
    )
    def test_is_no_field_to_correct(self, path: str, computed_from: str) -> None:
        with pytest.raises(InputError, match="is computed") as raised:
            corrected({path: 1}, "run", ALL)
        assert computed_from in raised.value.do

    def test_a_correction_that_waits_holds_on_beside_a_new_one(self) -> None:
        answers = corrected({NAME: "The Quiet Ledger"}, "run", OUTPUTS, awaited=["avatar_creation"])
        assert set(answers) == {"offer_design", "avatar_creation"}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("offer_designs.core_offer", "x", "There is no stage 'offer_designs'"),
        ("value_stack.value_stack_summary", "x", "no output of Value Stack to correct"),
        ("offer_design.core_offer.ofer_name", "x", "There is no field 'offer_design.core_offer.ofer_name'"),
        ("offer_design.core_offer.offer_name.deeper", "x", "There is no field"),
        ("offer_design.pricing_tiers.99.price", "x", "There is no field"),
        ("offer_design.pricing_tiers.-1.tier_name", "x", "There is no field"),
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


def test_an_output_of_an_older_release_that_nothing_can_be_corrected_in_is_said() -> None:
    with pytest.raises(InputError, match="cannot be"):
        corrected({NAME: "The Quiet Ledger"}, "run", {"offer_design": {"offer": "of another form"}})
