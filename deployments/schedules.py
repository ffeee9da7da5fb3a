"""Schedules as data: when a deployment runs by itself. What a person paused or changed stays as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.schedules import CronSchedule

from deployments.settings import default_timezone


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


def content(schedule: DeploymentSchedule | DeploymentScheduleCreate) -> dict[str, Any]:
    """What a schedule says, apart from its time zone and whether it is active: those are chosen on the server."""
    when = schedule.schedule.model_dump(mode="json", exclude={"timezone"})
    return {"when": when, "parameters": schedule.parameters}


def kept(there: DeploymentSchedule, new: Schedule | None) -> DeploymentScheduleCreate:
    """The schedule as it is, or with what the catalogue says now."""
    again = DeploymentScheduleCreate(
        schedule=there.schedule, active=there.active, parameters=there.parameters, slug=there.slug,
        max_scheduled_runs=there.max_scheduled_runs,
    )  # fmt: skip
    if new is None:
        return again
    when = there.schedule.model_copy(update={"cron": new.cron})
    return again.model_copy(update={"schedule": when, "parameters": dict(new.parameters)})
