"""What the ledger says blocks hold. The ledger is the record, a block its projection: where they differ, someone edited."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from blocks.lineups import CANARY_FIELDS
from flows.transitions.world import Content, World
from tasks.records.ledger import Entry
from tasks.records.runs import sha256

LINEUP_KINDS = ("writing", "adopted")
SEEN_KINDS = ("written", "adopted")


def digest(content: Content | None) -> str:
    """Hash of a block's fields, numbers included; of a missing block the hash of nothing."""
    return sha256(dict(content) if content is not None else None)


def known_lineups(world: World) -> dict[tuple[str, str], Content]:
    """(pipeline, lineup) -> what it should hold."""
    return _newest(world.read(*LINEUP_KINDS))


def seen_lineups(world: World) -> dict[tuple[str, str], Content]:
    """(pipeline, lineup) -> what it held when it was read back or adopted last."""
    return _newest(world.read(*SEEN_KINDS))


def _newest(entries: Iterable[Entry]) -> dict[tuple[str, str], Content]:
    return {
        (entry.body["pipeline"], entry.body["lineup"]): entry.body["content"]
        for entry in entries
        if "lineup" in entry.body
    }


def movers(world: World, pipeline: str) -> dict[tuple[str, str], str]:
    """(lineup, role) -> the gate that moved it last."""
    return {
        (lineup, role): str(entry.gate_id)
        for entry in world.read("moved")
        if entry.body.get("pipeline") == pipeline
        for lineup, roles in entry.body["serves"].items()
        for role in roles
    }


def last_moved(world: World, pipeline: str, lineup: str, roles: Iterable[str]) -> datetime | None:
    """When the lineup last came to name another model for one of these roles; None if it never did since it is known."""
    wanted, before, moved = tuple(roles), None, None
    for entry in _told_of(world, pipeline, lineup):
        named = {role: entry.body["content"].get(role) for role in wanted}
        moved = entry.at if before not in (None, named) else moved
        before = named
    return moved


def named_since(world: World, pipeline: str, lineup: str, models: Mapping[str, str]) -> datetime | None:
    """Since when the lineup has named all these models for these roles, without a break; None if it does not now."""
    since: datetime | None = None
    for entry in _told_of(world, pipeline, lineup):
        there = all(entry.body["content"].get(role) == model for role, model in models.items())
        since = (since or entry.at) if there else None
    return since


def _told_of(world: World, pipeline: str, lineup: str) -> list[Entry]:
    entries = world.read(*LINEUP_KINDS)
    return [entry for entry in entries if (entry.body.get("pipeline"), entry.body.get("lineup")) == (pipeline, lineup)]


def known_models(world: World) -> dict[str, Content]:
    """Model block -> what it should hold."""
    return {entry.body["model"]: entry.body["content"] for entry in world.read("adopted") if "model" in entry.body}


def open_incident(entries: Iterable[Entry]) -> Entry | None:
    """What opened the incident that freezes the gates, from entries of both kinds in order; not what widened it since."""
    incident: Entry | None = None
    for entry in entries:
        incident = (incident or entry) if entry.kind == "incident_opened" else None
    return incident


def frozen(world: World) -> str:
    """Why everything is frozen; empty if it is not."""
    incident = open_incident(world.read("incident_opened", "incident_closed"))
    return str(incident.body["reason"]) if incident else ""


def freeze(world: World) -> tuple[str, ...]:
    """The same as a reason why no gate may start, or none."""
    reason = frozen(world)
    return (f'An incident is open (`phasegate close-incident "what was found"` ends it): {reason}',) if reason else ()


def beside(changed: Iterable[str], production: Content, preview: Content) -> list[str]:
    """Fields of two lineups that differ although no gate changes them: then they are different pipelines."""
    return sorted(set(differences(production, preview)) - {*changed, *CANARY_FIELDS})


def differences(expected: Content, found: Content | None) -> Mapping[str, tuple[Any, Any]]:
    """Field -> what it should be and what it is."""
    found = found or {}
    return {
        field: (expected.get(field), found.get(field))
        for field in sorted({*expected, *found})
        if expected.get(field) != found.get(field)
    }
