"""Lengths, bounds and formats of single values, for `instances`."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from tests.doubles.model_server.prose import WORDS

Schema = dict[str, Any]

ROOM = 90
"""Characters a string without an upper bound may exceed its lower bound by."""


class UnsupportedSchemaError(ValueError):
    """The schema holds something no valid instance can be made of here; the test must give the answer itself."""


def usual_lengths(shortest: int, longest: int) -> tuple[int, int]:
    low = min(max(shortest, 1), longest)
    # Long fields are filled by a third of what they allow, not to the brim.
    high = min(longest, max(low + ROOM, longest // 3))
    return min(max(low, min(12, high)), high), high


def bounds(schema: Schema, step: float) -> tuple[float, float]:
    """Lowest and highest value; exclusive bounds moved inward by `step` (0: by the smallest amount there is)."""
    low, high = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    if (above := schema.get("exclusiveMinimum")) is not None:
        low = max(low, above + step if step else math.nextafter(above, math.inf))
    if (below := schema.get("exclusiveMaximum")) is not None:
        high = min(high, below - step if step else math.nextafter(below, -math.inf))
    if low == -math.inf:
        low = min(1, high - 100) if high != math.inf else 1
    if high == math.inf:
        high = max(100, low + 100)
    if low > high:
        raise UnsupportedSchemaError(f"no number lies between {low} and {high}")
    return low, high


_EPOCH = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def _moment(random: Random) -> datetime:
    return _EPOCH + timedelta(minutes=random.randint(0, 500_000))


FORMATS: dict[str, Callable[[Random], str]] = {
    "date": lambda random: _moment(random).date().isoformat(),
    "date-time": lambda random: _moment(random).isoformat(),
    "time": lambda random: _moment(random).strftime("%H:%M:%SZ"),
    "duration": lambda random: f"PT{random.randint(1, 50)}M",
    "uuid": lambda random: str(UUID(int=random.getrandbits(128), version=4)),
    "email": lambda random: f"{random.choice(WORDS)}.{random.choice(WORDS)}@example.com",
    "uri": lambda random: f"https://example.com/{random.choice(WORDS)}",
    "ipv4": lambda random: f"192.0.2.{random.randint(1, 254)}",
}
