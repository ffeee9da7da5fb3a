"""What is expected of a gate's calls, from those that are recorded: how long, how dear, how many, how often failed."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from statistics import fmean
from typing import NamedTuple

from sqlalchemy import Engine

from flows.transitions.world import Content
from tasks.judging.planning import Passage
from tasks.judging.rates import lower_bound
from tasks.records.past_calls import Usual, calls_by_setting, calls_in_runs, usual_calls, whole_runs

LOOK_BACK = timedelta(days=30)
USUAL_TOKENS = 500
"""Of an answer when nothing is recorded: with the speed its block accepts, an estimate of how long one takes."""
USUAL_SPEED = 20.0
"""Tokens a second of a block that does not say."""
DOUBT = 0.01
"""How surely recorded failures have to show a rate before it is expected again."""


class Expected(NamedTuple):
    """What the records say about a pipeline's calls under its lineups."""

    usual: Mapping[tuple[str, str], Usual]
    """Role and block -> its calls."""
    calls: Mapping[str, float]
    """Role -> calls in a whole run of production."""
    seconds: float | None
    """Of a whole run of production; None where none is recorded."""
    models: Mapping[str, Content]

    def call_seconds(self, role: str, block: str) -> float:
        seen = self.usual.get((role, block))
        speed = float(self.models.get(block, {}).get("tokens_per_second") or USUAL_SPEED)
        return seen.seconds if seen else USUAL_TOKENS / speed

    def call_price(self, role: str, block: str, like: str) -> float | None:
        """Money for one call of usual size, of the block `like` where this one was not asked yet; None if unknown."""
        model, seen = self.models.get(block, {}), self.usual.get((role, block)) or self.usual.get((role, like))
        prices = model.get("input_price"), model.get("output_price")
        if prices == (0, 0):
            return 0.0
        if None in prices or seen is None or seen.prompt is None or seen.completion is None:
            return None
        return (seen.prompt * float(prices[0] or 0) + seen.completion * float(prices[1] or 0)) / 1_000_000

    def unpriced(self, blocks: Iterable[str]) -> tuple[str, ...]:
        """Which price of which of these blocks is not set."""
        fields = ("input_price", "output_price")
        lost = {block: [name for name in fields if self.models.get(block, {}).get(name) is None] for block in blocks}
        return tuple(f"`{name}` in the block {block!r}" for block, names in lost.items() for name in names)


def expect(database: Engine, pipeline: str, lineup: str, models: Mapping[str, Content], now: datetime) -> Expected:
    since = now - LOOK_BACK
    whole = whole_runs(database, pipeline, lineup, since)
    return Expected(
        usual=usual_calls(database, pipeline, since),
        calls=calls_in_runs(database, [run.id for run in whole]),
        seconds=fmean(run.seconds for run in whole) if whole else None,
        models=models,
    )


def passage(expected: Expected, incumbents: Mapping[str, str], candidates: Mapping[str, str]) -> Passage:
    """One input through all roles under both lineups. What is not recorded is estimated from the blocks."""
    per_run = {role: expected.calls.get(role, 0.0 if expected.calls else 1.0) for role in incumbents}
    lineups = (incumbents, {**incumbents, **candidates})
    asked = [
        sum(n * _like(expected, role, lineup[role], incumbents[role]) for role, n in per_run.items())
        for lineup in lineups
    ]
    first = expected.seconds if expected.seconds is not None else asked[0]
    costs = [
        n * price if (price := expected.call_price(role, lineup[role], incumbents[role])) is not None else None
        for lineup in lineups
        for role, n in per_run.items()
    ]
    return Passage(
        calls=2 * sum(per_run.values()),
        # A run asks some roles at the same time; the candidate's is taken to gain as much by that.
        seconds=first + (first * asked[1] / asked[0] if asked[0] else first),
        money=None if None in costs else sum(cost for cost in costs if cost is not None),
    )


def _like(expected: Expected, role: str, block: str, incumbent: str) -> float:
    """Seconds of a call; a block that was never asked is taken to be as fast as the one that serves, if that was."""
    known = (role, block) in expected.usual or (role, incumbent) not in expected.usual
    return expected.call_seconds(role, block if known else incumbent)


def failure_rate(
    database: Engine, pipeline: str, role: str, block: str, content: Content, now: datetime
) -> float | None:
    """The rate that the block's calls, asked with the settings it has now, show it to exceed; None if there are none.

    A bound and not the mean: three calls of which one failed say little, and must not stop a gate.
    """
    failed, total = calls_by_setting(database, pipeline, role, block, content, now - LOOK_BACK)
    return lower_bound(failed, total, DOUBT) if total else None
