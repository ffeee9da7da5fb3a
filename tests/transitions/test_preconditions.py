"""What keeps a gate from starting: phases before it, the lineups it compares, the baseline it is compared with."""

import asyncio
from typing import Any

import pytest

from blocks.errors import GateError
from flows.transitions.drift import note_new
from flows.transitions.moving import advance, open_gate, roll_back
from flows.transitions.plans import phase, roles_of
from flows.transitions.preconditions import unmet
from flows.transitions.story import Change
from tests.transitions.memory import a_lineup
from tests.transitions.scenes import ROLE, opening
from tests.transitions.story import QUICK, Story


def said(story: Story, **about: Any) -> str:
    return " ".join(asyncio.run(unmet(story.world, opening(**about))))


def waits(story: Story, **about: Any) -> bool:
    """Whether the second phase waits for the first."""
    return "generator-1 must be stable" in said(story, phase="generator-2", **about)


def stable(story: Story) -> Story:
    return story.awaiting().answered().served()


def by_hand(story: Story, lineup: str = "production", **roles: str) -> Story:
    """A lineup edited by hand, and that adopted."""
    content = story.blocks.lineups["generator", lineup] = a_lineup(**roles)
    story.world.record("adopted", "Ada", {"pipeline": "generator", "lineup": lineup, "content": content})
    return story


class TestPhasesBefore:
    def test_a_later_gate_that_was_rolled_back_leaves_the_phase_stable(self, story: Story) -> None:
        stable(story).prepared()
        back = opening(changes=(Change(role=ROLE, incumbent="new", candidate="old"),), policy=QUICK)
        open_gate(story.world, "gate-2", back, "Ada")
        assert asyncio.run(advance(story.world, "gate-2")).state == "TESTING"
        asyncio.run(roll_back(story.world, "gate-2", "Grace", "worse"))
        assert not waits(story)

    def test_a_phase_that_was_stable_elsewhere_or_was_replaced_by_hand_is_not(self, story: Story) -> None:
        assert waits(stable(story), production="europe")
        assert waits(by_hand(story, market_analysis="third"))

    def test_models_entered_by_hand_that_served_for_a_window_count(self, story: Story) -> None:
        first = phase("generator-1")
        by_hand(story, **dict.fromkeys(roles_of(first), first.target))
        assert waits(story.waited(hours=23))
        assert not waits(story.waited(hours=1))


class TestLineups:
    def test_what_the_preview_has_otherwise_is_said_with_what_to_enter(self, story: Story) -> None:
        story.blocks.lineups["generator", "preview"].update(value_stack="third", report_words=900)
        assert "in the block 'preview' set report_words to" in said(story)
        assert "and value_stack to 'old', then run `phasegate drift adopt" in said(story)

    def test_what_the_gate_changes_and_a_canary_may_differ(self, story: Story) -> None:
        story.blocks.lineups["generator", "preview"].update({ROLE: "third"})
        story.blocks.lineups["generator", "production"].update(canary_gate="an old gate")
        assert "differs from" not in said(story)

    def test_a_preview_that_is_not_there_is_not_made_up(self, story: Story) -> None:
        del story.blocks.lineups["generator", "preview"]
        assert "There is no lineup 'preview'" in said(story)


class TestBaseline:
    def test_of_another_lineup_is_none(self, story: Story) -> None:
        story.prepared().world.record("baseline", "x", {"pipeline": "generator", "lineup": "preview", "passed": True})
        assert "no baseline" not in said(story)
        assert "There is no baseline of the generator pipeline under 'europe'" in said(story, production="europe")

    def test_of_the_models_before_a_promotion_is_none(self, story: Story) -> None:
        assert "older than the last change of models in 'production'" in said(stable(story))
        assert "older than" not in said(story.prepared())

    def test_outlives_what_is_no_change_of_models(self, story: Story) -> None:
        by_hand(story).prepared().waited(minutes=1)
        story.world.record("adopted", "Ada", {
            "pipeline": "generator", "lineup": "production", "content": a_lineup() | {"report_words": 900},
        })  # fmt: skip
        assert "older than" not in said(story)


class TestNextStep:
    def test_an_edit_by_hand_names_the_ways_to_deal_with_it(self, story: Story) -> None:
        asyncio.run(note_new(story.prepared().world))
        story.blocks.lineups["generator", "production"][ROLE] = "other"
        assert "keep it with `phasegate drift adopt --reason" in said(story)

    def test_a_dead_model_says_what_its_block_says(self, story: Story) -> None:
        story.prepared().blocks.dead.add("new")
        assert "does not answer (no answer). Next: start its server." in said(story)


def test_a_refused_gate_has_a_line_for_each_reason_and_a_freeze_first(story: Story) -> None:
    about = opening()
    refused = about.model_copy(update={"plan": about.plan.model_copy(update={"refusals": ("One.", "Two.")})})
    story.world.record("incident_opened", "Grace", {"reason": "Fire."})
    with pytest.raises(GateError) as raised:
        open_gate(story.world, "gate-2", refused, "Ada")
    first, freeze, *reasons = raised.value.happened.splitlines()
    assert (first, reasons) == ("This gate cannot pass:", ["- One.", "- Two."])
    assert (freeze.startswith("- An incident is open"), freeze.endswith(": Fire.")) == (True, True)
