"""From what a model wrote to a typed value: what is mended, under which name, and what is not."""

import json
import time
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from blocks.models.wire import Reply
from tasks.answering.parse import Parsed, UnusableAnswerError, parse
from tests.answering.setting import TERN, Bird

WHOLE = json.dumps(TERN)


def read(text: Any) -> Parsed[Bird]:
    return parse(Reply(text) if isinstance(text, str) else Reply(None, text), Bird)


@pytest.mark.parametrize("said", [WHOLE, f"  \n{WHOLE}\n", TERN], ids=["text", "blanks around it", "object"])
def test_an_answer_as_asked_for_needs_no_repair(said: Any) -> None:
    assert read(said) == Parsed(Bird(**TERN), ())


@pytest.mark.parametrize(
    ("said", "repair"),
    [
        (f"```json\n{WHOLE}\n```", "text around the JSON object"),
        (f"Sure! {WHOLE} Let me know if {{more}}.", "text around the JSON object"),
        (f"<think>{{a plan}}, {{}}</think>\n{WHOLE}", "text around the JSON object"),
        (f'For example {{"name": "Gull"}}. So: {WHOLE}', "text around the JSON object"),
        (WHOLE[:-1] + ",}", "broken JSON"),
        (WHOLE.replace('"calls": [', '"calls": [,'), "broken JSON"),
        (repr(TERN), "broken JSON"),
        (WHOLE[:-2], "broken JSON"),
        (json.dumps({"bird": TERN}), "a wrapper around the object"),
        (json.dumps({**TERN, "note": "a guess"}), "unknown fields"),
        (json.dumps({**TERN, "legs": "2"}), "values of another type"),
        (json.dumps({**TERN, "legs": 2.0, "share": "0.25"}), "values of another type"),
        (json.dumps({**TERN, "calls": ["kree", "kip", "kek", "kor"]}), "list over its limit: calls"),
        (json.dumps({**TERN, "calls": ["kree " * 20]}), "text over its limit: calls[0]"),
    ],
)  # fmt: skip
def test_what_can_be_mended_is_mended_and_named(said: str, repair: str) -> None:
    parsed = read(said)

    assert parsed.repairs == (repair,)
    assert parsed.value.name == "Tern"


def test_several_repairs_are_all_named() -> None:
    said = "```\n" + json.dumps({"bird": {**TERN, "note": 1, "name": "Arctic tern of the " * 5}}) + "\n```"

    assert read(said).repairs == (
        "text around the JSON object", "a wrapper around the object", "text over its limit: name", "unknown fields",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("long", "kept"),
    [
        ("The Arctic tern flies far. It never rests there", "The Arctic tern flies far."),
        ("A tern from the far north and the far south", "A tern from the far north and the far"),
        ("T" * 50, "T" * 40),
    ],
)
def test_a_long_text_is_cut_at_a_sentence_or_a_word(long: str, kept: str) -> None:
    assert read({**TERN, "name": long}).value.name == kept


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "no JSON object"),
        ("Terns fly far.", "no JSON object"),
        ("[1, 2]", "not a JSON object"),
        (None, "not a JSON object"),
        (42, "not a JSON object"),
        ("{}", "name: Field required"),
        ('{"name": "Tern"}', "legs: Field required"),
        ({**TERN, "legs": 4}, "legs: Input should be less than or equal to 2"),
        ({**TERN, "name": None}, "name: Input should be a valid string"),
        ({**TERN, "name": ""}, "name: String should have at least 1 character"),
        ({**TERN, "calls": []}, "calls: List should have at least 1 item"),
        ({**TERN, "calls": [{"a": 1}]}, "calls[0]: Input should be a valid string"),
        ({**TERN, "share": float("inf")}, "more than 15 digits"),
        ({**TERN, "share": float("nan")}, "more than 15 digits"),
        (WHOLE.replace("0.25", "1e999"), "more than 15 digits"),
        (WHOLE.replace("0.25", "NaN"), "finite"),
        (WHOLE.replace("0.25", "9" * 5000), ""),
    ],
    ids=range(17),
)
def test_nothing_is_invented(said: Any, reason: str) -> None:
    with pytest.raises(UnusableAnswerError) as refused:
        read(said)
    assert reason in str(refused.value)


