"""JSON schemas made fit for the embedded model: shorter, and proven to be understood by its grammar engine."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from blocks.errors import ConfigurationError

GUIDANCE = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", ", "coerce_one_of": True}
READABLE = r"^[A-Za-z0-9$]+([ ,.;:'%()!?&/+-]{1,2}[A-Za-z0-9$]+)*[.!?)%]?$"
"""Plain English words with at most two signs between them: a tiny model writes braces, quotes, other scripts and rows of
dots into its texts otherwise."""
SHORTEST_TEXT = 12
"""Characters a text has at least, where it may have as many."""


def narrow(schema: Mapping[str, Any], text_limit: int) -> dict[str, Any]:
    """`schema` with texts of at most `text_limit` characters and lists of their shortest length (at least one item).

    Whatever satisfies the narrowed schema satisfies the original.
    """
    return {name: _narrow(name, value, text_limit) for name, value in _shorter(schema, text_limit).items()}


def _narrow(name: str, value: Any, limit: int) -> Any:
    if name in ("properties", "$defs"):
        return {key: narrow(item, limit) for key, item in value.items()}
    if name in ("items", "additionalProperties") and isinstance(value, Mapping):
        return narrow(value, limit)
    if name in ("anyOf", "oneOf", "allOf", "prefixItems"):
        return [narrow(item, limit) for item in value]
    return value


def _shorter(schema: Mapping[str, Any], limit: int) -> dict[str, Any]:
    short = dict(schema)
    free_text = short.get("type") == "string" and not {"enum", "const", "format", "pattern"} & set(short)
    if free_text:
        at_most = min(short.get("maxLength", limit), max(limit, short.get("minLength", 0)))
        short |= {"maxLength": at_most, "pattern": READABLE}
        short["minLength"] = max(short.get("minLength", 0), min(SHORTEST_TEXT, at_most))
    if short.get("type") == "array":
        shortest = max(1, short.get("minItems", 1))
        short["minItems"] = short["maxItems"] = min(shortest, short.get("maxItems", shortest))
    return short


@lru_cache(maxsize=256)
def grammar(schema: str) -> str:
    """The LLGuidance grammar for a JSON schema (as text).

    Raises ConfigurationError if the engine cannot keep the schema: it would ignore it in silence and write anything.
    """
    from llguidance import JsonCompiler, LLMatcher

    text = json.dumps({**json.loads(schema), "x-guidance": GUIDANCE})
    try:
        problem = LLMatcher.validate_grammar(JsonCompiler().compile(text))
    except ValueError as error:
        problem = str(error)
    if problem:
        raise ConfigurationError(
            f"The embedded model cannot keep this JSON schema: {problem}",
            means="it would answer without any form, so it is not asked.",
            do="leave that keyword out of the output model.",
        )
    return "%llguidance {}\nstart: %json " + text
