"""A worker is killed with the run it has taken: the janitor finds the run, another worker goes on with it."""

import time
from collections.abc import Callable
from uuid import UUID

from tests.drills.rig import Rig
from tests.house import until

MOMENTS = 8.0
"""Seconds after the run began within which a worker dies."""


def carried_out(rig: Rig, run: UUID, done: Callable[[], bool], kills: int) -> None:
    """Lets workers carry out the run until `done`; up to `kills` of them die, at most as many as the janitor forgives."""
    rig.house.hire("worker")
    for _ in range(kills):
        until(lambda: done() or rig.house.state(run).is_running())
        time.sleep(rig.chance.random() * MOMENTS)
        if done():
            break
        rig.kill("worker")
        for _ in range(2):  # marks it as crashed, then starts it again; only now, for it would give up a living one too
            rig.tidied()
        rig.house.hire("worker")
    until(done)
    rig.house.kill("worker")


def completed(rig: Rig, run: UUID) -> Callable[[], bool]:
    return lambda: bool(rig.house.state(run).is_completed())
