"""What a deployment becomes when the catalogue has changed: what a person changed stays, everything else follows.

A deployment remembers what the catalogue said when it was applied last, as a digest a value. A value that is still what
was remembered is nobody's, and follows the catalogue; any other is a person's.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.responses import DeploymentResponse

from deployments.schedules import Schedule, content, kept
from tasks.records.runs import sha256

LABEL = "phasegate.applied"
"""Label of a deployment that holds what was remembered; Prefect keeps no version information of its own."""
FOLLOWED = ("description", "tags", "parameters", "collision")
"""What follows the catalogue on a server where nothing was remembered yet; its limits and schedules may be a person's."""

Memory = Mapping[str, str]


@dataclass(frozen=True)
class Merged:
    """What is applied to a deployment, and what people should know of it."""

    values: Mapping[str, Any]
    schedules: Sequence[DeploymentScheduleCreate]
    told: Sequence[str]


def memory(values: Mapping[str, Any], schedules: Sequence[Schedule]) -> dict[str, str]:
    """What is remembered of a catalogue entry."""
    digests = {name: _digest(value) for name, value in values.items()}
    return digests | {_slot(one.slug): _digest(content(one.wanted())) for one in schedules}


def remembered(there: DeploymentResponse) -> Memory:
    """What the catalogue said when the deployment was applied last."""
    found = there.labels.get(LABEL)
    if isinstance(found, str):
        return dict(json.loads(found))
    return {name: _digest(value) for name, value in editable(there).items() if name in FOLLOWED}


def editable(there: DeploymentResponse) -> dict[str, Any]:
    """What a person may have changed of a deployment, in the catalogue's terms; schedules apart."""
    limit, options = there.global_concurrency_limit, there.concurrency_options
    return {
        "description": there.description,
        "tags": sorted(there.tags),
        "parameters": there.parameters,
        "limit": limit.limit if limit else None,
        "collision": options.collision_strategy.value if options else None,
    }


def merge(
    there: Mapping[str, Any], has: Sequence[DeploymentSchedule],
    wanted: Mapping[str, Any], schedules: Sequence[Schedule], known: Memory,
) -> Merged:  # fmt: skip
    """What becomes of a deployment with these values and schedules when the catalogue wants those."""
    hands = {name for name in wanted if there[name] != wanted[name] and known.get(name) != _digest(there[name])}
    told = [_said(name, there[name], wanted[name]) for name in sorted(hands)]
    merged, changes = merge_schedules(has, schedules, known)
    return Merged({name: (there if name in hands else wanted)[name] for name in wanted}, merged, [*told, *changes])


def fitting(parameters: Mapping[str, Any], form: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The parameters that the form has a field for, and a sentence for each that is left out: a server that kept one
    would refuse every run of the deployment."""
    left_out = sorted(set(parameters) - set(form["properties"]))
    kept = {name: value for name, value in parameters.items() if name not in left_out}
    return kept, [f"left out the parameter {name!r}, which the flow does not have" for name in left_out]


def merge_schedules(
    there: Sequence[DeploymentSchedule], wanted: Sequence[Schedule], known: Memory
) -> tuple[list[DeploymentScheduleCreate], list[str]]:
    """The schedules a deployment gets, and a sentence for each that is removed.

    The server replaces all schedules of a deployment that is applied, so those that are there must be given again. One
    that somebody deleted stays away; whether one is paused, and its time zone, are never the catalogue's.
    """
    catalogue = {one.slug: one for one in wanted}
    merged, told = [], []
    for one in there:
        new = catalogue.get(one.slug or "")
        untouched = one.slug is not None and known.get(_slot(one.slug)) == _digest(content(one))
        if untouched and new is None:
            told.append(f"removed the schedule {one.slug!r}, which the catalogue has no more")
        else:
            merged.append(kept(one, new if untouched else None))
    present = {one.slug for one in there}
    added = [one.wanted() for one in wanted if one.slug not in present and _slot(one.slug) not in known]
    return merged + added, told


def _slot(slug: str) -> str:
    return f"schedule {slug}"


def _digest(value: Any) -> str:
    return sha256(value)[:12]


def _said(name: str, there: Any, wanted: Any) -> str:
    if name in ("limit", "collision"):
        return f"kept the {name} {there or 'none'}; the catalogue says {wanted or 'none'}"
    return f"kept the {name} edited by hand; the catalogue has another"
