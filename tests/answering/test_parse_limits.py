"""Broken answers beyond what is mended: refused in words, quickly."""

import json
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, create_model

from blocks.models.wire import Reply
from tasks.answering.parse import UnusableAnswerError, parse


class Nest(BaseModel, extra="forbid"):
    inner: "Nest | None" = None
    text: str = Field(default="", max_length=3)


@pytest.mark.parametrize("text", ['{"a": ' + "[" * 61, "{" * 100, '{"inner": ' * 61 + "1"])
def test_broken_json_that_is_nested_too_deep_is_not_mended(text: str) -> None:
    with pytest.raises(UnusableAnswerError, match="nested far deeper"):
        parse(Reply(text), Nest)


def test_one_fault_under_another_is_mended_at_every_depth() -> None:
    found = parse(Reply('{"x": 1, "text": "long", "inner": {"y": 2, "text": "longer"}}'), Nest)
    assert found.value == Nest(text="lon", inner=Nest(text="lon"))
    assert "unknown fields" in found.repairs


def of_lists(depth: int) -> tuple[type[BaseModel], str]:
    """A form of lists within lists that take one item each, and an answer with two in each."""
    form: Any = str
    answer: Any = "x"
    for _ in range(depth):
        form, answer = Annotated[list[form], Field(max_length=1)], [answer, answer]
    return create_model("Lists", lists=(form, ...)), json.dumps({"lists": answer})


def test_faults_that_each_hide_the_next_are_mended_a_few_times_and_no_more() -> None:
    form, answer = of_lists(3)
    assert parse(Reply(answer), form).value.model_dump() == {"lists": [[["x"]]]}
    form, answer = of_lists(4)
    with pytest.raises(UnusableAnswerError, match="too many wrong fields"):
        parse(Reply(answer), form)
