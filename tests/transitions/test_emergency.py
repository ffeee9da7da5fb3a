"""Emergencies where several gates have changed something, and incidents that were opened for less."""

import asyncio
from typing import Any

import pytest

from blocks.errors import ConfigurationError, GateError, InputError, PhasegateError, ServiceError
from flows.transitions import rollback
from flows.transitions.drift import handle, scan
from flows.transitions.incidents import close, emergency, require_back
from flows.transitions.known import frozen
from flows.transitions.reading import read_gate
from flows.transitions.rollback import PAUSE, persistently
from flows.transitions.world import Content, World
from tasks.records.ledger import AlreadyMovedError, last_sequence
from tasks.records.ledger_serving import taken_back
from tests.transitions.memory import MemoryBlocks
from tests.transitions.scenes import ROLE
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
        with pytest.raises(ServiceError, match=r"1 of 2 gates .* do not follow yet: .* may still ask the candidate"):
            declare(story)
        with pytest.raises(ServiceError, match="do not follow yet"):
            require_back(read_gate(story.world, "a"))
        story.blocks.refuse.clear()
        declare(story)
        require_back(read_gate(story.world, "a"))
        assert (states(story, "a", "b"), story.serves()) == (["ROLLED_BACK", "ROLLED_BACK"], "old")

    def test_because_the_way_back_is_dead(self, story: Story) -> None:
        begun(story, "a", "STABLE")
        story.blocks.dead.add("old")
        with pytest.raises(ServiceError, match="what serves again does not answer"):
            declare(story)
        with pytest.raises(ServiceError, match="what serves again does not answer"):
            require_back(read_gate(story.world, "a"))
        assert (states(story, "a"), story.serves()) == (["ROLLED_BACK"], "old")


def test_while_the_server_writes_no_block_runs_under_way_get_every_former_model_back(story: Story) -> None:
    begun(story, "a", "PROMOTED")
    begun(story, "b", "MONITORING", role=OTHER)
    since = last_sequence(story.database)
    story.blocks.refuse.update(("production", "preview"))
    with pytest.raises(ServiceError, match=r"2 of 2 gates .* did not do its part \(HTTPStatusError 500\)"):
        declare(story)
    assert states(story, "a", "b") == ["ROLLED_BACK", "ROLLED_BACK"]
    assert (story.serves(), taken_back(story.database, "generator", "production", ROLE, since)) == ("new", "old")


class Contested(MemoryBlocks):
    """Somebody else is always faster."""

    async def lineup(self, pipeline: str, name: str) -> Content | None:
        raise AlreadyMovedError("The gate has moved on.")


def test_a_gate_that_others_move_all_the_time_may_go_back_at_another_try(story: Story) -> None:
    begun(story, "a", "PROMOTED")
    world = World(Contested(), story.database, story.clock)
    taken = asyncio.run(emergency(world, "Grace", "Customers see nonsense."))
    assert (taken.may_pass, taken.failed) == (True, ("a: Gate a is being moved by others.",))


def test_gates_that_went_back_are_named_beside_one_whose_way_back_is_dead(story: Story) -> None:
    begun(story, "a", "PROMOTED")
    begun(story, "b", "MONITORING", role=OTHER)
    story.blocks.dead.add("old")
    taken = asyncio.run(emergency(story.world, "Grace", "Customers see nonsense."))
    assert [gate.id for gate in taken.gates] == ["b", "a"]
    with pytest.raises(ServiceError, match="does not answer"):
        taken.require_all()


class Work:
    """Fails so often with this error, then comes to its end; what was told and waited meanwhile."""

    def __init__(self, error: Exception, failures: int) -> None:
        self.error, self.failures = error, failures
        self.told: list[str] = []
        self.waits: list[float] = []

    async def __call__(self) -> str:
        self.failures -= 1
        if self.failures >= 0:
            raise self.error
        return "done"

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def run(self) -> str:
        return asyncio.run(persistently(self, self.told.append, self.sleep))


def test_what_may_pass_is_tried_again_and_each_failure_told() -> None:
    work = Work(ServiceError("The server is down."), 3)
    assert (work.run(), work.waits) == ("done", [PAUSE] * 3)
    assert all("The server is down." in told for told in work.told)


def test_what_does_not_pass_is_tried_four_times() -> None:
    work = Work(OSError("no disk"), 99)
    with pytest.raises(OSError, match="no disk"):
        work.run()
    assert (99 - work.failures, len(work.told)) == (4, 3)
    assert sum(work.waits) <= 15


def test_a_try_that_hangs_is_given_up_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollback, "LONGEST", 0.01)
    told: list[str] = []
    work = Work(OSError(), 0)

    async def hangs_once() -> str:
        return "done" if told else await asyncio.Future()

    assert asyncio.run(persistently(hangs_once, told.append, work.sleep)) == "done"
    assert ("TimeoutError" in told[0], len(told)) == (True, 1)


@pytest.mark.parametrize("error", [GateError("no such gate"), InputError("no name"), ConfigurationError("no block")])
def test_what_stays_refused_is_tried_and_told_once(error: PhasegateError) -> None:
    work = Work(error, 99)
    with pytest.raises(type(error)):
        work.run()
    assert (99 - work.failures, work.told) == (1, [])


def test_a_gate_that_does_not_exist_opens_no_incident(story: Story) -> None:
    with pytest.raises(GateError, match="no such gate"):
        declare(story, gate_id="nonsense")
    assert story.world.read("incident_opened") == []
