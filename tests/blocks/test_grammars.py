"""Schemas for the embedded model: shorter, still those of the original, and understood by its engine."""

import json
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field

from blocks.errors import ConfigurationError
from blocks.models.grammars import READABLE, grammar, narrow
from flows.generator.stages import STAGES
from tests.doubles.model_server import instance

ANSWERS = {stage.key: stage.answer.model_json_schema() for stage in STAGES if stage.answer is not None}


class Egg(BaseModel):
    model_config = ConfigDict(extra="forbid")
    colour: Literal["white", "speckled"]
    grams: float = Field(ge=1, le=90)


class Nest(BaseModel):
    """Every kind of thing a schema may hold."""

    model_config = ConfigDict(extra="forbid")
    place: str = Field(max_length=400)
    code: str = Field(min_length=90, max_length=100)
    short: str = Field(max_length=5)
    free: str
    when: Annotated[str, Field(json_schema_extra={"format": "date"})]
    zip: str = Field(pattern=r"^[0-9]{5}$")
    eggs: list[Egg] = Field(min_length=3, max_length=9)
    any_number: list[str]
    none_at_all: list[str] = Field(max_length=0)
    pair: tuple[int, str]
    note: str | None = Field(None, max_length=300)
    kind: Literal["nest"]
    inside: "Nest | None" = None


NEST = Nest.model_json_schema()


def fits(value: Any, schema: dict[str, Any]) -> bool:
    return Draft202012Validator(schema).is_valid(value)


# Shorter --------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), limit=st.integers(12, 400))
def test_what_satisfies_the_shorter_schema_satisfies_the_original(seed: int, limit: int) -> None:
    value = instance(narrow(NEST, limit), seed)

    assert fits(value, NEST), value


@pytest.mark.parametrize("stage", ANSWERS)
def test_a_stages_shorter_schema_is_one_of_the_original(stage: str) -> None:
    for seed in range(3):
        assert fits(instance(narrow(ANSWERS[stage], 48), seed), ANSWERS[stage])


def test_texts_and_lists_are_as_short_as_they_may_be() -> None:
    properties = narrow(NEST, 48)["$defs"]["Nest"]["properties"]

    assert (properties["place"]["maxLength"], properties["place"]["minLength"]) == (48, 12)
    assert (properties["code"]["minLength"], properties["code"]["maxLength"]) == (90, 90)
    assert properties["short"]["maxLength"] == 5
    assert (properties["eggs"]["minItems"], properties["eggs"]["maxItems"]) == (3, 3)
    assert (properties["any_number"]["minItems"], properties["any_number"]["maxItems"]) == (1, 1)
    assert (properties["none_at_all"]["minItems"], properties["none_at_all"]["maxItems"]) == (0, 0)


def test_only_free_texts_are_kept_readable() -> None:
    properties = narrow(NEST, 48)["$defs"]["Nest"]["properties"]

    assert properties["place"]["pattern"] == READABLE
    assert properties["zip"]["pattern"] == "^[0-9]{5}$"
    assert "pattern" not in properties["when"]
    assert "pattern" not in narrow(Egg.model_json_schema(), 48)["properties"]["colour"]


def test_the_original_is_left_as_it_was() -> None:
    before = json.dumps(NEST)
    narrow(NEST, 48)
    assert json.dumps(NEST) == before


def test_a_field_named_like_a_keyword_is_a_field() -> None:
    class Odd(BaseModel):
        items: str = Field(max_length=300)
        properties: list[str]

    short = narrow(Odd.model_json_schema(), 20)["properties"]
    assert short["items"]["maxLength"] == 20
    assert short["properties"]["maxItems"] == 1


# Understood -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [48, 2000])
@pytest.mark.parametrize("stage", ANSWERS)
def test_the_engine_keeps_every_stages_schema(stage: str, limit: int) -> None:
    assert grammar(json.dumps(narrow(ANSWERS[stage], limit))).startswith("%llguidance {}\nstart: %json {")


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
        {"type": "array", "contains": {"const": 1}},
        {"not": {"type": "string"}},
        {"type": "string", "pattern": "(?=a)b"},
        {"$ref": "#/$defs/Nothing"},
        {"$ref": "https://elsewhere.example/schema"},
        {"type": "string", "format": "no-such-format"},
        {"type": "integer", "minimum": 3, "maximum": 2},
    ],
    ids=lambda odd: next(word for word in odd if word != "type"),  # a set's order differs between xdist's workers
)
def test_a_schema_the_engine_would_ignore_is_an_error(odd: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"field": odd}, "required": ["field"], "additionalProperties": False}

    with pytest.raises(ConfigurationError, match="cannot keep this JSON schema") as refused:
        grammar(json.dumps(schema))
    assert "leave that keyword out" in refused.value.do
