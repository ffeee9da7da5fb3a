"""The declarations of all stages: order, reads, schemas, sizes."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from blocks.errors import InputError
from blocks.models.grammars import grammar
from flows.generator.brief import BusinessBrief, OfferPreferences
from flows.generator.checks import texts
from flows.generator.digest import RESEARCH_DIGEST
from flows.generator.excerpt import excerpt, render
from flows.generator.stage import Inputs, Stage
from flows.generator.stages import STAGES, dependencies, readers, stage, waves
from tasks.answering.faults import find_echoes
from tasks.answering.guide import field_guide
from tests.doubles.model_server.instances import instance
from tests.generator import examples

RESEARCH = ["market_analysis", "buyer_psychology", "competitive_analysis", "avatar_creation", "offer_design"]
every_stage = pytest.mark.parametrize("each", STAGES, ids=lambda each: each.key)
every_json_stage = pytest.mark.parametrize("each", examples.JSON_STAGES, ids=lambda each: each.key)
AnyStage = Stage[Any, Any]


# Order and dependencies


def test_stages_stand_in_the_order_of_their_numbers() -> None:
    numbers = [each.number for each in STAGES]
    assert numbers == sorted(set(numbers))
    assert set(numbers) >= {1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13}


@pytest.mark.parametrize("name", ["value_stack", 8, "8", "Value Stack"])
def test_a_stage_is_found_by_key_number_or_name(name: str | int) -> None:
    assert stage(name).key == "value_stack"


def test_inputs_are_the_same_in_any_order_and_no_others() -> None:
    inputs = Inputs({"niche": "piano", "offer": "moving"}, {}, {"market_analysis": {"size": 3}})
    turned = Inputs({"offer": "moving", "niche": "piano"}, {}, {"market_analysis": {"size": 3}})
    other = Inputs({"niche": "piano", "offer": "moving"}, {}, {"market_analysis": {"size": 4}})
    assert inputs.canonical() == turned.canonical() != other.canonical()


def test_an_unknown_stage_is_an_error_that_lists_the_stages() -> None:
    with pytest.raises(InputError, match="8 value_stack"):
        stage("value_stock")


def test_research_is_serial() -> None:
    assert waves()[:5] == [(key,) for key in RESEARCH]


def test_offer_stages_start_as_soon_as_what_they_read_is_there() -> None:
    started = {key: number for number, wave in enumerate(waves(), start=1) for key in wave}
    assert {key: started[key] for key in started if key not in RESEARCH and key != "report_synthesis"} == {
        "offer_rationale": 6,
        "premium_bonuses": 6,
        "power_guarantee": 6,
        "value_stack": 7,
        "pricing_framework": 8,
        "payment_plans": 9,
        "scarcity_upsells": 9,
    }


def test_prices_hang_together() -> None:
    beyond_research = {key: reads - set(RESEARCH) for key, reads in dependencies().items()}
    assert {key: set(reads) for key, reads in beyond_research.items() if reads} == {
        "value_stack": {"offer_rationale"},
        "pricing_framework": {"value_stack"},
        "payment_plans": {"pricing_framework"},
        "scarcity_upsells": {"pricing_framework"},
    }


def test_what_runs_again_is_what_reads_the_changed_stage() -> None:
    assert readers("offer_rationale") == {"value_stack", "pricing_framework", "payment_plans", "scarcity_upsells"}
    assert readers("power_guarantee") == frozenset()


# Facts of the upgrade tracker


def test_phases_are_those_of_the_tracker() -> None:
    phases: dict[int | None, set[int]] = {}
    for each in STAGES:
        phases.setdefault(each.upgrade_phase, set()).add(each.number)
    assert phases | {4: {6}} == {1: {1, 2, 3}, 2: {5, 7, 8, 9}, 3: {10, 11, 12, 13}, 4: {6}, None: {4}}


def test_avatar_creation_alone_is_protected() -> None:
    assert [each.number for each in STAGES if each.protected] == [4]


@pytest.mark.parametrize(
    ("number", "points"),
    [(1, (10, 5)), (2, (5, 2)), (3, (8, 3)), (4, (5, 2)), (5, (6, 3)), (7, (10, 5)), (12, (10, 5)), (13, (7, 3))],
)
def test_points_are_those_of_the_original(number: int, points: tuple[int, int]) -> None:
    assert (stage(number).error_points, stage(number).warning_points) == points


# Reads


@every_stage
def test_every_field_read_of_the_input_exists(each: AnyStage) -> None:
    assert set(each.brief_reads) <= BusinessBrief.model_fields.keys()
    assert set(each.preference_reads) <= OfferPreferences.model_fields.keys()


@every_stage
def test_every_path_read_exists_in_the_schema_of_an_earlier_stage(each: AnyStage) -> None:
    for key, paths in each.reads.items():
        assert stage(key).number < each.number
        schema = stage(key).output.model_json_schema(mode="serialization")
        assert all(path == "*" or resolves(path, schema) for path in paths)


def resolves(path: str, schema: Mapping[str, Any]) -> bool:
    place: Mapping[str, Any] | None = schema
    for step in path.partition("@")[0].split("."):
        place = _inside(place, schema).get("properties", {}).get(step.partition("[")[0])
        if place is None:
            return False
    return True


def _inside(place: Mapping[str, Any] | None, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = (place or {}).get("items", place or {})
    return schema["$defs"][inner["$ref"].rsplit("/", 1)[1]] if "$ref" in inner else inner  # type: ignore[no-any-return]


def test_a_path_that_is_not_in_the_schema_is_seen() -> None:
    schema = stage("buyer_psychology").output.model_json_schema()
    assert resolves("top_fears[:2].name", schema)
    assert not resolves("top_fears[:1].fear", schema)


@every_json_stage
def test_no_list_read_is_longer_in_a_later_path(each: AnyStage) -> None:
    """Items of a list come together one by one, so a later path must not reach further than the first one."""
    outputs = examples.outputs()
    for key, paths in each.reads.items():
        together = excerpt(outputs[key], paths)
        for path in paths:
            whole = excerpt(outputs[key], [path.partition("@")[0]])
            assert _lengths(whole) <= _lengths(together)


def _lengths(value: Any, path: str = "") -> set[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    if isinstance(value, list):
        found |= {(path, position) for position in range(len(value))}
    for name, item in value.items() if isinstance(value, dict) else ():
        found |= _lengths(item, f"{path}.{name}")
    return found


def test_the_digest_stays_under_3000_characters_however_long_the_research_is() -> None:
    longest = _stretched(examples.outputs())
    shown = "\n\n".join(f"# {key}\n\n{render(excerpt(longest[key], paths))}" for key, paths in RESEARCH_DIGEST.items())
    assert len(shown) < 3000


def _stretched(value: Any, name: str = "") -> Any:
    """Every free text made 400 characters long."""
    if isinstance(value, dict):
        return {key: _stretched(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_stretched(item, name) for item in value]
    chosen = name in ("optimal_contact_days", "price_sensitivity")
    return "word " * 80 if isinstance(value, str) and not chosen else value


# Schemas


def parts_of(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    for item in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts_of(item)


@every_json_stage
def test_every_text_and_list_is_bounded(each: AnyStage) -> None:
    for part in parts_of(each.answer.model_json_schema()):
        if part.get("type") == "string" and "enum" not in part and "const" not in part:
            assert 2 <= part["minLength"] <= part["maxLength"] <= 2000
        if part.get("type") == "array":
            assert part["minItems"] <= part["maxItems"] <= 15
        if part.get("type") in ("integer", "number"):
            assert {"minimum", "maximum"} <= part.keys()


@every_json_stage
def test_no_schema_uses_a_word_grammars_do_not_know(each: AnyStage) -> None:
    unknown = {"pattern", "uniqueItems", "contains", "not", "if", "prefixItems", "multipleOf", "patternProperties"}
    for part in parts_of(each.answer.model_json_schema()):
        assert not unknown & part.keys()
        assert part.get("additionalProperties") in (None, False)


@every_json_stage
def test_the_embedded_models_grammar_keeps_the_schema(each: AnyStage) -> None:
    assert grammar(json.dumps(each.answer.model_json_schema()))


@every_json_stage
def test_every_plain_field_is_described(each: AnyStage) -> None:
    for part in parts_of(each.answer.model_json_schema()):
        fields = part.get("properties", {})
        bare = [name for name, field in fields.items() if "description" not in field and "$ref" not in field]
        assert not isinstance(fields, dict) or not bare


@every_json_stage
def test_nothing_computed_is_asked_for(each: AnyStage) -> None:
    computed = {
        "total_perceived_value", "value_to_price_ratio", "total_bonus_value", "total_order_bump_revenue_potential",
        "total_upsell_revenue_potential", "tier_number", "is_recommended", "instalment_amount", "recommended",
    }  # fmt: skip
    asked = {name for part in parts_of(each.answer.model_json_schema()) for name in part.get("properties", {})}
    assert not asked & computed


# The example run


@every_json_stage
def test_the_example_passes_every_check(each: AnyStage) -> None:
    found = examples.problems(each.key)
    assert (each.score(found), found) == (100, [])


@every_json_stage
def test_a_stored_output_can_be_read_back(each: AnyStage) -> None:
    stored = examples.outputs()[each.key]
    assert each.output.model_validate_json(json.dumps(stored)).model_dump(mode="json") == stored
    assert each.output.model_validate(each.output.model_validate(stored).model_dump()).model_dump(mode="json") == stored


@every_json_stage
def test_the_example_repeats_nothing_of_the_instructions(each: AnyStage) -> None:
    instructions = f"{each.task}\n{field_guide(each.answer.model_json_schema())}"
    assert [echo for _, text in texts(examples.outputs()[each.key]) for echo in find_echoes(text, instructions)] == []


@every_json_stage
def test_prompt_and_answer_fit(each: AnyStage) -> None:
    """Prompt and guide to the fields under 12,000 characters; the answer, at 3.5 characters a token, in its room."""
    prompt = each.prompt(examples.inputs(each.key)) + field_guide(each.answer.model_json_schema())
    answer_tokens = len(json.dumps(examples.answer(each.key), ensure_ascii=False)) / 3.5
    assert len(prompt) < 12_000
    assert answer_tokens < 0.8 * each.max_tokens


@every_json_stage
def test_a_prompt_shows_no_missing_value(each: AnyStage) -> None:
    prompt = each.prompt(examples.inputs(each.key))
    assert not [word for word in ("None", "undefined", "null", "N/A", "{'") if word in prompt]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_fits_the_schemas_can_be_finished_judged_and_stored(seed: int) -> None:
    outputs: dict[str, Any] = {}
    for each in examples.JSON_STAGES:
        output = examples.finish(each, instance(each.answer.model_json_schema(), seed), outputs)
        outputs[each.key] = output.model_dump(mode="json")
        assert 0 <= each.score(each.check(output, examples.inputs(each.key, outputs))) <= 100
        assert each.output.model_validate(outputs[each.key]) == output


def test_prompts_with_the_longest_brief_still_fit_a_24000_token_window() -> None:
    given = _stretched_brief(examples.sample().model_dump(mode="json"))
    for each in examples.JSON_STAGES:
        prompt = each.prompt(each.inputs(given["brief"], given["preferences"], examples.outputs()))
        assert len(prompt) / 3.5 + each.max_tokens + 500 < 24_000


def _stretched_brief(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stretched_brief(item) for key, item in value.items()}
    return value * (4000 // len(value)) if isinstance(value, str) else value
