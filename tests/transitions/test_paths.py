"""Every path a gate can take, walked at random; and every place it can be killed at, tried one by one."""

import asyncio
import contextlib
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

import tasks.records.ledger as ledger
from blocks.errors import GateError
from flows.transitions.drift import COMPARING, handle, scan
from flows.transitions.known import beside
from flows.transitions.machine import MOVES
from flows.transitions.moving import advance, extend, roll_back
from flows.transitions.story import State
from tasks.records.database import connect
from tasks.records.migrating import migrate
from tests.transitions.memory import MemoryBlocks
from tests.transitions.scenes import ROLE
from tests.transitions.story import GATE, Story

ENDS = ("PROMOTED", "STABLE", "ROLLED_BACK", "HELD")


class Killed(BaseException):
    """kill -9, as far as a process can do it to itself: nothing after it runs but what another process does."""


def fresh(place: Path) -> Engine:
    database = connect(f"sqlite:///{place / 'paths.db'}")
    migrate(database)
    return database


STARTS: dict[str, Callable[[Story], Story]] = {
    "PLANNED": lambda story: story.prepared().planned(),
    "CANARY": lambda story: story.monitoring(),
    "AWAITING_APPROVAL": lambda story: story.awaiting(),
    "HELD": lambda story: story.monitoring().monitored(calls=2),
    "APPROVED": lambda story: story.awaiting(),
    "OVERRIDDEN": lambda story: story.monitoring().monitored(calls=2),
}
"""Walks begin in the middle too: by chance alone hardly one would come as far as people's decisions."""
EDITS: list[dict[str, Any]] = [{"report_words": -1}, {"report_words": 900}, {"value_stack": "old2"}, {ROLE: "old2"}]


class Paths(RuleBasedStateMachine):
    """People, models, blocks and time do what they like; the gate is moved in between."""

    reached: ClassVar[set[tuple[str, bool, bool]]] = set()
    """State, protected, overridden: what was come by on all walks."""

    @initialize(start=st.sampled_from(list(STARTS)), protected=st.booleans())
    def begin(self, start: str, protected: bool) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.story = Story(fresh(Path(self.place.name)), opened={"protected": protected, "canary": start == "CANARY"})
        self.accepted: set[str] = set()
        STARTS[start](self.story)
        if start in ("APPROVED", "OVERRIDDEN"):
            self.approve(("Alan", "Grace"))

    def teardown(self) -> None:
        if hasattr(self, "story"):
            self._ends()
            self.story.database.dispose()
            self.place.cleanup()

    def _ends(self) -> None:
        """Left alone long enough, every gate comes to an end."""
        self.story.blocks.refuse.clear()
        self.story.blocks.dead.clear()
        self.disturb("incident_closed")
        for _ in range(3):
            self.story.waited(hours=80).moved()
        assert self.story.gate.state in ENDS
        assert self.story.gate.settled

    @rule()
    def move(self) -> None:
        gate, lineups = self.story.gate, self.story.blocks.lineups
        apart = beside([ROLE], lineups["generator", "production"], lineups["generator", "preview"])
        compared = gate.settled and gate.state in COMPARING
        self.story.moved()
        assert not (compared and apart) or self.story.gate.state == "ROLLED_BACK"

    @rule()
    def monitor(self) -> None:
        if self.story.gate.state == "TESTING" and self.story.gate.tested is None:
            self.story.tested()
        self.story.moved()
        if self.story.gate.state == "MONITORING":
            self.story.monitored(calls=8)

    @rule(hours=st.sampled_from([1, 25, 73]))
    def wait(self, hours: int) -> None:
        self.story.waited(hours=hours)

    @rule(failed=st.booleans(), where=st.sampled_from(["preview", "production"]))
    def call(self, failed: bool, where: str) -> None:
        purpose = "user" if where == "production" else "trial"
        self.story.called(8, failed=8 if failed else 0, environment=where, purpose=purpose)

    @precondition(lambda self: self.story.gate.state in ("AWAITING_APPROVAL", "HELD"))
    @rule(name=st.sampled_from(["Grace", "Alan", "Ada", "Mallory"]), right=st.sampled_from([True, True, False]),
          reject=st.sampled_from([False, False, True]), reason=st.sampled_from(["read it", ""]))  # fmt: skip
    def answer(self, name: str, right: bool, reject: bool, reason: str) -> None:
        self.story.waited(minutes=4)
        typed = {} if right else {"code": "000000"}
        refused = self.story.answers(name, "reject" if reject else "approve", reason=reason, **typed)
        assert refused or (right and name not in ("Mallory",) and (reject or name != "Ada"))
        if not refused and not reject:
            self.accepted.add(name)
        self.story.moved()

    @precondition(lambda self: self.story.gate.state in ("AWAITING_APPROVAL", "HELD"))
    @rule(names=st.sampled_from([("Alan", "Grace"), ("Grace",)]))
    def approve(self, names: tuple[str, ...]) -> None:
        for name in names:
            if self.story.gate.state in ("AWAITING_APPROVAL", "HELD"):
                self.answer(name, right=True, reject=False, reason="read it")

    @rule(dead=st.sampled_from(["new", "new", "old"]))
    def kill_model(self, dead: str) -> None:
        self.story.blocks.dead ^= {dead}

    @rule(lineup=st.sampled_from(["production", "preview"]))
    def refuse_writes(self, lineup: str) -> None:
        self.story.blocks.refuse ^= {lineup}

    @rule()
    def take_back(self) -> None:
        self.story.rolled_back()

    @rule(lineup=st.sampled_from(["production", "preview"]), fields=st.sampled_from(EDITS), looked_at=st.booleans())
    def edit(self, lineup: str, fields: dict[str, Any], looked_at: bool) -> None:
        self.story.blocks.lineups["generator", lineup].update(fields)
        if looked_at:
            self.move()

    @rule(what=st.sampled_from(["another model", "adopted", "extended", "incident_opened", "incident_closed"]))
    def disturb(self, what: str) -> None:
        with contextlib.suppress(GateError):
            match what:
                case "another model":
                    self.story.blocks.facts["new"]["model"] = "another-8b"
                case "adopted":
                    for finding in asyncio.run(scan(self.story.world)):
                        asyncio.run(handle(self.story.world, finding, "adopt", "Grace", "agreed"))
                case "extended":
                    asyncio.run(extend(self.story.world, GATE, "Ada", 12))
                case incident:
                    self.story.world.record(incident, "Grace", {"reason": "something is wrong"})

    @invariant()
    def nothing_goes_forward_while_an_incident_is_open(self) -> None:
        incident = False
        for entry in self.story.world.read() if hasattr(self, "story") else ():
            incident = entry.kind == "incident_opened" or (incident and entry.kind != "incident_closed")
            assert not (incident and entry.kind == "moved") or entry.body["to"] == "ROLLED_BACK"

    @invariant()
    def promoted_only_by_people(self) -> None:
        if not hasattr(self, "story"):
            return
        gate = self.story.gate
        self.reached.add((gate.state, gate.opening.protected, gate.overridden))
        moves = [entry.body["to"] for entry in self.story.world.read("moved")]
        assert all(after in MOVES[before] for before, after in zip(["PLANNED", *moves], moves, strict=False))
        if "PROMOTED" in moves:
            needed = 2 if gate.opening.protected or gate.overridden else 1
            assert len(self.accepted - {"Ada"}) >= needed

    @invariant()
    def production_names_the_candidate_only_when_promoted(self) -> None:
        if hasattr(self, "story") and self.story.serves() == "new":
            moves = [entry.body["to"] for entry in self.story.world.read("moved")]
            assert "PROMOTED" in moves


