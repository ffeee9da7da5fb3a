"""How the evidence of harm grew: every e-process of the changed roles at moments in between."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from tasks.judging.aggregate import aggregate
from tasks.judging.alarms import read_harm
from tasks.judging.observations import Call, Window
from tasks.judging.planning import GatePlan
from tasks.judging.policy import Metric


class Trace(NamedTuple):
    role: str
    metric: Metric
    log_threshold: float
    points: tuple[tuple[datetime, float], ...]
    """Moments, and ln E on all calls made by then."""


def trace(plan: GatePlan, calls: Sequence[Call], window: Window, moments: Sequence[datetime]) -> tuple[Trace, ...]:
    """One for each changed role and watched metric, in the order of the plan; what a watch would have read then."""
    of_changed = sorted((call for call in calls if call.role in plan.changed), key=lambda call: call.at)
    readings: dict[tuple[str, Metric], list[tuple[datetime, float]]] = {}
    thresholds: dict[tuple[str, Metric], float] = {}
    for moment in moments:
        evidence = aggregate((call for call in of_changed if call.at <= moment), plan.policy, window)
        for reading in read_harm(plan, evidence):
            if reading.role in plan.changed:
                readings.setdefault((reading.role, reading.metric), []).append((moment, reading.log_e))
                thresholds[reading.role, reading.metric] = reading.log_threshold
    return tuple(
        Trace(role, metric, thresholds[role, metric], tuple(points)) for (role, metric), points in readings.items()
    )


def spread(start: datetime, end: datetime, count: int) -> list[datetime]:
    """`count` moments at equal distances, both ends among them."""
    return [start + (end - start) * number / (count - 1) for number in range(count)]
