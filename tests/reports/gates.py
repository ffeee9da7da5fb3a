"""Gates as they come to be: three stages of the generator, driven through their states over a real database."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from blocks.lineups import GeneratorLineup
from flows.transitions.answering import ask
from flows.transitions.gate_view import page_view
from flows.transitions.moving import advance, open_gate
from flows.transitions.plans import phase
from flows.transitions.story import Change
from tasks.judging.observations import Call
from tasks.judging.planning import Passage, plan_gate
from tasks.judging.policy import Policy
from tasks.judging.requirements import Workload
from tasks.reports.gate_views import GateView
from tests.transitions.records import store_calls
from tests.transitions.scenes import opening
from tests.transitions.story import GATE, Story

ROLES = ("market_analysis", "buyer_psychology", "competitive_analysis")
OTHERS = tuple(role for role in GeneratorLineup.roles if role not in ROLES)
POLICY = Policy(failure_limit=0.06, failures_allowed=0, good_share=0.9, ratio_pairs=16, quality_pairs=40)
PER_HOUR = 3


def an_opening(policy: Policy = POLICY) -> dict[str, Any]:
    """What the gate of phase 1 is about."""
    labels = {role: str(GeneratorLineup.model_fields[role].title) for role in GeneratorLineup.roles}
    workloads = tuple(Workload(role=role, incumbent_cost=0.0021, candidate_cost=0.002) for role in ROLES)
    return {
        "title": "Analytical stages (1-3)", "phase": "generator-1", "human": phase("generator-1").human,
        "changes": tuple(Change(role=role, incumbent="old", candidate="new") for role in ROLES),
        "plan": plan_gate(policy, ROLES, workloads, Passage(calls=26, seconds=208, money=0.053), others=OTHERS, labels=labels),
    }  # fmt: skip


@dataclass
class PhaseOne(Story):
    """The gate of phase 1, with inputs asked of both models every hour."""

    opened: dict[str, Any] = field(default_factory=an_opening)
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def planned(self) -> "PhaseOne":
        open_gate(self.world, GATE, opening(**self.opened), "Ada")
        return self

    def asked(self, failing: float = 0.0) -> "PhaseOne":
        """An hour's inputs, through both models."""
        made = [call for number in range(PER_HOUR) for call in self._pair(number, failing)]
        store_calls(self.database, made, first=self.calls)
        self.calls += len(made)
        return self

    def _pair(self, number: int, failing: float) -> list[Call]:
        at = self.clock.now + timedelta(minutes=2 + number * (56 // PER_HOUR))
        name = f"{self.calls}-{number}"
        made = []
        for position, role in enumerate((*ROLES, "offer_design")):
            base = (9 + 4 * position) * self.chance.lognormvariate(0, 0.2)
            for arm, speed in (("incumbent", 1.0), ("candidate", 0.84)):
                failed = arm == "candidate" and self.chance.random() < failing
                made.append(Call(
                    role=role, arm=arm, at=at + timedelta(seconds=position), run_id=f"{arm}-{name}", failed=failed,  # type: ignore[arg-type]
                    score=None if failed else self.chance.choice([96, 98, 100]),
                    seconds=None if failed else base * speed * self.chance.lognormvariate(0, 0.08),
                    cost=0.0021 if arm == "incumbent" else 0.00198, pair_id=f"{role}-{name}",
                ))  # fmt: skip
        return made

    def hours(self, count: int, failing: float = 0.0, silent: frozenset[int] = frozenset()) -> "PhaseOne":
        for hour in range(count):
            if hour not in silent:
                self.asked(failing)
            self.waited(hours=1)
        return self.moved_on()

    def moved_on(self) -> "PhaseOne":
        asyncio.run(advance(self.world, GATE))
        return self

    def begun(self) -> "PhaseOne":
        """Tested, and the window open."""
        self.prepared().planned().moved().asked().waited(minutes=40)
        self.tested().moved()
        return self

    def waiting(self) -> "PhaseOne":
        """A window without harm, people asked."""
        self.begun().hours(24, silent=frozenset({3, 17}))
        ask(self.world, GATE)
        return self

    def approved(self) -> "PhaseOne":
        """Promoted, and a whole window in which users were served by it."""
        self.answered("Grace")
        for _ in range(24):
            self.served().served().waited(hours=1)
        return self.moved_on()

    def served(self) -> "PhaseOne":
        """Calls of users to the new model."""
        made = [
            Call(role=role, arm="candidate", at=self.clock.now + timedelta(minutes=1), run_id=f"user-{self.calls}",
                 failed=False, score=98, seconds=9, cost=0.002)
            for role in ROLES
        ]  # fmt: skip
        store_calls(self.database, made, first=self.calls, environment="production", purpose="user")
        self.calls += len(made)
        return self

    @property
    def view(self) -> GateView:
        return page_view(self.world, self.gate)