@pytest.mark.long
def test_no_path_leads_to_production_without_people_and_every_path_ends() -> None:
    walks = settings(
        max_examples=50, stateful_step_count=10, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Paths, settings=walks)  # type: ignore[no-untyped-call]
    assert {state for state, _, _ in Paths.reached} >= set(MOVES) - {"STABLE"}
    assert {("PROMOTED", False, False), ("PROMOTED", True, False), ("PROMOTED", False, True)} <= Paths.reached


def to_promotion(story: Story) -> None:
    story.moved()


def to_rollback(story: Story) -> None:
    asyncio.run(roll_back(story.world, GATE, "Grace", "by hand"))


@pytest.fixture
def killing(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Kills the process at its n-th write, of ledger or blocks, before or after it is made."""
    left = {"writes": 10**6}

    def survive() -> None:
        left["writes"] -= 1
        if left["writes"] <= 0:
            raise Killed

    append, write = ledger.append, MemoryBlocks.write_lineup

    def appending(*given: Any) -> Any:
        survive()
        made = append(*given)
        survive()
        return made

    async def writing(self: MemoryBlocks, *given: Any) -> None:
        survive()
        await write(self, *given)
        survive()

    monkeypatch.setattr("flows.transitions.world.append", appending)
    monkeypatch.setattr(MemoryBlocks, "write_lineup", writing)
    return lambda writes: left.update(writes=writes)


def reached(story: Story) -> tuple[State, bool, str, str]:
    return (story.gate.state, story.gate.settled, story.serves(), story.serves("preview"))


@pytest.mark.parametrize("writes", range(1, 14))
@pytest.mark.parametrize(
    ("prepare", "act", "end"),
    [
        (lambda story: story.prepared().planned(), to_promotion, ("TESTING", True, "old", "new")),
        (lambda story: story.awaiting().answers(), to_promotion, ("PROMOTED", True, "new", "new")),
        (lambda story: story.awaiting().answered(), to_rollback, ("ROLLED_BACK", True, "old", "old")),
    ],
)
def test_killed_at_any_write_and_run_again_it_comes_to_the_same_end(
    story: Story, killing: Callable[[int], None], prepare: Any, act: Callable[[Story], None], end: Any, writes: int
) -> None:
    prepare(story)
    killing(writes)
    try:
        act(story)
    except Killed:
        killing(10**6)
        asyncio.run(advance(story.world, GATE))
    killing(10**6)
    if story.gate.state not in ("TESTING", "PROMOTED", "ROLLED_BACK"):
        act(story)
    if act is to_rollback:  # killed before the first write: the person runs the command again
        act(story)
    assert reached(story) == end
    assert ledger.verify(story.database).sound
    moves = [entry.body["to"] for entry in story.world.read("moved")]
    assert len(moves) == len(set(moves))


def test_a_gate_nobody_touches_comes_to_an_end(story: Story) -> None:
    story.prepared().planned().moved()
    for _ in range(4):
        story.waited(hours=80).moved()
    assert story.gate.state in ENDS
    assert story.clock.now - story.gate.opened_at > timedelta(days=3)
