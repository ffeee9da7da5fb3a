"""Things that happen at the same time: two gates of a pipeline, two approvals of a gate."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from threading import Barrier

import pytest

from flows.transitions.answering import USED, WRONG, answer, ask
from flows.transitions.moving import advance, open_gate
from flows.transitions.reading import all_gates, read_gate
from flows.transitions.world import ApproverFacts
from tests.transitions.memory import MemoryBlocks
from tests.transitions.scenes import opening
from tests.transitions.several import begun
from tests.transitions.story import GATE, QUICK, Story


@pytest.mark.parametrize("order", [("gate-1", "gate-2"), ("gate-2", "gate-1")])
def test_of_two_gates_the_first_planned_goes_on_whichever_looks_first(story: Story, order: tuple[str, str]) -> None:
    story.prepared()
    for gate_id in ("gate-1", "gate-2"):
        open_gate(story.world, gate_id, opening(policy=QUICK), "Ada")
    for gate_id in order:
        asyncio.run(advance(story.world, gate_id))
    assert [read_gate(story.world, gate_id).state for gate_id in ("gate-1", "gate-2")] == ["TESTING", "ROLLED_BACK"]
    assert "still" in read_gate(story.world, "gate-2").reason


def test_of_two_gates_started_at_once_the_first_planned_goes_on(story: Story) -> None:
    story.prepared()
    planned = Barrier(2)

    def starts(gate_id: str) -> None:
        open_gate(story.world, gate_id, opening(policy=QUICK), "Ada")
        planned.wait(timeout=30)  # each is planned before either looks for others
        asyncio.run(advance(story.world, gate_id))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(starts, ["gate-1", "gate-2"]))
    first, second = all_gates(story.world)
    assert (first.state, second.state) == ("TESTING", "ROLLED_BACK")
    assert "still" in second.reason


def test_of_two_approvals_at_once_each_counts_once_and_one_promotes(story: Story) -> None:
    story.opened = {"protected": True}
    story.awaiting()
    ask(story.world, GATE)

    def approves(name: str) -> str:
        return asyncio.run(answer(story.world, GATE, story.given(name)))

    with ThreadPoolExecutor(2) as pool:
        refusals = list(pool.map(approves, ["Grace", "Alan"]))
    for name, refusal in zip(["Grace", "Alan"], refusals, strict=True):
        if refusal:  # came second: the question it answered had been replaced
            story.waited(minutes=1)
            assert story.answers(name) == ""
    assert story.moved().gate.state == "PROMOTED"
    assert [entry.body["to"] for entry in story.world.read("moved")].count("PROMOTED") == 1


def test_the_same_approval_sent_twice_at_once_counts_once(story: Story) -> None:
    story.awaiting()
    ask(story.world, GATE)
    given = story.given("Grace")
    with ThreadPoolExecutor(4) as pool:
        refusals = list(pool.map(lambda _: asyncio.run(answer(story.world, GATE, given)), range(4)))
    assert refusals.count("") == 1
    assert len(story.world.read("answered")) == 1


@dataclass
class Together(MemoryBlocks):
    """The first two who look for approvers look at the same time: each has read the ledger, neither has written."""

    meeting: Barrier = field(default_factory=lambda: Barrier(2))
    came: Iterator[int] = field(default_factory=count)

    async def approvers(self) -> Sequence[ApproverFacts]:
        if next(self.came) < self.meeting.parties:
            self.meeting.wait(timeout=30)
        return await super().approvers()


def both_at_once(story: Story, **typed: str) -> list[str]:
    """What two gates say to the same form, sent to both at the same time."""
    gates = ("gate-1", "gate-2")
    for gate_id, role in zip(gates, ("market_analysis", "value_stack"), strict=True):
        begun(story, gate_id, "AWAITING_APPROVAL", role=role)
        ask(story.world, gate_id)
    story.blocks = Together(lineups=story.blocks.lineups)
    given = story.given("Grace", **typed)
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda gate_id: asyncio.run(answer(story.world, gate_id, given)), gates))


def test_one_code_on_two_gates_at_once_is_taken_once(story: Story) -> None:
    refusals = both_at_once(story)
    assert sorted(refusals) == ["", USED]
    assert len(story.world.read("answered")) == 1


def test_the_fifth_wrong_code_locks_on_every_gate_at_once(story: Story) -> None:
    for _ in range(4):
        story.world.record("refused", "Grace", {"approver": "Grace", "reason": WRONG, "wrong": True, "step": 0})
    refusals = both_at_once(story, code="000000")
    assert refusals.count(WRONG) == 1
    assert sum("locked" in refusal for refusal in refusals) == 1
