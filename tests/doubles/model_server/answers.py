"""What the double says when a test does not say it."""

import json
from hashlib import sha256
from random import Random
from typing import Any

from tests.doubles.model_server.asked import CHARACTERS_A_TOKEN, AskedRequest
from tests.doubles.model_server.instances import instance
from tests.doubles.model_server.prose import article

_PROSE_TOKENS = 1_500
"""Length of prose where the request sets no output limit."""
_PROSE_SHARE = 0.75
"""How much of the output limit prose fills."""


def default_text(asked: AskedRequest) -> str:
    """The double's own answer, decided by the seed and the prompt alone.

    A schema in the request is answered with a valid instance; so is one written out in the prompt, in a code fence
    where no JSON mode is on, as models like to do. Without any, prose.
    Raises LookupError where JSON is wanted and nothing says which: the test must set `server.answer`.
    """
    # A window that is too small hides the beginning of the prompt from the model.
    seen = asked.prompt[-asked.context * CHARACTERS_A_TOKEN :]
    seed = sha256(f"{asked.seed} {seen}".encode("utf-8", "surrogatepass")).hexdigest()
    if asked.schema is not None:
        return json.dumps(instance(asked.schema, seed), ensure_ascii=False)
    if written := schema_in_text(seen):
        text = json.dumps(instance(written, seed), ensure_ascii=False)
        return text if asked.json_mode == "object" else f"```json\n{text}\n```"
    if asked.json_mode == "object":
        raise LookupError("JSON mode without a schema in request or prompt: set server.answer")
    limit = _PROSE_TOKENS if asked.max_tokens is None else asked.max_tokens
    return article(Random(seed), int(limit * CHARACTERS_A_TOKEN * _PROSE_SHARE))


def schema_in_text(text: str) -> dict[str, Any] | None:
    """The first JSON schema of an object written out in a prompt, as models without a schema mode are asked."""
    decoder, place = json.JSONDecoder(), text.find("{")
    while place >= 0:
        try:
            found, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            found, end = None, place + 1
        if isinstance(found, dict) and _is_object_schema(found):
            return found
        place = text.find("{", end)
    return None


def _is_object_schema(found: dict[str, Any]) -> bool:
    return ("properties" in found and found.get("type") == "object") or ("$ref" in found and "$defs" in found)
