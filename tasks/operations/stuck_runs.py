"""Which flow runs need a push, decided from what is seen of them alone.

Prefect never runs a crashed run again, leaves a run Running or Pending for ever whose worker was stopped, and after a
pause of the server starts every run of a schedule that was missed. A suspended run is none of this: no process is lost.

An automation of Prefect's that waits for the next heartbeat was tried for dead runs and found unsafe: a run that ends or
suspends within its first second is overtaken by its own heartbeat, and a suspended gate would be marked as crashed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

QUEUED = "AwaitingConcurrencySlot"
"""The state of a run that waits because as many of its deployment are under way as may."""
MOST_STARTS = 3
"""A run that was started this often and crashed each time is left for a person to look at."""


@dataclass(frozen=True)
class Patience:
    """How long a run may stay as it is."""

    crashed: timedelta = timedelta(seconds=45)
    """A process that slept with its machine is heard of again within 30 s, and the server takes some to store it: started
    again before that, a run would run twice at once. (A real death is reported twice, but only 2 s apart.)"""
    silent: timedelta = timedelta(seconds=120)
    """Four heartbeats."""
    unheard: timedelta = timedelta(minutes=15)
    """For the first heartbeat, which a run sends as it begins: one that died before it would be Running for ever. Prefect's
    own interval is three minutes, if nobody sets another."""
    pending: timedelta = timedelta(seconds=120)
    forgotten: timedelta = timedelta(hours=24)
    """Nobody expects a run that crashed longer ago to come back."""


@dataclass(frozen=True)
class SeenRun:
    """A flow run of one of our deployments."""

    id: str
    name: str
    deployment: str
    state: str
    """Name of the state: Crashed, Pending, Late ..."""
    since: datetime
    run_count: int = 0
    """How often it was started."""
    heard: datetime | None = None
    """Last heartbeat of its process; None for a run that was never heard of."""
    by_schedule: bool = False
    expected: datetime | None = None
    ticks: bool = False
    """The next run of its schedule does the same in a few minutes: it is not worth another try."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    """What its state says."""


@dataclass(frozen=True)
class Push:
    """What is to be done with a run."""

    run: SeenRun
    to: Literal["retry", "cancel", "crash", "revive"]
    reason: str


def pushes(runs: Iterable[SeenRun], now: datetime, patience: Patience = Patience()) -> list[Push]:
    """What the runs need, at most one push a run."""
    runs = list(runs)
    judged = [_push(run, now, patience) for run in runs]
    return [push for push in judged if push] + _overtaken(runs)


def _push(run: SeenRun, now: datetime, patience: Patience) -> Push | None:
    age = now - run.since
    match run.state:
        case "Running" if run.heard and (silence := now - max(run.heard, run.since)) > patience.silent:
            return Push(run, "crash", f"nothing was heard of its process for {_ago(silence)}")
        case "Running" if run.heard is None and age > patience.unheard:
            return Push(run, "crash", f"nothing was ever heard of its process, in {_ago(age)}")
        case "Crashed" if run.heard and run.heard > run.since and now - run.heard <= patience.silent:
            return Push(run, "revive", f"its process was heard of {_ago(now - run.heard)} ago, after it was given up")
        case "Crashed" if patience.crashed < age < patience.forgotten and run.run_count < MOST_STARTS and not run.ticks:
            return Push(run, "retry", f"it crashed {_ago(age)} ago and was started {_times(run.run_count)}")
        case "Pending" | "Submitting" if age > patience.pending:
            return Push(run, "cancel" if run.ticks else "retry", f"it has been {run.state} for {_ago(age)}")
        case _:
            return None


def _overtaken(runs: Sequence[SeenRun]) -> list[Push]:
    """Runs of a schedule that wait, and whose work is done by another: a newer one that waits, or one under way."""
    waiting: dict[tuple[str, str], list[SeenRun]] = {}
    for run in runs:
        if run.state in (QUEUED, "Late") and run.by_schedule and run.expected:
            waiting.setdefault(_work(run), []).append(run)
    older = [run for same in waiting.values() for run in sorted(same, key=_due)[:-1]]
    newest = [max(same, key=_due) for same in waiting.values()]
    under_way = {_work(run) for run in runs if run.state == "Running"}
    return [Push(run, "cancel", "a newer run of the same schedule is due as well") for run in older] + [
        Push(run, "cancel", "a run that does the same is under way")
        for run in newest
        if run.state == QUEUED and _work(run) in under_way
    ]


def _work(run: SeenRun) -> tuple[str, str]:
    """Runs of one deployment with the same parameters do the same; with others they do not: of the other pipeline, say."""
    return run.deployment, json.dumps(run.parameters, sort_keys=True, default=str)


def _due(run: SeenRun) -> datetime:
    assert run.expected is not None
    return run.expected


def _ago(age: timedelta) -> str:
    return f"{age.total_seconds():.0f} s"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
