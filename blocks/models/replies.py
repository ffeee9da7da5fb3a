"""Reading what a server answered without trusting its form, the same for every provider."""

import json
from typing import Any

from blocks.models.faults import fault, status_class
from blocks.models.wire import Reply

MOST_TOKENS = 2**31 - 1
"""A greater count is nonsense, and no database column takes it."""


def reply_object(status: int, body: bytes) -> dict[str, Any]:
    """The JSON object a server sent. Raises CallError if it sent anything else, such as a proxy's page."""
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        reply = None
    if isinstance(reply, dict):
        return reply
    told_by_status = status in (401, 403, 408, 413, 429) or status >= 500
    error_class = status_class(status) if told_by_status else "invalid_envelope"
    raise fault(error_class, f"HTTP {status} without a JSON object.")


def at(value: Any, *path: str | int) -> Any:
    """What lies under `path` in parsed JSON; None where the way there ends."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
    return value


def count(value: Any) -> int | None:
    """A number of tokens; None where the server tells none that can be true."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS else None


def answered(
    answer: Any, who: str, prompt_tokens: Any, completion_tokens: Any, truncated: bool, cold: bool = False
) -> Reply:
    """The reply around `answer`, which may be a text or JSON that was parsed already. Raises CallError if it is empty."""
    if answer is None or (isinstance(answer, str) and not answer.strip()):
        raise fault("empty_answer", f"{who} answered without any text.")
    text, value = (answer, None) if isinstance(answer, str) else (None, answer)
    return Reply(text, value, count(prompt_tokens), count(completion_tokens), truncated, cold)
