"""A valid instance of a JSON schema: what a model under schema-constrained decoding would answer.

`instance(schema, seed)` is a pure function: same schema and seed, same answer. It reads the keywords pydantic writes
and the common rest; a keyword it cannot honour raises UnsupportedSchemaError instead of an answer that may be invalid.
"""

import json
import math
import re
from collections.abc import Callable
from random import Random
from typing import Any

from tests.doubles.model_server.patterns import NoMatchFoundError, matching
from tests.doubles.model_server.prose import WORDS, text_between
from tests.doubles.model_server.scalars import FORMATS, ROOM, UnsupportedSchemaError, bounds, usual_lengths

Schema = dict[str, Any]

_CALM_DEPTH = 6
"""Below this depth optional branches are left out, so that recursive schemas end."""
_DEEPEST = 60
_NULL_SHARE = 0.12
"""How often a value that may be null is null."""
_REFUSED = (
    "if",
    "not",
    "contains",
    "patternProperties",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$dynamicRef",
)
_HIGHEST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_LOWEST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def instance(schema: Schema, seed: int | str = 0) -> Any:
    """A valid instance of `schema`, decided by `seed` alone.

    Raises UnsupportedSchemaError that names the keyword or reference it cannot honour.
    """
    return _Synthesis(schema, Random(str(seed))).value(schema)  # str: Random hashes it in a stable way


def dangling_reference(schema: Schema) -> str | None:
    """The first `$ref` anywhere in the schema that points to nothing, or None."""
    resolver, waiting = _Synthesis(schema, Random(0)), [schema]
    while waiting:
        part: Any = waiting.pop()
        if isinstance(part, dict) and isinstance(reference := part.get("$ref"), str):
            try:
                resolver.resolved(reference)
            except UnsupportedSchemaError:
                return reference
        waiting += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return None


def merged(first: Schema, second: Schema) -> Schema:
    """One schema that demands what both demand (`allOf`, or a `$ref` with keywords beside it)."""
    result = dict(first)
    for key, theirs in second.items():
        result[key] = _both(key, result[key], theirs) if key in result else theirs
    return result


def _both(key: str, ours: Any, theirs: Any) -> Any:
    if key in _HIGHEST:
        return max(ours, theirs)
    if key in _LOWEST:
        return min(ours, theirs)
    if key == "required":
        return sorted({*ours, *theirs})
    if key == "enum":
        return [value for value in ours if value in theirs]
    if key in ("properties", "$defs"):
        return {**ours, **{name: merged(ours.get(name, {}), part) for name, part in theirs.items()}}
    return theirs


