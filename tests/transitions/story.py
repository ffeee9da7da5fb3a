"""A gate over a real database, with a clock and blocks in the test's hands, driven from its plan to its end."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp
from sqlalchemy import Engine

from flows.transitions.answering import Given, answer, ask
from flows.transitions.moving import advance, open_gate, roll_back
from flows.transitions.reading import read_gate
from flows.transitions.story import Gate
from flows.transitions.world import World
from tasks.judging.observations import Call
from tasks.judging.policy import Policy
from tests.transitions.memory import SECRETS, Clock, MemoryBlocks
from tests.transitions.records import store_calls
from tests.transitions.scenes import ROLE, START, opening

QUICK = Policy(
    demands=("failures",), failure_limit=0.2, failures_allowed=0, buckets=4, buckets_needed=2, watched=("failures",)
)
"""Fourteen clean calls prove it."""
GATE = "gate-1"


@dataclass
class Story:
    """What happens to one gate. Each act returns the story, so that acts can follow one another."""

    database: Engine
    clock: Clock = field(default_factory=Clock)
    blocks: MemoryBlocks = field(default_factory=MemoryBlocks)
    opened: dict[str, Any] = field(default_factory=dict)
    calls: int = 0

    @property
    def world(self) -> World:
        return World(self.blocks, self.database, self.clock)

    @property
    def gate(self) -> Gate:
        return read_gate(self.world, GATE)

    def prepared(self) -> "Story":
        """A fresh baseline and drill, so that nothing stands against a start."""
        for kind in ("baseline", "drilled"):
            self.world.record(kind, "tester", {"pipeline": "generator", "lineup": "production", "passed": True})
        return self

    def drilled(self, **found: Any) -> "Story":
        self.world.record("drilled", "tester", {"pipeline": "generator", **found})
        return self

    def planned(self) -> "Story":
        open_gate(self.world, GATE, opening(**{"policy": QUICK, **self.opened}), "Ada")
        return self

    def moved(self) -> "Story":
        asyncio.run(advance(self.world, GATE))
        return self

    def tested(self) -> "Story":
        gate = self.gate
        self.world.record("tested", "tester", {"outcome": "done", "detail": "1 brief"}, GATE, gate.sequence + 1)
        return self

    def called(self, count: int, failed: int = 0, score: float = 99, **given: Any) -> "Story":
        """Calls of the candidate from now on, a second apart; the first ones fail."""
        made = [
            Call(role=ROLE, arm="candidate", at=self.clock.now + timedelta(seconds=n), run_id=f"run-{self.calls + n}",
                 failed=n < failed, score=None if n < failed else score, seconds=1.0, cost=0.01)
            for n in range(count)
        ]  # fmt: skip
        store_calls(self.database, made, first=self.calls, **given)
        self.calls += count
        return self

    def waited(self, **some: float) -> "Story":
        self.clock.pass_(**some)
        return self

    def monitoring(self) -> "Story":
        return self.prepared().planned().moved().tested().moved()

    def monitored(self, calls: int = 8) -> "Story":
        """A whole window with calls in every bucket."""
        for _ in range(4):
            self.called(calls).waited(hours=6)
        return self.moved()

    def served(self, calls: int = 2, **given: Any) -> "Story":
        """A whole window of users' calls after promotion, in two of its four parts."""
        for _ in range(2):
            self.called(calls, environment="production", purpose="user", **given)
            self.clock.now += self.gate.opening.plan.policy.window / 2
        return self.moved()

    def awaiting(self) -> "Story":
        return self.monitoring().monitored()

    def code(self, name: str = "Grace") -> str:
        return pyotp.TOTP(SECRETS[name]).at(self.clock.now)

    def given(self, name: str = "Grace", decision: Any = "approve", **typed: Any) -> Given:
        usual = {"reason": "read it", "code": self.code(name) if name in SECRETS else "000000", "confirmed": "all"}
        return Given(decision, name, **{**usual, **typed})

    def answers(self, name: str = "Grace", decision: Any = "approve", **typed: Any) -> str:
        """Asks as the form does, and answers; why it was not accepted."""
        ask(self.world, GATE)
        return asyncio.run(answer(self.world, GATE, self.given(name, decision, **typed)))

    def answered(self, name: str = "Grace", decision: Any = "approve", **typed: Any) -> "Story":
        assert self.answers(name, decision, **typed) == ""
        return self.moved()

    def rolled_back(self, reason: str = "by hand") -> "Story":
        asyncio.run(roll_back(self.world, GATE, "Grace", reason))
        return self

    def serves(self, lineup: str = "production") -> str:
        return str(self.blocks.lineups["generator", lineup][ROLE])

    def started_at(self) -> Any:
        return START
