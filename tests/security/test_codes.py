"""One-time codes and the form they are typed on: clocks that differ a little, and whatever people or programs type."""

import asyncio
from datetime import timedelta

import pyotp
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flows.transitions import answering
from flows.transitions.answering import Given, answer
from flows.transitions.form import Approval
from tests.transitions.conftest import story
from tests.transitions.memory import SECRETS
from tests.transitions.story import GATE, Story

__all__ = ["story"]

TYPED = st.text(max_size=30) | st.sampled_from(["Grace", "all", "1", "approve", "0" * 6, "\x00", "\ud800", "9" * 5000])


def code(story: Story, seconds: int) -> str:
    """What an authenticator shows whose clock is off by so many seconds."""
    return pyotp.TOTP(SECRETS["Grace"]).at(story.clock.now + timedelta(seconds=seconds))


@pytest.mark.parametrize(("seconds", "taken"), [(-30, True), (30, True), (90, False), (-300, False)])
def test_a_clock_that_is_off_by_a_step_is_no_obstacle(story: Story, seconds: int, taken: bool) -> None:
    story.awaiting()
    assert (story.answers(code=code(story, seconds)) == "") is taken


def test_every_step_is_compared_in_constant_time(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def compare(expected: bytes, typed: bytes) -> bool:
        compared.append(expected)
        return expected == typed

    story.awaiting()
    monkeypatch.setattr(answering, "compare_digest", compare)
    right = code(story, 0)
    assert story.answers(code=right) == ""
    assert len(compared) == answering.STEPS_BACK + answering.STEPS_AHEAD + 1


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(approver=TYPED, typed=TYPED, reason=TYPED, confirmed=TYPED)
@example(approver="Grace", typed="\ud800", reason="", confirmed="")
@example(approver="\ud800", typed="0", reason="\ud800", confirmed="\x00")
def test_nothing_that_is_typed_approves_or_breaks(
    story: Story, approver: str, typed: str, reason: str, confirmed: str
) -> None:
    if story.world.read():
        refusal = asyncio.run(answer(story.world, GATE, Given("approve", approver, reason, typed, confirmed)))
    else:
        refusal = story.awaiting().answers(approver, code=typed, reason=reason, confirmed=confirmed)
    assert refusal
    assert story.gate.state == "AWAITING_APPROVAL"


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["decision", "approver", "code", "reason", "confirmed", "x"]), TYPED | st.none())
)
def test_the_form_takes_what_fits_or_says_what_does_not(fields: dict[str, str | None]) -> None:
    try:
        form = Approval(**fields)  # type: ignore[arg-type]
    except ValueError:
        return
    assert form.decision in ("approve", "reject")
    assert len(form.code) <= 8
    assert len(form.reason) <= 2000
