"""The drill: bad candidates let loose on shadow data, to see that they are caught and that the way back is really open.

A dead, a slow and a sloppy candidate each go through a gate of their own, on a lineup made for the drill, with calls made
up in the drill's own database: nothing of it touches users, records or lineups in use. What is measured is real: how
many calls the watch needs, how many seconds pass from alarm to a restored block that answers a probe.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact
from sqlalchemy import Engine, insert

from blocks.lineups import lineup_kind
from flows.run_names import dated
from flows.transitions.choices import PipelineKey
from flows.transitions.moving import advance, movement, open_gate
from flows.transitions.reading import read_gate
from flows.transitions.settling import SLUG
from flows.transitions.story import Change, Opening, State
from flows.transitions.world import World, real_world
from tasks.judging.planning import Passage, plan_gate
from tasks.judging.policy import Policy
from tasks.judging.requirements import Workload
from tasks.records.database import connect
from tasks.records.migrating import migrate
from tasks.records.tables import calls, runs

BEGINNING: tuple[State, ...] = ("TESTING", "MONITORING")
LINEUP = "drill"
"""The lineup block the drill writes to; serves nobody."""
CANDIDATE = "drill-candidate"
MOST_PAIRS = 150
SPARE = timedelta(seconds=10)
"""Agreed time from alarm to a restored and proven block."""

Answer = Callable[[random.Random], tuple[bool, int, float]]
"""One call of a candidate: failed, score, seconds."""


@dataclass(frozen=True)
class Bad:
    """A candidate that must be caught."""

    name: str
    answer: Answer
    within: int
    """Pairs of calls in which the harm watch has to find it."""


BAD = (
    Bad("dead", lambda chance: (True, 0, 0.1), 3),
    Bad("slow", lambda chance: (False, 99, 2.0 + chance.random()), 60),
    Bad("sloppy", lambda chance: (False, chance.choice([60, 70, 80]), 1.0), 60),
)


@dataclass(frozen=True)
class Drilled:
    """What one bad candidate took."""

    candidate: str
    calls: int
    """Calls of the candidate until the gate had rolled back."""
    seconds: float
    """From the look that found it to the restored and probed block."""
    passed: bool
    detail: str

    def row(self) -> dict[str, Any]:
        return {**vars(self), "seconds": round(self.seconds, 3)}


@flow(name="drill", flow_run_name=dated("drill {pipeline}"), timeout_seconds=3600)
async def drill(pipeline: PipelineKey = "generator", by: str = "drill") -> bool:
    """Lets a dead, a slow and a sloppy candidate loose on shadow data and measures how they are caught and taken back.

    Args:
        pipeline: Whose gates are rehearsed.
        by: Who or what starts the drill.

    Returns:
        Whether every one was caught in time and the way back answered.
    """
    world = real_world()
    found = await rehearse(world, pipeline)
    await acreate_table_artifact(
        [one.row() for one in found], key="drill", description="Calls and seconds to the way back."
    )
    record_drill(world, pipeline, by, found)
    return all(one.passed for one in found)


def record_drill(world: World, pipeline: str, actor: str, found: list[Drilled]) -> None:
    detail = "; ".join(f"{one.candidate}: {one.calls} calls, {one.seconds:.1f} s" for one in found)
    passed = bool(found) and all(one.passed for one in found)
    body = {"pipeline": pipeline, "passed": passed, "detail": detail, "found": [one.row() for one in found]}
    world.record("drilled", actor, body)


def newest_drill(world: World, pipeline: str) -> list[Drilled]:
    """What the newest drill of this pipeline took; nothing if there never was one."""
    drills = [entry for entry in world.read("drilled") if entry.body["pipeline"] == pipeline]
    return [Drilled(**row) for row in drills[-1].body["found"]] if drills else []


async def rehearse(
    world: World, pipeline: str, production: str = "production", timer: Callable[[], float] = perf_counter
) -> list[Drilled]:
    """Each bad candidate through a gate of its own. The incumbent is the model that serves now, asked for real.

    It is asked once before the clock runs, as it is before a gate begins: a model that serves users is loaded, and no
    bad candidate has to be let loose to see that the way back is dead.
    """
    serving = await world.blocks.lineup(pipeline, production) or {}
    kind = lineup_kind(pipeline)
    role = kind.roles[0]
    incumbent = str(serving.get(role, kind.model_fields[role].default))
    probe = await world.blocks.probe(incumbent)
    if not probe.alive:
        dead = f"The way back is dead: the model block {incumbent!r} does not answer ({probe.reason})."
        return [Drilled(bad.name, 0, 0.0, False, dead) for bad in BAD]
    found = []
    for bad in BAD:
        await world.blocks.write_lineup(pipeline, LINEUP, {**_defaults(pipeline), **serving, role: CANDIDATE})
        found.append(await _let_loose(world, pipeline, role, incumbent, bad, timer))
    return found


def _defaults(pipeline: str) -> Mapping[str, Any]:
    return {name: info.default for name, info in lineup_kind(pipeline).model_fields.items() if name != SLUG}


async def _let_loose(
    world: World, pipeline: str, role: str, incumbent: str, bad: Bad, timer: Callable[[], float]
) -> Drilled:
    with _shadow_database() as database:
        clock = _Ticking(world.clock())
        shadow = World(world.blocks, database, clock)
        gate_id = f"drill-{bad.name}"
        open_gate(shadow, gate_id, _opening(pipeline, role, incumbent), "drill")
        _begin(shadow, gate_id)
        chance = random.Random(bad.name)  # noqa: S311 - calls that can be made again, no secret
        for number in range(1, MOST_PAIRS + 1):
            _answer(database, clock(), number, pipeline, role, incumbent, bad.answer(chance), chance)
            clock.now += timedelta(seconds=30)
            started = timer()
            gate = await advance(shadow, gate_id)
            if gate.state == "ROLLED_BACK":
                seconds = timer() - started
                back = await world.blocks.lineup(pipeline, LINEUP) or {}
                restored = gate.settled and not gate.failure and back.get(role) == incumbent
                passed = restored and number <= bad.within and timedelta(seconds=seconds) < SPARE
                return Drilled(bad.name, number, seconds, passed, gate.failure or gate.reason)
    return Drilled(bad.name, MOST_PAIRS, 0.0, False, "It was never caught.")


def _begin(shadow: World, gate_id: str) -> None:
    """Straight to monitoring: there is nobody to protect and nothing to approve."""
    for to in BEGINNING:
        gate = read_gate(shadow, gate_id)
        shadow.record("moved", "drill", movement(gate, to, "A drill."), gate_id, gate.sequence + 1)
        shadow.record("settled", "drill", {}, gate_id, gate.sequence + 2)


def _opening(pipeline: str, role: str, incumbent: str) -> Opening:
    policy = Policy(demands=("failures",), failures_allowed=0, window=timedelta(hours=48))
    workload = Workload(role=role, incumbent_cost=0, candidate_cost=0)
    others = tuple(other for other in lineup_kind(pipeline).roles if other != role)
    return Opening(
        phase=f"{pipeline}-drill", title="Drill", pipeline=pipeline, starter="drill", production=LINEUP, preview=LINEUP,
        changes=(Change(role=role, incumbent=incumbent, candidate=CANDIDATE),),
        plan=plan_gate(policy, (role,), (workload,), Passage(calls=2, seconds=1, money=0), others=others),
    )  # fmt: skip


@dataclass
class _Ticking:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def _shadow_database() -> Iterator[Engine]:
    """A database with the same tables and no past, gone afterwards."""
    with TemporaryDirectory(prefix="phasegate-drill-") as place:
        database = connect(f"sqlite:///{Path(place) / 'drill.db'}")
        migrate(database)
        try:
            yield database
        finally:
            database.dispose()


def _answer(
    database: Engine, at: datetime, number: int, pipeline: str, role: str, incumbent: str,
    bad: tuple[bool, int, float], chance: random.Random,
) -> None:  # fmt: skip
    """One input answered by both arms."""
    good = (False, 99, 0.9 + chance.random() / 5)
    with database.begin() as connection:
        for arm, block, (failed, score, seconds) in (("incumbent", incumbent, good), ("candidate", CANDIDATE, bad)):
            run = {**_RUN, "id": f"{arm}-{number}", "pipeline": pipeline, "started_at": at,
                   "input_sha256": f"input-{number}"}  # fmt: skip
            connection.execute(insert(runs), [run])
            call = {
                **_CALL, "id": f"{arm}-{number}", "run_id": run["id"], "pipeline": pipeline, "role": role, "arm": arm,
                "model_block": block, "started_at": at, "seconds": None if failed else seconds, "total_seconds": seconds,
                "outcome": "failed" if failed else "first_pass", "score": None if failed else score,
                "pair_id": f"input-{number}",
            }  # fmt: skip
            connection.execute(insert(calls), [call])


_RUN: Mapping[str, Any] = {
    "environment": LINEUP, "purpose": "shadow", "lineup": {}, "models": {}, "lineup_sha256": "", "input": {},
    "status": "completed",
}  # fmt: skip
_CALL: Mapping[str, Any] = {
    "environment": LINEUP, "purpose": "shadow", "part": "", "provider": "drill", "model": "drill", "lineup_sha256": "",
    "prompt_sha256": "", "attempts": 1, "cost": 0.0, "repairs": [], "truncated": False, "placeholders": 0, "echoes": 0,
    "problems": [],
}  # fmt: skip
