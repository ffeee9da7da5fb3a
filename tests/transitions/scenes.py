"""Scenes for the gates: given a gate in some state, when this is known, then this is the next step.

Entries are made as the ledger gives them back, without a database.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from flows.transitions.machine import Facts, Move, Step, next_step
from flows.transitions.story import Change, Gate, Opening, State, tell
from tasks.judging.planning import GatePlan, Passage, plan_gate
from tasks.judging.policy import Policy
from tasks.judging.requirements import Workload
from tasks.judging.verdict import Act, Verdict
from tasks.judging.verdict import State as Finding
from tasks.records.ledger import Entry

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY = timedelta(hours=24)
EVIDENCE = "e" * 64
ROLE = "market_analysis"
WAYS: dict[State, tuple[State, ...]] = {
    "PLANNED": (),
    "TESTING": ("TESTING",),
    "MONITORING": ("TESTING", "MONITORING"),
    "AWAITING_APPROVAL": ("TESTING", "MONITORING", "AWAITING_APPROVAL"),
    "HELD": ("TESTING", "MONITORING", "HELD"),
    "PROMOTED": ("TESTING", "MONITORING", "AWAITING_APPROVAL", "PROMOTED"),
    "STABLE": ("TESTING", "MONITORING", "AWAITING_APPROVAL", "PROMOTED", "STABLE"),
    "ROLLED_BACK": ("ROLLED_BACK",),
}


def plan(policy: Policy | None = None, role: str = ROLE) -> GatePlan:
    workload = Workload(role=role, incumbent_cost=0.01, candidate_cost=0.01)
    return plan_gate(policy or Policy(), (role,), (workload,), Passage(calls=2, seconds=1, money=0.02))


def opening(**given: Any) -> Opening:
    usual: dict[str, Any] = {
        "phase": "generator-1", "title": "Analytical stages", "pipeline": "generator", "starter": "Ada",
        "changes": (Change(role=ROLE, incumbent="old", candidate="new"),), "plan": plan(given.pop("policy", None)),
    }  # fmt: skip
    return Opening(**(usual | given))


def entry(kind: str, place: int, at: datetime, **body: Any) -> Entry:
    return Entry(place, kind, "gate-1", place, "tester", at, body, "", "")


def verdict(
    act: Act = "ask_for_approval", at: datetime = START, evidence: str | None = EVIDENCE, **more: Any
) -> Verdict:
    findings: dict[Act, Finding] = {"ask_for_approval": "pass", "roll_back": "fail"}
    state = findings.get(act, "inconclusive")
    return Verdict(state=state, act=act, sentence=f"{state}.", at=at, plan_digest="p", evidence_digest=evidence, **more)


def answer(approver: str = "Grace", decision: str = "approve", reason: str = "read it", **bound: Any) -> dict[str, Any]:
    usual = {"evidence_digest": EVIDENCE, "change_digest": opening().change_digest}
    return {"decision": decision, "approver": approver, "reason": reason, **usual, **bound}


@dataclass(frozen=True)
class Scene:
    """A gate and what is known about it."""

    entries: tuple[Entry, ...]
    facts: Facts

    @property
    def gate(self) -> Gate:
        return tell(self.entries)

    def recorded(self, kind: str, **body: Any) -> Self:
        """An entry of the present moment."""
        return replace(self, entries=(*self.entries, entry(kind, len(self.entries) + 1, self.facts.now, **body)))

    def answered(self, *approvers: str, **given: Any) -> Self:
        scene = self
        for approver in approvers:
            bound = {"change_digest": scene.gate.opening.change_digest, **given}
            scene = scene.recorded("answered", **answer(approver, **bound))
        return scene

    def when(self, **known: Any) -> Self:
        """With other facts; `after` is the time since the last move."""
        now = self.gate.since + known.pop("after", timedelta(0))
        return replace(self, facts=replace(self.facts, now=now, **known))

    @property
    def step(self) -> Step:
        return next_step(self.gate, self.facts)

    def then(self, expected: State | None, because: str = "") -> None:
        """The next step is this move, with these words in its reason; None: it waits."""
        step = self.step
        assert (step.to if isinstance(step, Move) else step) == expected
        assert not because or (isinstance(step, Move) and because in step.reason)


def given(state: State, settled: bool = True, **opened: Any) -> Scene:
    """A gate in `state`, its blocks as the last move says, with sound facts."""
    found = [entry("planned", 1, START, opening=opening(**opened).model_dump(mode="json"))]
    for to in WAYS[state]:
        found.append(entry("moved", len(found) + 1, START, to=to, reason="so"))
        found.append(entry("settled", len(found) + 1, START))
        if to == "TESTING" and state != "TESTING":
            found.append(entry("tested", len(found) + 1, START, outcome="done", detail="2 briefs"))
    if not settled:
        found.pop()
    return Scene(tuple(found), Facts(START, verdict(), unmet=(), baked=True))
