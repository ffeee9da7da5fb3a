"""A household as all its calls together state it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tasks.crm.graph.rows import person_key

FOLDED = ("name", "email", "phone", "state", "marital_status", "children_count")
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Call:
    """What one call stated about its client, and when. A call without a time counts as the earliest."""

    transcript_id: str
    started_at: datetime | None
    """Of a call whose time of day is not known, the end of its day."""
    stated: Mapping[str, Any]


@dataclass(frozen=True)
class Household:
    client_key: str
    properties: Mapping[str, Any]
    persons: Mapping[str, str]
    """Display name by person key."""


def household(client: str, calls: Iterable[Call]) -> Household:
    """The latest call that states a thing wins; a person named in any call belongs to the household.

    The order of `calls` does not matter, so neither does the order in which transcripts are processed.
    """
    properties: dict[str, Any] = dict.fromkeys(FOLDED)
    persons: dict[str, str] = {}
    for call in sorted(calls, key=lambda call: (call.started_at or EARLIEST, call.transcript_id)):
        properties.update({name: value for name in FOLDED if (value := call.stated.get(name)) is not None})
        persons.update({person_key(client, name): name for name in call.stated.get("persons") or []})
    return Household(client, properties, persons)
