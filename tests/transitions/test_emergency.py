"""Emergencies where several gates have changed something, and incidents that were opened for less."""

import asyncio
from typing import Any

import pytest

from blocks.errors import GateError
from flows.transitions.drift import handle, scan
from flows.transitions.incidents import close, emergency, require_back
from flows.transitions.known import frozen
from flows.transitions.reading import read_gate
from tests.transitions.several import begun, states
from tests.transitions.story import Story

OTHER = "buyer_psychology"


def declare(story: Story, **given: Any) -> None:
    asyncio.run(emergency(story.world, "Grace", "Customers see nonsense.", **given)).require_all()


def test_what_is_tried_and_what_users_have_been_served_since_both_go_back(story: Story) -> None:
    begun(story, "a", "STABLE")
    begun(story, "b", "MONITORING", role=OTHER)
    declare(story)
    assert states(story, "a", "b") == ["ROLLED_BACK", "ROLLED_BACK"]
    assert story.serves() == "old"


def test_only_the_newest_promoted_change_goes_back_however_often_it_is_declared(story: Story) -> None:
    begun(story, "a", "STABLE")
    begun(story, "b", "PROMOTED", role=OTHER)
    declare(story)
    declare(story)
    assert states(story, "a", "b") == ["STABLE", "ROLLED_BACK"]


def test_after_a_freeze_over_drift_it_takes_back_as_it_would_without(story: Story) -> None:
    begun(story, "a", "PROMOTED")
    story.blocks.lineups["generator", "production"]["report_words"] = 900
    [finding] = asyncio.run(scan(story.world))
    asyncio.run(handle(story.world, finding, "freeze", "Grace", "who was it?"))
    declare(story)
    assert states(story, "a") == ["ROLLED_BACK"]


def test_an_emergency_of_one_gate_can_become_one_of_all(story: Story) -> None:
    begun(story, "a", "STABLE")
    begun(story, "b", "STABLE", role=OTHER)
    begun(story, "c", "MONITORING", role="offer_rationale")
    declare(story, gate_id="c")
    assert states(story, "a", "b", "c") == ["STABLE", "STABLE", "ROLLED_BACK"]
    declare(story)
    assert states(story, "a", "b", "c") == ["STABLE", "ROLLED_BACK", "ROLLED_BACK"]


def test_a_freeze_meanwhile_does_not_let_it_reach_further_back(story: Story) -> None:
    begun(story, "a", "STABLE")
    begun(story, "b", "STABLE", role=OTHER)
    declare(story)
    story.world.record("incident_opened", "Grace", {"reason": "an edit"})
    declare(story)
    assert states(story, "a", "b") == ["STABLE", "ROLLED_BACK"]


def test_closed_is_closed_however_often_it_was_widened(story: Story) -> None:
    begun(story, "a", "STABLE")
    begun(story, "b", "MONITORING", role=OTHER)
    declare(story, gate_id="b")
    declare(story)
    assert len(story.world.read("incident_opened")) == 2
    close(story.world, "Grace", "A bad model.")
    assert frozen(story.world) == ""


def test_declared_again_it_says_since_when_it_is_open_and_keeps_the_new_reason_once(story: Story) -> None:
    def told(reason: str, actor: str) -> str:
        return asyncio.run(emergency(story.world, actor, reason)).incident

    assert told("Nonsense.", "Grace") == "An incident is opened."
    again = told("Wrong prices.", "Alan")
    assert f"since {story.world.clock():%Y-%m-%d %H:%M} UTC, opened by Grace: Nonsense." in again
    assert "The new reason is recorded" in again
    assert "The new reason" not in told("Wrong prices.", "Alan")
    assert [entry.body["reason"] for entry in story.world.read("incident_opened")] == ["Nonsense.", "Wrong prices."]
    assert frozen(story.world) == "Nonsense."


def test_a_gate_that_cannot_go_back_keeps_no_other_and_is_said_at_the_end(story: Story) -> None:
    begun(story, "a", "MONITORING", role=OTHER)
    begun(story, "b", "STABLE")
    begun(story, "c", "STABLE", incumbent="new", candidate="newer")
    with pytest.raises(GateError, match=r"1 of 1 gates could not .* Gate c has changed the same roles"):
        declare(story, gate_id="b")
    with pytest.raises(GateError, match="1 of 2 gates"):
        declare(story, gate_id="a")
    assert states(story, "a", "b", "c") == ["ROLLED_BACK", "STABLE", "STABLE"]


class TestWhereUsersAreNotServedAsBefore:
    """Both rollbacks say so: they have ended well only when every call is answered by what answered it before."""

    def test_because_a_block_was_not_written(self, story: Story) -> None:
        begun(story, "a", "PROMOTED")
        begun(story, "b", "MONITORING", role=OTHER)
        story.blocks.refuse.add("production")
        with pytest.raises(GateError, match=r"1 of 2 gates .* do not follow yet: .* may still ask the candidate"):
            declare(story)
        with pytest.raises(GateError, match="do not follow yet"):
            require_back(read_gate(story.world, "a"))
        story.blocks.refuse.clear()
        declare(story)
        require_back(read_gate(story.world, "a"))
        assert (states(story, "a", "b"), story.serves()) == (["ROLLED_BACK", "ROLLED_BACK"], "old")

    def test_because_the_way_back_is_dead(self, story: Story) -> None:
        begun(story, "a", "STABLE")
        story.blocks.dead.add("old")
        with pytest.raises(GateError, match="what serves again does not answer"):
            declare(story)
        with pytest.raises(GateError, match="what serves again does not answer"):
            require_back(read_gate(story.world, "a"))
        assert (states(story, "a"), story.serves()) == (["ROLLED_BACK"], "old")


def test_gates_that_went_back_are_named_beside_one_whose_way_back_is_dead(story: Story) -> None:
    begun(story, "a", "PROMOTED")
    begun(story, "b", "MONITORING", role=OTHER)
    story.blocks.dead.add("old")
    taken = asyncio.run(emergency(story.world, "Grace", "Customers see nonsense."))
    assert [gate.id for gate in taken.gates] == ["b", "a"]
    with pytest.raises(GateError, match="does not answer"):
        taken.require_all()


def test_a_gate_that_does_not_exist_opens_no_incident(story: Story) -> None:
    with pytest.raises(GateError, match="no such gate"):
        declare(story, gate_id="nonsense")
    assert story.world.read("incident_opened") == []
