"""Deciding in a terminal: nobody is asked for a code before the gate was shown, and nothing else is decided about."""

import asyncio
from typing import Any

import pytest

from blocks.errors import GateError, InputError
from deployments.commands.deciding import decide
from flows.transitions.answering import ask
from flows.transitions.story import Gate
from tests.transitions.story import GATE, Story


def decides(story: Story, evidence: str = "", **typed: Any) -> Gate:
    return asyncio.run(decide(story.world, GATE, story.given(**typed), evidence, story.code))


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def digest(story: Story) -> str:
    question = ask(story.world, GATE)
    assert question
    return question.evidence_digest


def test_verdict_and_proofs_are_shown_before_the_code_is_asked_for(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    story.awaiting()
    seen: list[str] = []

    def code() -> str:
        seen.append(shown(capsys))
        return story.code()

    now = asyncio.run(decide(story.world, GATE, story.given(code=""), "", code))
    assert now.state == "PROMOTED"
    assert "1 of 1 requirement proven over the whole window" in seen[0]
    assert "market_analysis: 0 failures in 32 calls" in seen[0]
    assert f"Evidence {story.world.read('asked')[0].body['evidence_digest'][:12]}" in seen[0]


def test_a_code_given_at_once_still_shows_what_is_approved(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    assert decides(story.awaiting()).state == "PROMOTED"
    assert "1 of 1 requirement proven" in shown(capsys)


def test_evidence_that_moves_while_it_is_read_is_not_approved(story: Story) -> None:
    story.awaiting()

    def late() -> str:
        code = story.code()
        story.clock.pass_(hours=-1)
        story.called(1).clock.pass_(hours=1)
        return code

    with pytest.raises(GateError, match="moved on"):
        asyncio.run(decide(story.world, GATE, story.given(code=""), "", late))
    assert story.gate.state == "AWAITING_APPROVAL"


def test_the_evidence_that_was_read_may_be_named(story: Story) -> None:
    story.awaiting()
    read = digest(story)
    assert decides(story, evidence=read[:12]).state == "PROMOTED"


def test_other_evidence_than_the_one_named_is_not_approved(story: Story) -> None:
    story.awaiting()
    with pytest.raises(GateError, match="not ffffffff"):
        decides(story, evidence="f" * 8)
    assert story.world.read("answered", "refused") == []


def test_a_hash_of_one_sign_names_nothing(story: Story) -> None:
    story.awaiting()
    with pytest.raises(InputError, match="too short"):
        decides(story, evidence=digest(story)[:1])


def test_a_gate_that_asks_nobody_asks_for_no_code(story: Story) -> None:
    with pytest.raises(GateError, match="asks nobody"):
        decides(story.monitoring())