def test_json_that_was_cut_at_the_output_limit_is_not_mended() -> None:
    with pytest.raises(UnusableAnswerError):
        parse(Reply(WHOLE[:-2], truncated=True), Bird)
    assert parse(Reply(WHOLE + " And another thi", truncated=True), Bird).value.name == "Tern"


def test_an_inner_object_is_not_taken_for_the_answer() -> None:
    class Nest(BaseModel):
        eggs: dict[str, int]
        place: str

    parsed = parse(Reply('{"eggs": {"white": 1, "brown": 2, "speckled": 3, "blue": 4}, "place": "a cliff",}'), Nest)

    assert (parsed.value.place, parsed.repairs) == ("a cliff", ("broken JSON",))


def test_many_wrong_fields_are_told_in_few_lines() -> None:
    class Many(BaseModel):
        numbers: list[int] = Field(max_length=50)

    with pytest.raises(UnusableAnswerError) as refused:
        parse(Reply(json.dumps({"numbers": ["x"] * 30})), Many)

    assert len(str(refused.value).splitlines()) == 13
    assert "and 18 more" in str(refused.value)


def test_a_limit_on_the_keys_of_an_object_cannot_be_mended() -> None:
    class Named(BaseModel):
        model_config = ConfigDict(extra="forbid")
        counts: dict[str, str] = Field(max_length=1)

    with pytest.raises(UnusableAnswerError):
        parse(Reply('{"counts": {"a": "1", "b": "2"}}'), Named)


@pytest.mark.parametrize("hidden", ["\\u0000", "\\ud800", "\\udfff"])
def test_what_no_database_can_hold_is_left_out(hidden: str) -> None:
    assert read(WHOLE.replace("Tern", f"Te{hidden}rn")).value.name == "Tern"


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert read(WHOLE.replace("Tern", "\\ud83d\\udc26")).value.name == "\N{BIRD}"


def test_characters_that_turn_a_line_around_are_stored_as_they_are() -> None:
    """They are made visible where they are shown; see `tasks.reports.text`."""
    assert read(WHOLE.replace("Tern", "\\u202eTern")).value.name == "\u202eTern"


# Worst cases: each must be refused or read at once. The bound leaves room for a busy machine.
PATIENCE = 4.0
HOSTILE = {
    "a megabyte of braces": "{" * 1_000_001,
    "nested lists": '{"name": ' + "[" * 100_000,
    "nested objects": '{"a":' * 100_000,
    "whole nested lists": '{"name": ' + "[" * 500 + "]" * 500 + "}",
    "open quotes": '{"name": ' + '"' * 899_000,
    "fences": '{"name": "' + "```json " * 110_000,
    "comments": '{"name": ' + "/*" * 440_000,
    "words": '{"name": ' + "tern " * 180_000,
    "pairs": "{" + '"k": "v" ' * 100_000,
    "objects": "{} " * 300_000,
    "blanks": '{"name"' + " " * 899_000,
    "long broken": '{"name": "' + "tern " * 19_000,
    "long fences": '{"name": "' + "```json " * 12_000,
    "long quotes": "{" + '"' * 99_000,
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused_quickly(said: str) -> None:
    started = time.process_time()
    with pytest.raises(UnusableAnswerError):
        read(said)
    assert time.process_time() - started < PATIENCE


def test_a_value_nested_too_deeply_is_refused() -> None:
    nested: Any = "tern"
    for _ in range(900):
        nested = [nested]

    with pytest.raises(UnusableAnswerError, match="nested"):
        read({**TERN, "name": nested})
