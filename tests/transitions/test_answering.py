"""Who may decide, and what is taken from them: refused answers are recorded and asked again."""

import asyncio
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from flows.transitions.answering import answer, ask, unconfirmed
from flows.transitions.form import page
from flows.transitions.telling import next_step
from tests.transitions.memory import SECRETS
from tests.transitions.story import GATE, Story


def refused(story: Story) -> list[str]:
    return [entry.body["reason"] for entry in story.world.read("refused")]


@pytest.mark.parametrize(
    ("name", "typed", "because"),
    [
        ("Grace", {"code": "000000"}, "one-time code is wrong"),
        ("Grace", {"code": ""}, "one-time code is wrong"),
        ("Grace", {"code": "１２３４５６"}, "one-time code is wrong"),
        ("Mallory", {}, "Nobody of this name"),
        ("grace", {}, "Nobody of this name"),
        ("", {}, "Nobody of this name"),
        ("Ada", {}, "Whoever started the gate"),
        ("Grace", {"decision": "reject", "reason": " "}, "needs a reason"),
    ],
)
def test_what_is_not_accepted_is_recorded_and_asked_again(story: Story, name: str, typed: Any, because: str) -> None:
    story.awaiting()
    first = ask(story.world, GATE)
    assert because in story.answers(name, **typed)
    assert because in refused(story)[0]
    second = ask(story.world, GATE)
    assert first
    assert second
    assert first.key != second.key
    assert story.moved().gate.state == "AWAITING_APPROVAL"


@pytest.mark.parametrize("starter", [" Grace ", "GRACE", "g-r-a-c-e", "Grace\u200b"])
def test_no_spelling_of_a_starters_name_lets_him_approve(story: Story, starter: str) -> None:
    story.opened = {"starter": starter}
    assert "Whoever started the gate" in story.awaiting().answers("Grace")


def test_a_protected_gate_that_is_held_is_rejected_or_proven_and_the_form_says_so(story: Story) -> None:
    story.opened = {"protected": True}
    story.monitoring().monitored(calls=2)
    assert "never changes on what is not proven" in story.answers("Grace")
    text = page(story.world, story.gate)
    assert "It can be rejected, and not approved" in text
    assert "two people" not in next_step(story.world, story.gate)
    story.waited(minutes=5)
    assert story.answered("Grace", "reject", reason="too few calls").gate.state == "ROLLED_BACK"


def test_the_question_stays_the_same_until_it_is_answered(story: Story) -> None:
    story.awaiting()
    assert ask(story.world, GATE) == ask(story.world, GATE)


def test_nobody_is_asked_before_the_time(story: Story) -> None:
    story.monitoring()
    assert ask(story.world, GATE) is None
    assert "asks nobody" in asyncio.run(answer(story.world, GATE, story.given()))


def test_a_code_is_good_once(story: Story) -> None:
    story.opened = {"protected": True}
    story.awaiting().answered("Grace")
    assert "used before" in story.answers("Grace")


def test_a_code_sent_with_a_decision_that_was_refused_is_spent_too(story: Story) -> None:
    story.awaiting()
    assert "needs a reason" in story.answers(decision="reject", reason="")
    assert "used before" in story.answers(decision="reject", reason="too wordy")
    story.waited(minutes=1)
    assert story.answers(decision="reject", reason="too wordy") == ""


def test_a_code_of_the_last_minutes_is_taken_and_an_older_one_is_not(story: Story) -> None:
    story.awaiting()
    code = story.code()
    story.waited(minutes=10)
    assert "wrong" in story.answers(code=code)
    late = story.code()
    story.waited(minutes=2)
    assert story.answers(code=late) == ""


def test_five_wrong_codes_lock_even_the_right_one_until_it_is_renewed(story: Story) -> None:
    story.awaiting()
    for _ in range(5):
        story.answers(code="000000")
    assert "locked" in story.answers()
    story.world.record("approver_added", "Ada", {"approver": "Grace"})
    assert story.answers() == ""


def test_one_persons_wrong_codes_do_not_lock_another(story: Story) -> None:
    story.awaiting()
    for _ in range(5):
        story.answers(code="000000")
    assert story.answers("Alan") == ""


def test_evidence_that_moved_on_is_not_approved(story: Story) -> None:
    story.awaiting()
    question = ask(story.world, GATE)
    story.clock.now -= timedelta(hours=1)
    story.called(1)
    story.clock.now += timedelta(hours=1)
    assert "moved on" in asyncio.run(answer(story.world, GATE, story.given()))
    again = ask(story.world, GATE)
    assert question
    assert again
    assert question.evidence_digest != again.evidence_digest


def test_an_answer_to_an_older_form_does_not_count(story: Story) -> None:
    story.awaiting()
    question = ask(story.world, GATE)
    story.answers("Mallory")
    ask(story.world, GATE)
    assert question
    assert "read it again" in asyncio.run(answer(story.world, GATE, story.given(), question.key))


def test_a_protected_role_takes_another_person(story: Story) -> None:
    story.opened = {"protected": True}
    story.awaiting().answered("Grace").waited(minutes=5)
    assert "has approved already" in story.answers("Grace")
    assert story.gate.state == "AWAITING_APPROVAL"
    assert story.answered("Alan").gate.state == "PROMOTED"


def test_who_approved_before_the_evidence_moved_may_approve_what_it_is_now(story: Story) -> None:
    story.opened = {"protected": True}
    story.awaiting().answered("Grace")
    story.clock.now -= timedelta(hours=1)
    story.called(1)
    story.waited(hours=2).answered("Grace")
    assert story.gate.state == "AWAITING_APPROVAL"
    assert story.answered("Alan").gate.state == "PROMOTED"


def test_people_confirm_their_part_of_the_checklist(story: Story) -> None:
    story.opened = {"human": ("Report read", "Way back kept")}
    story.awaiting()
    assert "Way back kept" in story.answers(confirmed="1")
    story.waited(minutes=5).answered(confirmed="1, 2")
    assert story.world.read("answered")[0].body["confirmed"] == ["Report read", "Way back kept"]


def test_an_inactive_approver_is_nobody(story: Story) -> None:
    story.awaiting().blocks.people.pop("Grace")
    assert "Nobody of this name" in story.answers("Grace")


def test_no_secret_and_no_code_reaches_the_ledger(story: Story) -> None:
    story.awaiting()
    code, wrong = story.code(), "918273"
    story.answers(code=wrong)
    story.answered(code=code)
    kept = str(story.world.read())
    assert not any(secret in kept for secret in (code, wrong, SECRETS["Grace"]))


def test_codes_are_those_any_authenticator_shows() -> None:
    assert pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", digits=8).at(59) == "94287082"  # RFC 6238, appendix B


@pytest.mark.parametrize(("typed", "left"), [("all", 0), ("1 2", 0), ("2,1", 0), ("2", 1), ("", 2), ("12", 2)])
def test_items_are_confirmed_by_number(typed: str, left: int) -> None:
    assert len(unconfirmed(("a", "b"), typed)) == left


def test_a_secret_edited_into_nonsense_opens_nothing(story: Story) -> None:
    story.awaiting().blocks.people["Grace"] = "not base32!"
    assert "wrong" in story.answers("Grace")
