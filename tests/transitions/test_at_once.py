"""Things that happen at the same time: two gates of a pipeline, two approvals of a gate."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.transitions.answering import answer, ask
from flows.transitions.moving import advance, open_gate
from flows.transitions.reading import read_gate
from tests.transitions.scenes import opening
from tests.transitions.story import GATE, QUICK, Story


@pytest.mark.parametrize("order", [("gate-1", "gate-2"), ("gate-2", "gate-1")])
def test_of_two_gates_started_at_once_the_first_planned_goes_on(story: Story, order: tuple[str, str]) -> None:
    story.prepared()
    for gate_id in ("gate-1", "gate-2"):
        open_gate(story.world, gate_id, opening(policy=QUICK), "Ada")
    for gate_id in order:
        asyncio.run(advance(story.world, gate_id))
    assert [read_gate(story.world, gate_id).state for gate_id in ("gate-1", "gate-2")] == ["TESTING", "ROLLED_BACK"]
    assert "still" in read_gate(story.world, "gate-2").reason


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
