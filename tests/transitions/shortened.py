"""What makes a gate short enough for a test: two calls prove it, one stage is its suite, the clock can be moved on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp

from flows.generator.opening import open_run
from flows.generator.stages import stage
from flows.transitions.plans import phase
from flows.transitions.plans.phase import Phase
from tasks.judging.policy import Policy
from tasks.records.runs import Purpose
from tests.generator.examples import sample

ROLES = ("market_analysis", "buyer_psychology", "competitive_analysis")
SECRET = pyotp.random_base32()
POLICY: dict[str, Any] = {
    "demands": ["failures"], "watched": ["failures"], "failure_limit": 0.45, "alpha": 0.45, "failures_allowed": 0,
    "window": "PT2H", "buckets": 1, "buckets_needed": 1, "calls_per_bucket": 1,
}  # fmt: skip
"""Two clean calls a stage prove it."""


def own_policy() -> Phase:
    """The first phase as if its document demanded only this, so that one person may approve."""
    policy = Policy.model_validate({**Policy().model_dump(), **POLICY})
    return phase("generator-1").model_copy(update={"policy": policy})


LINEUPS = {"production": "gated-production", "preview": "gated-preview"}


@dataclass
class Shifted:
    """The clock on the wall, moved on by a test instead of waiting."""

    by: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


class OneStage:
    """A suite of one brief and one stage; all thirteen are asked where the suite itself is tested."""

    def items(self) -> Sequence[str]:
        return ["sample"]

    async def ask(self, item: str, lineup: str, run_id: str, pair: str, purpose: Purpose) -> None:
        async with open_run(run_id, sample(), lineup, purpose=purpose, pair=pair) as run:
            await run.stage(stage("market_analysis"))
