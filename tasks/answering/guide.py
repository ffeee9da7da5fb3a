"""The answer's form in words, for models that do not see the JSON schema itself."""

from collections.abc import Mapping
from typing import Any

DEEPEST = 8
"""Levels of nesting that are described."""
SHORTEST_TOLD = 10
"""Characters; a shorter minimum is kept by any answer."""


def field_guide(schema: Mapping[str, Any]) -> str:
    """One line a field: name, type, limits, description; nested fields are indented. No example values."""
    definitions = schema.get("$defs", {})
    lines = ["Answer with one JSON object and nothing else. Its fields, all required:"]
    lines += _fields(_resolve(schema, definitions), definitions, 0)
    return "\n".join(lines)


def _fields(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> list[str]:
    lines: list[str] = []
    if depth > DEEPEST:  # a schema may refer to itself
        return lines
    for name, part in schema.get("properties", {}).items():
        part = _resolve(part, definitions)
        described = f": {part['description']}" if part.get("description") else ""
        lines.append(f"{'  ' * depth}- {name} ({_kind(part, definitions)}){described}")
        inner = _resolve(part.get("items", part), definitions)
        for choice in inner.get("anyOf", [inner]):
            lines += _fields(_resolve(choice, definitions), definitions, depth + 1)
    return lines


def _resolve(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in part:
        target = definitions[part["$ref"].rsplit("/", 1)[-1]]
        return {**target, **{key: value for key, value in part.items() if key != "$ref"}}
    return part


def _kind(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "enum" in part:
        return "one of " + ", ".join(map(str, part["enum"]))
    if "const" in part:
        return f"always {part['const']}"
    if "anyOf" in part:
        return " or ".join(_kind(_resolve(choice, definitions), definitions) for choice in part["anyOf"])
    kind = part.get("type", "value")
    if kind == "array":
        return f"list of {_span(part.get('minItems'), part.get('maxItems'))} {_plural(part, definitions)}".replace(
            "  ", " "
        )
    if kind == "string":
        least = part.get("minLength", 0)
        if least < SHORTEST_TOLD:
            return f"text, at most {part['maxLength']} characters" if "maxLength" in part else "text"
        return f"text, {_span(least, part.get('maxLength'))} characters"
    if kind in ("integer", "number"):
        span = _span(part.get("minimum"), part.get("maximum")) or _open_span(part)
        return f"{'whole number' if kind == 'integer' else 'number'} {span}".strip()
    return str(kind)


def _plural(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    item = _resolve(part.get("items", {}), definitions)
    if "enum" in item:
        return f"of {', '.join(map(str, item['enum']))}"
    return {"object": "objects", "string": "texts"}.get(
        str(item.get("type")), _kind(item, definitions) if item else "values"
    )


def _open_span(part: Mapping[str, Any]) -> str:
    words = (("more than", "exclusiveMinimum"), ("less than", "exclusiveMaximum"))
    return " and ".join(f"{word} {part[bound]}" for word, bound in words if bound in part)


def _span(least: float | None, most: float | None) -> str:
    if least is None and most is None:
        return ""
    if least == most:
        return f"exactly {least}"
    if least is None or most is None:
        return f"at least {least}" if most is None else f"up to {most}"
    return f"{least} to {most}"
