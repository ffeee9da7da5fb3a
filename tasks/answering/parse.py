"""From what a model wrote to a typed value, with the small repairs that need no second question.

Every repair is named in the result, so that first-pass and repaired answers are counted apart: fences and prose around
the object, broken JSON, a wrapper object, unknown fields, numbers given as text, texts and lists over their limit.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import json_repair
from pydantic import BaseModel, ValidationError

from blocks.models.wire import Reply

T = TypeVar("T", bound=BaseModel)

LONGEST_JSON = 1_000_000
"""Characters; no stage's answer comes near, and repair takes time that grows with length."""
DEEPEST_JSON = 60
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Parsed(Generic[T]):
    """A typed answer and the names of the repairs it took (none for a first-pass answer)."""

    value: T
    repairs: tuple[str, ...] = ()


class UnusableAnswerError(ValueError):
    """The answer is not of the requested form; the message is written for the model that is asked again."""


def parse(reply: Reply, wanted: type[T]) -> Parsed[T]:
    """The typed answer in a reply. Raises UnusableAnswerError with every reason if it is not in there."""
    value, repairs = (reply.value, []) if reply.text is None else _read_json(reply.text)
    value = _storable(value)
    if not isinstance(value, dict):
        raise UnusableAnswerError("The answer is not a JSON object.")
    return _validate(value, wanted, repairs)


def _read_json(text: str) -> tuple[Any, list[str]]:
    if len(text) > LONGEST_JSON:
        raise UnusableAnswerError(f"The answer has {len(text):,} characters, far more than was asked for.")
    try:
        return _loads(text), []
    except (ValueError, RecursionError):
        pass
    inner = _outermost_object(text)
    try:
        return _loads(inner), ["text around the JSON object"]
    except (ValueError, RecursionError):
        pass
    if _depth(inner) > DEEPEST_JSON:
        raise UnusableAnswerError("The answer is nested far deeper than was asked for.")
    repaired = json_repair.loads(inner)
    if not isinstance(repaired, dict) or not repaired:
        raise UnusableAnswerError("The answer holds no JSON object.")
    return repaired, ["broken JSON"]


def _loads(text: str) -> Any:
    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def _outermost_object(text: str) -> str:
    start, end = text.find("{"), text.rfind("}")
    if start < 0:
        raise UnusableAnswerError("The answer holds no JSON object.")
    return text[start : end + 1] if end > start else text[start:]


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character in "{[") - (character in "}]")
        deepest = max(deepest, depth)
    return deepest


def _storable(value: Any, depth: int = 0) -> Any:
    """Without the characters no database or UTF-8 file can hold (NUL, lone surrogates)."""
    if depth > DEEPEST_JSON:
        raise UnusableAnswerError("The answer is nested far deeper than was asked for.")
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [_storable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("", str(key)): _storable(item, depth + 1) for key, item in value.items()}
    return value


def _validate(value: dict[str, Any], wanted: type[T], repairs: list[str]) -> Parsed[T]:
    try:
        return Parsed(wanted.model_validate_json(json.dumps(value), strict=True), tuple(repairs))
    except ValidationError:
        pass
    if (
        len(value) == 1
        and isinstance(inner := next(iter(value.values())), dict)
        and not set(value) & set(wanted.model_fields)
    ):
        value, repairs = inner, [*repairs, "a wrapper around the object"]
    for _ in range(4):  # one pass may uncover what the one before hid
        try:
            typed = wanted.model_validate(value)
        except ValidationError as error:
            fixed = _fix(value, error)
            if not fixed:
                raise UnusableAnswerError(_reasons(error)) from None
            repairs = [*repairs, *fixed]
        else:
            return Parsed(typed, tuple(dict.fromkeys(repairs)) or ("values of another type",))
    raise UnusableAnswerError("The answer has too many wrong fields.")


def _fix(value: dict[str, Any], error: ValidationError) -> list[str]:
    """Mends in place what can be mended without inventing anything; the names of the repairs, or none if any fault stays."""
    fixed = []
    for fault in error.errors(include_url=False):
        holder, last = _holder(value, fault["loc"]), fault["loc"][-1] if fault["loc"] else None
        if fault["type"] == "extra_forbidden" and isinstance(holder, dict):
            holder.pop(last, None)
            fixed.append("unknown fields")
        elif fault["type"] == "string_too_long" and holder is not None:
            holder[last] = _cut(holder[last], fault["ctx"]["max_length"])
            fixed.append(f"text over its limit: {_path(fault['loc'])}")
        elif fault["type"] == "too_long" and holder is not None and isinstance(holder[last], list):
            holder[last] = holder[last][: fault["ctx"]["max_length"]]
            fixed.append(f"list over its limit: {_path(fault['loc'])}")
        else:
            return []
    return fixed


def _holder(value: Any, location: tuple[int | str, ...]) -> Any:
    try:
        for step in location[:-1]:
            value = value[step]
    except (KeyError, IndexError, TypeError):
        return None
    return value


def _cut(text: str, limit: int) -> str:
    head = text[:limit]
    for end in (". ", "; ", ", ", " "):
        if (at := head.rfind(end)) > limit // 2:
            return head[: at + 1].rstrip(" ,;")
    return head


def _path(location: tuple[int | str, ...]) -> str:
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


def _reasons(error: ValidationError, most: int = 12) -> str:
    faults = error.errors(include_url=False)
    lines = [f"{_path(fault['loc'])}: {fault['msg']}" for fault in faults[:most]]
    if len(faults) > most:
        lines.append(f"and {len(faults) - most} more")
    return "\n".join(lines)
