"""From what a model wrote to a typed value, with the small repairs that need no second question.

Every repair is named in the result, so that first-pass and repaired answers are counted apart: fences and prose around
the object, broken JSON, a wrapper object, unknown fields, numbers given as text, texts and lists over their limit.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import json_repair
from pydantic import BaseModel, ValidationError

from blocks.models.wire import Reply

T = TypeVar("T", bound=BaseModel)

LONGEST_JSON = 1_000_000
"""Characters; no stage's answer comes near."""
LONGEST_REPAIR = 100_000
"""Characters of broken JSON; its repair takes a time that grows with the square of the length at worst."""
DEEPEST_JSON = 60
MOST_OBJECTS = 20
"""How many openings of an object are tried in a text that holds more than one."""
MOST = 1e15
"""Numbers below it are exact in every database and in JSON; infinity and no-number are not below it."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Parsed(Generic[T]):
    """A typed answer and the names of the repairs it took (none for a first-pass answer)."""

    value: T
    repairs: tuple[str, ...] = ()


class UnusableAnswerError(ValueError):
    """The answer is not of the requested form; the message is written for the model that is asked again."""


def parse(reply: Reply, wanted: type[T]) -> Parsed[T]:
    """The typed answer in a reply. Raises UnusableAnswerError with every reason if it is not in there.

    JSON that was cut at the output limit is not mended: what is missing would be left out without a word.
    """
    if reply.text is None:
        return _validate(reply.value, wanted, [])
    reasons = UnusableAnswerError("The answer holds no JSON object.")
    for read, repairs in _readings(reply.text, reply.truncated):
        try:
            return _validate(read(reply.text), wanted, repairs)
        except UnusableAnswerError as error:
            reasons = error
    raise reasons


def _readings(text: str, truncated: bool) -> list[tuple[Callable[[str], Any], list[str]]]:
    """Ways to read the text as JSON, the next one for when what the one before found is not the answer."""
    if len(text) > LONGEST_JSON:
        raise UnusableAnswerError(f"The answer has {len(text):,} characters, far more than was asked for.")
    try:
        value = _loads(text)
    except (ValueError, RecursionError):
        whole: list[tuple[Callable[[str], Any], list[str]]] = [(_largest_object, ["text around the JSON object"])]
        return whole if truncated else [*whole, (_repair, ["broken JSON"])]
    return [(lambda _: value, [])]


def _repair(text: str) -> dict[str, Any]:
    text = _outermost_object(text)
    if len(text) > LONGEST_REPAIR:
        raise UnusableAnswerError(
            f"The answer is broken JSON of {len(text):,} characters, far more than was asked for."
        )
    if _depth(text) > DEEPEST_JSON:
        raise UnusableAnswerError("The answer is nested far deeper than was asked for.")
    try:
        repaired = json_repair.loads(text)
    except Exception:  # its parser trips over some texts with an AssertionError, over others with who knows what
        repaired = None
    if not isinstance(repaired, dict) or not repaired:
        raise UnusableAnswerError("The answer holds no JSON object.")
    return repaired


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse)


def _loads(text: str) -> Any:
    return _decoder.decode(text)


def _largest_object(text: str) -> dict[str, Any]:
    """The longest valid JSON object in `text`, which may hold others: an example, a plan, a brace in prose."""
    found: list[tuple[int, dict[str, Any]]] = []
    start = text.find("{")
    for _ in range(MOST_OBJECTS):
        if start < 0:
            break
        try:
            value, end = _decoder.raw_decode(text, start)
            found.append((end - start, value))
        except (ValueError, RecursionError):
            end = start + 1
        start = text.find("{", end)
    if not found:
        raise UnusableAnswerError("The answer holds no JSON object.")
    return max(found, key=lambda item: item[0])[1]


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


def storable(value: Any, depth: int = 0) -> Any:
    """Without the characters no database or UTF-8 file can hold (NUL, lone surrogates).

    Raises UnusableAnswerError for numbers JSON cannot hold, and for nesting no answer needs.
    """
    if depth > DEEPEST_JSON:
        raise UnusableAnswerError("The answer is nested far deeper than was asked for.")
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("", str(key)): storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, int | float) and not abs(value) < MOST:
        raise UnusableAnswerError("The answer holds a number of more than 15 digits, or none that is finite.")
    return value


def _validate(value: Any, wanted: type[T], repairs: list[str]) -> Parsed[T]:
    value = storable(value)
    if not isinstance(value, dict):
        raise UnusableAnswerError("The answer is not a JSON object.")
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
        holder, last = _holder(value, fault["loc"])
        held = holder[last] if holder is not None else None
        if fault["type"] == "extra_forbidden" and isinstance(holder, dict):
            del holder[last]
            fixed.append("unknown fields")
        elif fault["type"] == "string_too_long" and isinstance(held, str):
            holder[last] = _cut(held, fault["ctx"]["max_length"])
            fixed.append(f"text over its limit: {_path(fault['loc'])}")
        elif fault["type"] == "too_long" and isinstance(held, list):
            holder[last] = held[: fault["ctx"]["max_length"]]
            fixed.append(f"list over its limit: {_path(fault['loc'])}")
        else:
            return []
    return fixed


def _holder(value: Any, location: tuple[int | str, ...]) -> tuple[Any, Any]:
    """The list or object that holds what lies at `location`, and its place in there; None if there is no such thing."""
    holder, last = None, None
    try:
        for step in location:
            holder, last, value = value, step, value[step]
    except (KeyError, IndexError, TypeError):
        return None, None
    return (holder, last) if isinstance(holder, dict | list) else (None, None)


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
