"""Broken answers beyond what is mended: refused in words, quickly."""

import pytest
from pydantic import BaseModel, Field

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
