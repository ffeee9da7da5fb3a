"""Which flow runs people should hear of, decided from what is seen of them alone. What can be mended is mended first:
a crashed run is started again, a run that was overtaken is cancelled; what is left is a person's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

from tasks.operations.stuck_runs import MOST_STARTS, SeenRun

LATE = timedelta(minutes=10)
"""A worker that is busy takes a run up sooner; one that is gone never does."""
SILENT = timedelta(minutes=20)
"""Four ticks of the watch."""
RECENT = timedelta(hours=2)
"""A run that failed earlier than this was told of, or nobody listened: it stays failed for ever, and is no news."""
WATCH = "watch"
FAILED = ("Failed", "TimedOut")
"""What Prefect calls the end of a run that raised an error, and of one that took longer than its flow may."""


@dataclass(frozen=True)
class Concern:
    """Something about runs that a person should know."""

    kind: Literal["failed", "ticks", "late", "watch"]
    about: str
    """Id of the run, or of the deployment if it is about more than one."""
    name: str
    happened: str
    run_id: str | None = None


def awake_since(looks: Iterable[datetime], now: datetime) -> datetime:
    """Since when workers have been there without a gap, seen by when the janitor looked; `now` if it has not for long.

    What was due while everything was stopped is late through nobody's fault, and is being taken up. A gap is longer than
    a run may be late, and than a janitor that a person made slower usually lets pass.
    """
    since, newest_first = now, sorted(looks, reverse=True)
    usual = timedelta(seconds=median([(b - a).total_seconds() for b, a in pairwise(newest_first)] or [0.0]))
    for look in newest_first:
        if since - look > max(LATE, 2 * usual):
            break
        since = look
    return since


def concerns(runs: Iterable[SeenRun], names: Mapping[str, str], now: datetime, awake: datetime) -> list[Concern]:
    """What is wrong with these runs at `now`; `names` are those of their deployments, by id."""
    runs = list(runs)
    ended = [one for run in runs if (one := _ended(run, names, now))]
    late = _late([run for run in runs if run.state == "Late"], names, now, awake)
    return ended + _ticks([run for run in runs if _died(run, now) and run.ticks], names) + late


def _ended(run: SeenRun, names: Mapping[str, str], now: datetime) -> Concern | None:
    name = f"{_name(run, names)}, run {run.name}"
    if run.state in FAILED:
        kind = _kind(run, names)  # the watch comes every few minutes: what fails it is told as one thing
        return Concern(kind, WATCH if kind == "watch" else f"run.{run.id}", name, run.message or "It failed.", run.id)
    if _died(run, now) and not run.ticks and run.run_count >= MOST_STARTS:
        said = f"Its process died, {run.run_count} times; it is not started again by itself."
        return Concern("failed", f"run.{run.id}", name, said, run.id)
    return None


def _ticks(died: Sequence[SeenRun], names: Mapping[str, str]) -> list[Concern]:
    """One tick that died with its worker is made up for by the next; a deployment whose ticks keep dying does nothing."""
    of: dict[str, list[SeenRun]] = {}
    for run in died:
        of.setdefault(run.deployment, []).append(run)
    return [
        Concern("watch" if names.get(key) == WATCH else "ticks", f"deployment.{key}", _name(runs[0], names),
                f"The processes of {len(runs)} of its runs died within {RECENT.total_seconds() / 3600:.0f} hours.",
                max(runs, key=lambda run: run.since).id)
        for key, runs in of.items() if len(runs) >= MOST_STARTS
    ]  # fmt: skip


def _died(run: SeenRun, now: datetime) -> bool:
    return run.state == "Crashed" and now - run.since < RECENT


def _kind(run: SeenRun, names: Mapping[str, str]) -> Literal["failed", "watch"]:
    return "watch" if names.get(run.deployment) == WATCH else "failed"


def _name(run: SeenRun, names: Mapping[str, str]) -> str:
    return names.get(run.deployment, "a deployment that is gone")


def _late(late: Sequence[SeenRun], names: Mapping[str, str], now: datetime, awake: datetime) -> list[Concern]:
    """One concern a deployment, however many of its runs wait."""
    oldest: dict[str, SeenRun] = {}
    for run in late:
        if run.expected and now - max(run.expected, awake) > LATE:
            first = oldest.setdefault(run.deployment, run)
            if first.expected and run.expected < first.expected:
                oldest[run.deployment] = run
    return [
        Concern("late", f"deployment.{key}", names.get(key, key),
                f"Run {run.name} was due at {run.expected:%Y-%m-%d %H:%M} UTC and no worker has taken it.")
        for key, run in oldest.items()
    ]  # fmt: skip


def silence(begun: datetime, last: datetime | None, now: datetime, awake: datetime) -> Concern | None:
    """Whether the watch has not come to an end for too long; `begun` is when its schedule was made, `last` its last end."""
    since = max(begun, last) if last else begun
    if now - max(since, awake) <= SILENT:
        return None
    how_long = f"{(now - since).total_seconds() / 60:.0f} minutes"
    return Concern("watch", "watch", "The watch", f"It has not completed for {how_long}; no gate is driven meanwhile.")
