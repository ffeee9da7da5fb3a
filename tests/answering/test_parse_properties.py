"""Whatever a model writes, it is read as a valid value or refused in words."""

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from blocks.models.wire import Reply
from tasks.answering.parse import Parsed, UnusableAnswerError, parse
from tests.answering.setting import TERN, Bird

calmly = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
birds = st.builds(
    lambda **fields: fields,
    name=st.text(max_size=60) | json_values, legs=st.sampled_from([2, "2", 2.0, 3, None]),
    share=st.floats() | st.just("0.5"), calls=st.lists(st.text(max_size=40), max_size=5) | json_values,
)  # fmt: skip
near_json = st.lists(
    st.sampled_from([*"{}[]\",:'\\/*#` \n", "name", "legs", "2", "null", "```json", "\x00"]), max_size=60
)


def read(reply: Reply) -> Parsed[Bird] | None:
    """A valid value that no database refuses, or None for an answer that was refused."""
    try:
        parsed = parse(reply, Bird)
    except UnusableAnswerError:
        return None
    stored = parsed.value.model_dump_json()
    assert Bird.model_validate_json(stored, strict=True) == parsed.value
    assert "\x00" not in parsed.value.name
    json.dumps(parsed.value.model_dump(), allow_nan=False).encode()
    return parsed


@calmly
@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_text(text: str) -> None:
    read(Reply(text))


@calmly
@given(near_json.map("".join))
@example("'```json{```json")
def test_any_text_that_looks_like_json(text: str) -> None:
    read(Reply("{" + text))


@calmly
@given(json_values)
def test_any_object_a_provider_parsed(value: Any) -> None:
    read(Reply(None, value))


@calmly
@given(birds)
def test_anything_near_the_wanted_form(value: Any) -> None:
    read(Reply(json.dumps(value)))
    read(Reply(None, value))


@calmly
@given(st.integers(0, 200), st.integers(0, 200), st.text(max_size=5))
def test_a_good_answer_with_a_part_replaced(start: int, length: int, text: str) -> None:
    said = json.dumps(TERN)
    read(Reply(said[:start] + text + said[start + length :]))


@calmly
@given(
    st.text(max_size=60).filter(lambda text: "{" not in text), st.text(max_size=60).filter(lambda text: "{" not in text)
)
def test_a_whole_answer_is_found_in_any_prose(before: str, after: str) -> None:
    parsed = read(Reply(before + json.dumps(TERN) + after))
    assert parsed is not None
    assert parsed.value == Bird(**TERN)


@calmly
@given(birds)
def test_what_was_read_once_is_read_again_as_a_first_pass(value: Any) -> None:
    if parsed := read(Reply(None, value)):
        again = parse(Reply(parsed.value.model_dump_json()), Bird)
        assert (again.value, again.repairs) == (parsed.value, ())
