"""The double's answers are valid by the schema they were asked for."""

import json
import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field

from tests.doubles.model_server import UnsupportedSchemaError, instance

STRICT = {"type": "object", "additionalProperties": False}


class Tone(StrEnum):
    FEAR = "fear"
    HOPE = "hope"


class Phrase(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=10, max_length=80)
    tone: Tone
    frequency: Literal["high", "low"]


class Email(BaseModel):
    kind: Literal["email"]
    address: str = Field(pattern=r"^[a-z]{3,9}\.[a-z]+@example\.com$", max_length=40)


class Phone(BaseModel):
    kind: Literal["phone"]
    number: str = Field(pattern=r"^\+\d{1,3} \d{4,12}$")


class Node(BaseModel):
    name: str
    children: list["Node"] = Field(max_length=3)


class Stage(BaseModel):
    model_config = ConfigDict(extra="forbid")
    phrases: list[Phrase] = Field(min_length=10, max_length=15)
    score: float = Field(ge=0, le=1)
    price: int = Field(ge=27, le=47)
    amount: Decimal = Field(gt=0, max_digits=8, decimal_places=2)
    day: date
    nickname: str | None
    contact: Annotated[Email | Phone, Field(discriminator="kind")]
    tree: Node
    pair: tuple[int, str]
    tags: set[Tone]
    counts: dict[str, int]
    shares: dict[Tone, float]


bounds = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted)
strings = bounds.map(lambda pair: {"type": "string", "minLength": pair[0], "maxLength": pair[1]})
integers = bounds.map(lambda pair: {"type": "integer", "minimum": pair[0], "maximum": pair[1]})
numbers = bounds.map(lambda pair: {"type": "number", "exclusiveMinimum": pair[0], "maximum": pair[1] + 1})
between = bounds.map(lambda pair: {"type": "integer", "exclusiveMinimum": pair[0], "exclusiveMaximum": pair[1] + 2})
patterns = st.sampled_from(
    [r"^[A-Z]{2}-\d{3,5}$", r"\d+", r"^(a|bc)+\w?$", r"^\S(.*\S)?$", r"[^abc]x", r"^(?!ab)[ab]{2}$"]
).map(lambda pattern: {"type": "string", "pattern": pattern})
values = st.lists(st.integers() | st.text() | st.none(), min_size=1).map(lambda many: {"enum": many})
leaves = (
    strings | integers | numbers | between | patterns | values | st.just({"type": "boolean"}) | st.just({"const": "é"})
)


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    few = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(sorted)
    lists = st.tuples(inner, few).map(
        lambda made: {"type": "array", "items": made[0], "minItems": made[1][0], "maxItems": made[1][1]}
    )
    objects = st.dictionaries(st.text(min_size=1), inner, max_size=4).map(
        lambda parts: STRICT | {"properties": parts, "required": sorted(parts)[:2]}
    )
    optional = inner.map(lambda part: {"anyOf": [part, {"type": "null"}]})
    referred = inner.map(lambda part: {"allOf": [part, {"description": "with a sibling"}]})
    return lists | objects | optional | referred


def assert_valid(schema: dict[str, Any], seed: int) -> Any:
    value = instance(schema, seed)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)
    return value


@given(schema=st.recursive(leaves, grown, max_leaves=12), seed=st.integers(0, 10_000))
@settings(max_examples=150, deadline=None)
def test_every_instance_is_valid_by_its_schema(schema: dict[str, Any], seed: int) -> None:
    assert_valid(schema, seed)


@given(seed=st.integers())
@example(seed=-15_012_758_260)  # an amount of less than a cent
@settings(max_examples=40, deadline=None)
def test_a_pydantic_model_accepts_its_instances(seed: int) -> None:
    value = assert_valid(Stage.model_json_schema(), seed)

    stage = Stage.model_validate_json(json.dumps(value))

    assert 10 <= len(stage.phrases) <= 15


def test_look_arounds_of_a_pattern_hold() -> None:
    texts = {instance({"type": "string", "pattern": "^(?!ab)[ab]{2}$"}, seed) for seed in range(50)}

    assert texts == {"aa", "ba", "bb"}


def test_same_seed_same_instance_other_seed_another() -> None:
    schema = Stage.model_json_schema()

    assert instance(schema, "a") == instance(schema, "a")
    assert instance(schema, "a") != instance(schema, "b")


def test_optional_values_are_sometimes_null_and_mostly_given() -> None:
    schema = {"anyOf": [{"type": "string"}, {"type": "null"}]}

    given_values = [value for seed in range(200) if (value := instance(schema, seed)) is not None]

    assert 150 < len(given_values) < 200


def test_text_reads_like_text_and_holds_no_placeholder() -> None:
    text = instance({"type": "string", "minLength": 300, "maxLength": 400}, 1)

    assert 300 <= len(text) <= 400
    assert re.fullmatch(r"[A-Za-z .]+", text)
    assert text.count(" ") > 30


def test_long_fields_stay_within_their_limit() -> None:
    text = instance({"type": "string", "minLength": 2500, "maxLength": 40_000}, 1)

    assert 2500 <= len(text) <= 40_000


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"$ref": "#/$defs/Nothing"}, "#/$defs/Nothing"),
        ({"$ref": "https://example.com/schema"}, "leaves the schema"),
        ({"type": "object", "if": {}}, "'if'"),
        ({"type": "strin"}, "'strin'"),
        ({"type": "string", "pattern": "^$", "minLength": 2}, "pattern"),
        (
            {"$defs": {"A": {"properties": {"a": {"$ref": "#/$defs/A"}}, "required": ["a"]}}, "$ref": "#/$defs/A"},
            "endless",
        ),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "between 3 and 2"),
    ],
)
def test_what_cannot_be_honoured_is_named(schema: dict[str, Any], named: str) -> None:
    with pytest.raises(UnsupportedSchemaError, match=re.escape(named)):
        instance(schema)
