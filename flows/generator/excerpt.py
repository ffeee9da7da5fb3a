"""Parts of earlier outputs by path, and how they are shown in a prompt.

A path is names joined by dots; a list is mapped over, or cut by `[i]` and `[i:j]`; a trailing `@n` cuts each text at
n characters: `top_fears[:2].quote@50`. `*` stands for everything.
"""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

Reads = Mapping[str, Sequence[str]]

_STEP = re.compile(r"(?P<name>\w+)(?:\[(?P<cut>-?\d*:?-?\d*)\])?$")


def excerpt(value: Mapping[str, Any], paths: Sequence[str]) -> dict[str, Any]:
    """The parts of `value` that `paths` name, in the same nesting. Raises KeyError for a path that is not there."""
    result: dict[str, Any] = {}
    for path in paths:
        if path == "*":
            return dict(value)
        names, _, limit = path.partition("@")
        _merge(result, _take(value, names.split("."), int(limit) if limit else None))
    return result


def _take(value: Any, steps: Sequence[str], limit: int | None) -> Any:
    if not steps:
        return cut(value, limit) if limit else copy.deepcopy(value)
    if isinstance(value, list):
        return [_take(item, steps, limit) for item in value]
    match = _STEP.match(steps[0])
    if not match or not isinstance(value, Mapping) or match["name"] not in value:
        raise KeyError(f"no field {steps[0]!r} to read; there are: {', '.join(value) if value else 'none'}")
    found = value[match["name"]]
    if match["cut"] is not None:
        found = _slice(found, match["cut"])
    return {match["name"]: _take(found, steps[1:], limit)}


def _slice(items: list[Any], text: str) -> list[Any]:
    if ":" not in text:
        return items[int(text) :][:1]
    start, end = (int(part) if part else None for part in text.split(":"))
    return items[start:end]


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        elif isinstance(value, list) and isinstance(into.get(name), list) and all(isinstance(v, dict) for v in value):
            for old, new in zip(into[name], value, strict=False):
                _merge(old, new)
            into[name].extend(value[len(into[name]) :])
        else:
            into[name] = value


def cut(value: Any, limit: int) -> Any:
    """Every text in `value` cut at `limit` characters, at a word's end where there is one, marked with an ellipsis."""
    if isinstance(value, str) and len(value) > limit:
        head = value[: limit - 1]
        return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(" ,;:.") + "…"
    if isinstance(value, list):
        return [cut(item, limit) for item in value]
    if isinstance(value, Mapping):
        return {name: cut(item, limit) for name, item in value.items()}
    return value


def render(value: Any, depth: int = 0) -> str:
    """Readable lines for a prompt: names with blanks, nesting by indentation; what is not stated is left out."""
    pad = "  " * depth
    if isinstance(value, Mapping):
        lines = []
        for name, item in value.items():
            if item is None or item in ("", [], {}):
                continue
            label = f"{pad}{str(name).replace('_', ' ')}:"
            nested = isinstance(item, Mapping) or (isinstance(item, list) and any(isinstance(i, Mapping) for i in item))
            lines.append(f"{label}\n{render(item, depth + 1)}" if nested else f"{label} {_inline(item)}")
        return "\n".join(lines)
    if isinstance(value, list):
        return "\n".join(f"{pad}- {render(item, depth + 1).lstrip()}" for item in value)
    return f"{pad}{_inline(value)}"


def _inline(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_inline(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