class _Synthesis:
    def __init__(self, root: Schema, random: Random) -> None:
        self.root, self.random = root, random

    def value(self, schema: Schema | bool, depth: int = 0) -> Any:
        if depth > _DEEPEST:
            raise UnsupportedSchemaError("the schema demands an endless instance: a required reference to itself")
        plain = self._flat(schema, depth)
        if "const" in plain:
            return plain["const"]
        if "enum" in plain:
            return self.random.choice(plain["enum"])
        return self._makers()[self._kind(plain)](plain, depth)

    def _makers(self) -> dict[str, Callable[[Schema, int], Any]]:
        return {
            "object": self._object,
            "array": self._array,
            "string": lambda schema, _: self._string(schema),
            "integer": lambda schema, _: self._integer(schema),
            "number": lambda schema, _: self._number(schema),
            "boolean": lambda schema, _: self.random.random() < 0.5,
            "null": lambda schema, _: None,
        }

    # What the schema says once references, combinations and alternatives are resolved ------------------------------

    def _flat(self, schema: Schema | bool, depth: int) -> Schema:
        if schema is False:
            raise UnsupportedSchemaError("the schema is `false`: nothing is valid")
        flat: Schema = {} if schema is True else dict(schema)
        for _ in range(_DEEPEST):
            if refused := [word for word in _REFUSED if word in flat]:
                raise UnsupportedSchemaError(f"the keyword {refused[0]!r} is not honoured here")
            if "$ref" in flat:
                flat = merged(self.resolved(flat.pop("$ref")), flat)
            elif "allOf" in flat:
                for part in flat.pop("allOf"):
                    flat = merged(flat, part)
            elif alternatives := flat.pop("anyOf", None) or flat.pop("oneOf", None):
                flat = merged(flat, self._alternative(alternatives, depth))
            else:
                return flat
        raise UnsupportedSchemaError("references that only lead to each other")

    def resolved(self, reference: str) -> Schema:
        """The schema a local reference points to."""
        place: Any = self.root
        if not reference.startswith("#"):
            raise UnsupportedSchemaError(f"the reference {reference!r} leaves the schema")
        for step in reference[1:].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            place = place.get(name) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise UnsupportedSchemaError(f"the reference {reference!r} points to nothing")
        return dict(place)

    def _alternative(self, alternatives: list[Schema], depth: int) -> Schema:
        nulls = [one for one in alternatives if one.get("type") == "null"]
        others = [one for one in alternatives if one.get("type") != "null"]
        if nulls and (not others or depth > _CALM_DEPTH or self.random.random() < _NULL_SHARE):
            return nulls[0]
        if depth > _CALM_DEPTH:
            others = [one for one in others if "$ref" not in json.dumps(one)] or others
        # Pydantic's Decimal is "number or string", and its pattern for the string lets any text pass.
        figures = [one for one in others if one.get("type") == "number"]
        return self.random.choice(figures or others)

    def _kind(self, schema: Schema) -> str:
        kind = schema.get("type") or self._implied(schema)
        if isinstance(kind, list):
            chosen = self._alternative([{"type": one} for one in kind], 0)
            return str(chosen["type"])
        if kind not in ("object", "array", "string", "integer", "number", "boolean", "null"):
            raise UnsupportedSchemaError(f"the type {kind!r} does not exist")
        return str(kind)

    def _implied(self, schema: Schema) -> str:
        implied = {
            "object": ("properties", "required", "additionalProperties"),
            "array": ("items", "prefixItems", "minItems"),
            "number": ("minimum", "maximum", "multipleOf"),
        }
        return next((kind for kind, words in implied.items() if any(word in schema for word in words)), "string")

    # One method a type ----------------------------------------------------------------------------------------------

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties: Schema = schema.get("properties", {})
        required = schema.get("required", [])
        wanted = [name for name in properties if name in required or depth <= _CALM_DEPTH]
        result = {name: self.value(properties[name], depth + 1) for name in wanted}
        rest = schema.get("additionalProperties", True)
        names = [name for name in required if name not in properties]
        free = WORDS if rest is not False else ()
        least = schema.get("minProperties", 0)
        if isinstance(rest, dict) and not properties:
            least = max(least, min(2, schema.get("maxProperties", 2)))
        if free and "propertyNames" in schema:
            free = tuple({str(self.value(schema["propertyNames"], depth + 1)) for _ in range(20)} - set(result))
        names += self.random.sample(sorted(free), max(0, min(len(free), least - len(result) - len(names))))
        return result | {name: self.value(rest if isinstance(rest, dict) else True, depth + 1) for name in names}

    def _array(self, schema: Schema, depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        most = schema.get("maxItems", max(least, 3))
        fixed = schema.get("prefixItems", [])
        # Pydantic writes a tuple of fixed length with as many prefix items as it demands.
        usual = max(least, min(1, most), min(len(fixed), most))
        count = self.random.randint(usual, max(usual, min(most, usual + 5))) if depth <= _CALM_DEPTH else least
        if schema.get("items") is False:
            count = min(count, len(fixed))
        items = schema.get("items", True)
        parts = [fixed[place] if place < len(fixed) else items for place in range(count)]
        if schema.get("uniqueItems"):
            return self._distinct(parts, least, depth)
        return [self.value(part, depth + 1) for part in parts]

    def _distinct(self, parts: list[Any], least: int, depth: int) -> list[Any]:
        seen: dict[str, Any] = {}
        for part in parts:
            for _ in range(50):
                value = self.value(part, depth + 1)
                if (key := json.dumps(value, sort_keys=True)) not in seen:
                    seen[key] = value
                    break
        if len(seen) < least:
            raise UnsupportedSchemaError("uniqueItems: not enough different values exist")
        return list(seen.values())

    def _string(self, schema: Schema) -> str:
        shortest = schema.get("minLength", 0)
        longest = schema.get("maxLength", max(shortest, 1) + ROOM)
        if special := FORMATS.get(schema.get("format", "")):
            return special(self.random)
        # An empty string is often allowed and never what a model that does its work would say.
        text = text_between(self.random, *usual_lengths(shortest, longest)) if longest else ""
        pattern = schema.get("pattern")
        if pattern is None or re.search(pattern, text):
            return text
        try:
            return matching(pattern, self.random, shortest, schema.get("maxLength", shortest + 4000))
        except NoMatchFoundError as error:
            raise UnsupportedSchemaError(str(error)) from error

    def _integer(self, schema: Schema) -> int:
        low, high = bounds(schema, 1)
        step = schema.get("multipleOf", 1)
        first, last = math.ceil(low / step), math.floor(high / step)
        if first > last:
            raise UnsupportedSchemaError(f"no integer lies between {low} and {high} in steps of {step}")
        return int(self.random.randint(first, last) * step)

    def _number(self, schema: Schema) -> float | int:
        if "multipleOf" in schema:
            step = schema["multipleOf"]
            low, high = bounds(schema, step)
            return float(self.random.randint(math.ceil(low / step), math.floor(high / step)) * step)
        low, high = bounds(schema, 0)
        value = self.random.uniform(low, high)
        outside = (schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum"))
        # An amount has two places; the nearest such number may be a bound that is not allowed itself.
        near = (round(value, 2), math.ceil(value * 100) / 100, math.floor(value * 100) / 100)
        return next((one for one in near if low <= one <= high and one not in outside), value)
