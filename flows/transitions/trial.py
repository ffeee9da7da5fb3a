"""Trials: the suite asked of both arms, the same inputs at the same time, never from a cache; every output is stored."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from prefect.logging import get_run_logger

from blocks.errors import ConfigurationError, PhasegateError
from flows.showing import counted
from flows.transitions.reading import read_gate
from flows.transitions.story import Gate
from flows.transitions.suites import SUITES, Suite
from flows.transitions.world import World
from tasks.judging.wording import spoken_list
from tasks.records.ledger import AlreadyMovedError
from tasks.records.ledger_evidence import broken_off, replayed
from tasks.records.runs import Purpose


class Asked(NamedTuple):
    """One run of one input under one lineup."""

    run_id: str
    lineup: str
    item: str
    problem: str
    """Why it did not complete; empty if it did."""


def suite_of(pipeline: str) -> Suite:
    """Raises ConfigurationError for a pipeline without one."""
    if pipeline not in SUITES:
        raise ConfigurationError(f"The pipeline {pipeline!r} has no suite.", do=f"use one of: {', '.join(SUITES)}.")
    return SUITES[pipeline]


async def run_trial(
    pipeline: str, lineups: Sequence[str], key: str, *, repeats: int = 1, purpose: Purpose = "trial"
) -> list[Asked]:
    """Every input of the suite, `repeats` times, under each lineup; the lineups of one input in random order.

    `key` names the trial: the same key again goes on where it was interrupted, with the same runs.
    """
    suite = suite_of(pipeline)
    wanted = [(item, repeat) for item in suite.items() for repeat in range(repeats)]
    asked: list[Asked] = []
    what = f"inputs asked under {spoken_list(list(lineups))}"
    async with counted("trial-progress", what, len(wanted)) as counting:
        for item, repeat in wanted:
            asked += await ask_pair(suite, item, lineups, f"{key}/{item}/{repeat}", purpose)
            counting.step()
    return asked


async def ask_pair(suite: Suite, item: str, lineups: Sequence[str], pair: str, purpose: Purpose) -> list[Asked]:
    """One input under each lineup, in an order by lot, so that no arm always meets the warmer model or the busier hour."""
    order = list(lineups)
    random.Random(pair).shuffle(order)  # noqa: S311 - an order that can be repeated, not a secret
    return [await _ask(suite, item, lineup, pair, purpose) for lineup in order]


async def _ask(suite: Suite, item: str, lineup: str, pair: str, purpose: Purpose) -> Asked:
    run_id, pair_id = (str(uuid5(NAMESPACE_URL, name)) for name in (f"{pair}/{lineup}", pair))
    try:
        await suite.ask(item, lineup, run_id, pair_id, purpose)
    except PhasegateError as error:
        get_run_logger().warning("%s under %s: %s", item, lineup, error.happened)
        return Asked(run_id, lineup, item, error.happened)
    return Asked(run_id, lineup, item, "")


async def test_gate(world: World, gate: Gate) -> None:
    """The suite of a gate in TESTING, recorded as done or impossible. A call that failed is evidence, not an obstacle."""
    o = gate.opening
    try:
        asked = await run_trial(o.pipeline, (o.production, o.preview), gate.id, repeats=o.repeats)
    except ConfigurationError as error:
        body: dict[str, Any] = {"outcome": "impossible", "detail": error.happened}
    else:
        failed = [one for one in asked if one.problem]
        detail = f"{len(asked)} runs, {len(failed)} not completed."
        body = {
            "outcome": "done" if asked else "impossible",
            "detail": detail,
            "runs": [one._asdict() for one in asked],
        }
    now = read_gate(world, gate.id)
    if now.state == "TESTING" and now.tested is None:
        try:
            world.record("tested", "phasegate", body, gate.id, now.sequence + 1)
        except AlreadyMovedError:
            get_run_logger().info("The gate has moved on while it was tested.")


SPARE = 0.05
"""Share of a window that is kept free of replays at its end, at most, and by which they may exceed the plan."""


class Replays(NamedTuple):
    """Inputs of a gate that were replayed since it is monitored, or was given more time, and those due by now."""

    done: int
    due: int


def replays(world: World, gate: Gate) -> Replays:
    """How far the replay of a gate is."""
    o = gate.opening
    trials = (world.database, o.pipeline, o.preview)
    done = replayed(*trials, gate.since)
    # What the tests did not bring is lacking too; an extension was planned on what was there.
    counted = gate.since if gate.extension else gate.testing_since or gate.since
    return Replays(done, replay_due(gate, done, world.clock(), broken_off(*trials, counted, o.candidates)))


def replay_due(gate: Gate, done: int, now: datetime, broken: int = 0) -> int:
    """How many more inputs have to be replayed by now, spread evenly over the window or its extension but for its end.

    A plan counts on each of its calls, and what is asked after the last look before the end would come too late: the
    last half part stays free. `done`: since the gate is monitored, or was given more time. `broken`: runs that broke off
    before a changed role, which lacks a call for each; they are made up for within reason.
    """
    if gate.state != "MONITORING":
        return 0
    policy = gate.opening.plan.policy
    needed, length = gate.opening.plan.replays, policy.window
    if gate.extension:
        needed, length = gate.extension.replays, timedelta(hours=gate.extension.hours)
    free = min(length * SPARE, policy.window / policy.buckets / 2)
    elapsed = min(1.0, (now - gate.since) / (length - free))
    again = min(broken, ceil(needed * SPARE))
    return max(0, int((needed + again) * elapsed) + 1 - done) if needed else 0
