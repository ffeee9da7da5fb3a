"""Schedules as data: when a deployment runs by itself. What a person paused or changed stays as it is."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.schedules import CronSchedule


def default_timezone() -> str:
    """`PHASEGATE_TIMEZONE`, an IANA name such as Europe/Berlin; UTC where it is not set."""
    return os.environ.get("PHASEGATE_TIMEZONE") or "UTC"


@dataclass(frozen=True)
class Schedule:
    """One schedule of a deployment, known by its slug for ever: a renamed one is another one."""

    slug: str
    cron: str
    timezone: str = field(default_factory=default_timezone)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of runs of this schedule that differ from the deployment's."""
    active: bool = True
    """Whether a fresh installation starts it; later a person decides."""

    def wanted(self) -> DeploymentScheduleCreate:
        return DeploymentScheduleCreate(
            schedule=CronSchedule(cron=self.cron, timezone=self.timezone),
            active=self.active, parameters=dict(self.parameters), slug=self.slug,
        )  # fmt: skip


def merged(there: Sequence[DeploymentSchedule], wanted: Sequence[Schedule]) -> list[DeploymentScheduleCreate]:
    """Every schedule that is there, as it is, and those of the catalogue whose slug is new.

    The server replaces all schedules of a deployment that is applied, so those that are there must be given again.
    """
    kept = [
        DeploymentScheduleCreate(
            schedule=one.schedule, active=one.active, parameters=one.parameters, slug=one.slug,
            max_scheduled_runs=one.max_scheduled_runs,
        )
        for one in there
    ]  # fmt: skip
    known = {one.slug for one in there}
    return kept + [one.wanted() for one in wanted if one.slug not in known]
