"""Which flow runs people should hear of, decided from what is seen of them alone. What can be mended is mended first:
a crashed run is started again, a run that was overtaken is cancelled; what is left is a person's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tasks.operations.stuck_runs import MOST_STARTS, SeenRun

LATE = timedelta(minutes=10)
"""A worker that is busy takes a run up sooner; one that is gone never does."""
SILENT = timedelta(minutes=20)
"""Four ticks of the watch."""
WATCH = "watch"
FAILED = ("Failed", "TimedOut")
"""What Prefect calls the end of a run that raised an error, and of one that took longer than its flow may."""


@dataclass(frozen=True)
class Concern:
    """Something about runs that a person should know."""

    kind: Literal["failed", "late", "watch"]
    about: str
    """Id of the run, or of the deployment if it is about more than one."""
    name: str
    happened: str
    run_id: str | None = None


def concerns(runs: Iterable[SeenRun], names: Mapping[str, str], now: datetime) -> list[Concern]:
    """What is wrong with these runs at `now`; `names` are those of their deployments, by id."""
    runs = list(runs)
    ended = [one for run in runs if (one := _ended(run, names))]
    return ended + _late([run for run in runs if run.state == "Late"], names, now)


def _ended(run: SeenRun, names: Mapping[str, str]) -> Concern | None:
    name = names.get(run.deployment, "a deployment that is gone")
    kind: Literal["failed", "watch"] = "watch" if name == WATCH else "failed"
    if run.state in FAILED:
        return Concern(kind, f"run.{run.id}", f"{name}, run {run.name}", run.message or "It failed.", run.id)
    given_up = run.run_count >= MOST_STARTS or run.ticks
    if run.state == "Crashed" and given_up:
        said = f"Its process died, {run.run_count} times; it is not started again by itself."
        return Concern(kind, f"run.{run.id}", f"{name}, run {run.name}", said, run.id)
    return None


def _late(late: Sequence[SeenRun], names: Mapping[str, str], now: datetime) -> list[Concern]:
    """One concern a deployment, however many of its runs wait."""
    oldest: dict[str, SeenRun] = {}
    for run in late:
        if run.expected and now - run.expected > LATE:
            first = oldest.setdefault(run.deployment, run)
            if first.expected and run.expected < first.expected:
                oldest[run.deployment] = run
    return [
        Concern("late", f"deployment.{key}", names.get(key, key),
                f"Run {run.name} was due at {run.expected:%Y-%m-%d %H:%M} UTC and no worker has taken it.")
        for key, run in oldest.items()
    ]  # fmt: skip


def silence(begun: datetime, last: datetime | None, now: datetime) -> Concern | None:
    """Whether the watch has not come to an end for too long; `begun` is when its schedule was made, `last` its last end."""
    since = max(begun, last) if last else begun
    if now - since <= SILENT:
        return None
    how_long = f"{(now - since).total_seconds() / 60:.0f} minutes"
    return Concern("watch", "watch", "The watch", f"It has not completed for {how_long}; no gate is driven meanwhile.")
