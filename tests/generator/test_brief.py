"""Reading a brief: what is taken, and how everything wrong with it is said at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from blocks.errors import BriefError
from flows.generator.brief import BusinessBrief, GeneratorInput, OfferPreferences, load_input, warnings
from tests.generator import examples


def given(**changes: Any) -> dict[str, Any]:
    """The sample as JSON gives it, with some places replaced: `brief__niche="..."`."""
    values: dict[str, Any] = json.loads(examples.SAMPLE.read_text())
    return examples.changed(values, {path.replace("__", "."): value for path, value in changes.items()})


def refused(source: str | Path | dict[str, Any]) -> str:
    with pytest.raises(BriefError) as caught:
        load_input(source)
    return str(caught.value)


# What is taken


def test_the_sample_is_a_good_brief() -> None:
    assert load_input(examples.SAMPLE).brief.business_name == "Tern & Tide Practice Finance"
    assert warnings(examples.sample()) == []


def test_text_file_and_mapping_are_read_alike() -> None:
    text = examples.SAMPLE.read_text()
    assert load_input(text) == load_input(json.loads(text)) == load_input(examples.SAMPLE)


def test_the_body_of_the_original_is_taken_too() -> None:
    values = given()
    original = {"business_context": values["brief"], "user_preferences": values["preferences"]}
    assert load_input(original) == load_input(values)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "brief.json"
    path.write_text(examples.SAMPLE.read_text(), encoding="utf-8-sig")
    assert load_input(path) == examples.sample()


def test_a_brief_has_nineteen_fields_and_the_preferences_eleven() -> None:
    assert (len(BusinessBrief.model_fields), len(OfferPreferences.model_fields)) == (19, 11)


def test_optional_fields_may_be_missing_or_blank() -> None:
    values = given(brief__competitors_offers="  ")
    del values["brief"]["specialization_keywords"], values["preferences"]["voice_preferences"]
    brief = load_input(values).brief
    assert (brief.competitors_offers, brief.specialization_keywords) == (None, None)


def test_the_input_survives_being_stored() -> None:
    assert GeneratorInput.model_validate_json(examples.sample().model_dump_json()) == examples.sample()


# What is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"brief__niche": " "}, "Brief, niche: is empty. Wanted: The field the business works in"),
        ({"brief__niche": "x" * 301}, "Brief, niche: has 301 characters ('xxx"),
        ({"brief__niche": 7}, "Brief, niche: is 7; wanted is a text."),
        ({"brief__niche": None}, "Brief, niche: is null; wanted is a text."),
        ({"brief__niche": "clinics\x00"}, "Brief, niche: holds a control character"),
        ({"brief__niche": "clinics\ud800"}, "Brief, niche: is 'clinics\\ud800'; wanted is a text without broken"),
        ({"brief__unique_mechanism": "It works."}, "Brief, unique mechanism: has 9 characters ('It works.'), at least 50"),
        ({"brief__unique_mechanism": " " * 80 + "It works."}, "Brief, unique mechanism: has 9 characters"),
        ({"brief__target_psychographics": "x" * 4001}, "at most 4,000 are allowed."),
        ({"brief__business_stage": "established"}, "is 'established'; wanted is one of 'startup', 'growth' or 'scaling'."),
        ({"brief__delivery_format": "1-1"}, "Brief, delivery format: is '1-1'; wanted is one of '1:1', 'group'"),
        ({"preferences__strategic_priorities": []}, "Preferences, strategic priorities: is []; wanted is at least 1 item"),
        ({"preferences__strategic_priorities": ["fame"]}, "Preferences, strategic priorities, item 1: is 'fame'"),
        ({"preferences__comfortable_price_range": {"min": 9, "max": 9}}, "runs from 9 to 9; the highest price must be"),
        ({"preferences__comfortable_price_range": {"min": 0, "max": 9}}, "range, min: is 0; wanted is more than 0."),
        ({"preferences__comfortable_price_range": {"min": 1.5, "max": 9}}, "range, min: is 1.5; wanted is a whole number."),
        ({"preferences__comfortable_price_range": {"max": 9}}, "Preferences, comfortable price range, min: is missing."),
        ({"preferences__proof_assets_available": "all"}, "available: is 'all'; wanted is an object with fields."),
        ({"preferences__emphasize_components": None}, "emphasize components: is null; wanted is a list."),
    ],
)  # fmt: skip
def test_each_problem_names_the_field_what_was_found_and_what_is_wanted(changes: dict[str, Any], message: str) -> None:
    said = refused(given(**changes))
    assert "has 1 problem:" in said
    assert message in said


def test_a_missing_field_with_choices_lists_them() -> None:
    values = given()
    del values["brief"]["service_type"]
    assert "service type: is missing. Wanted: What kind of service it is. One of coaching, consulting" in refused(
        values
    )


def test_all_problems_are_said_at_once() -> None:
    values = given(brief__niche="", brief__service_type="therapy", preferences__pricing_strategy="cheap")
    del values["preferences"]["exclusive_access"]
    said = refused(values)
    assert "4 problems" in said
    assert all(field in said for field in ("niche", "service type", "pricing strategy", "exclusive access"))
    assert "no model was asked" in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\ufeff \n", "The brief is empty."),
        ("# phasegate\n", "The brief is no JSON at all."),
        ('{"brief": {"niche" "x"}}', "The brief is not JSON: line 1, column 20"),
    ],
)
def test_what_is_no_brief_is_told_from_one_with_a_slip(text: str, message: str) -> None:
    assert message in refused(text)
    assert ("a comma or a quotation mark" in refused(text)) == ("column" in message)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"brief__nich": "x"}, "Brief: 'nich' is no field; did you mean 'niche'?"),
        ({"preferences__voice_preferences__tune": "x"}, "voice preferences: 'tune' is no field; did you mean 'tone'?"),
        ({"research_data": {}}, "The input: 'research_data' is no field; the fields are brief, preferences."),
    ],
)
def test_an_unknown_field_is_named_with_the_closest_known_one(changes: dict[str, Any], message: str) -> None:
    assert message in refused(given(**changes))


def test_a_brief_without_preferences_lacks_only_these() -> None:
    said = refused(given()["brief"])
    assert "has 1 problem:" in said
    assert "Preferences: is missing" in said


def test_broken_json_is_placed_by_line_and_column() -> None:
    assert "line 2, column 5" in refused('{"brief": 1,\n"a" "b"}')


@pytest.mark.parametrize(
    ("text", "message"), [("[1]", "a JSON list, not an object"), ('"a"', "a JSON text"), ("[" * 100_000, "too deeply")]
)
def test_json_that_is_no_object_is_refused(text: str, message: str) -> None:
    assert message in refused(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    latin = tmp_path / "latin.json"
    latin.write_bytes(b'{"brief": "caf\xe9"}')
    assert "none.json cannot be read: No such file" in refused(tmp_path / "none.json")
    assert "latin.json is not a text in UTF-8 (byte 14)" in refused(latin)


# What is taken with a warning


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"brief__current_offer_description": "Advice for clinic owners, " * 2},
            "Current offer description is thin: 51",
        ),
        ({"preferences__primary_transformation": "From guessing to knowing. " * 2}, "Primary transformation is thin"),
        (
            {"brief__target_demographics": "Owners aged 36 to 55 in the Midwest, " * 3},
            "Target demographics name no income",
        ),
        ({"brief__price_point_current": "on request"}, "Price point current names no figure"),
        ({"preferences__strategic_priorities": ["build_trust_authority"]}, "Strategic priorities: 1 chosen"),
        ({"preferences__proof_assets_available": {}}, "Proof assets available: none is ticked"),
    ],
)
def test_what_is_thin_is_named(changes: dict[str, Any], message: str) -> None:
    [warning] = warnings(load_input(given(**changes)))
    assert message in warning


# The form


def test_every_form_field_has_a_help_text_and_every_part_a_title_in_words() -> None:
    schema = GeneratorInput.model_json_schema()
    for model in [schema, *schema["$defs"].values()]:
        assert "description" in model
        assert " " in model["title"]
        assert all("description" in field or "$ref" in field for field in model["properties"].values())


def test_choices_are_drop_downs() -> None:
    fields = BusinessBrief.model_json_schema()["properties"]
    assert fields["delivery_format"]["enum"] == ["1:1", "group", "self-study", "hybrid"]
