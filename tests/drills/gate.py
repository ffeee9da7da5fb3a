"""A gate that is killed from its start to its end: its own run, the watch, and the commands of those who decide."""

from collections import Counter
from datetime import timedelta
from typing import Literal

import pyotp

from deployments.applying import bootstrap
from flows.transitions.gate import gate as gate_flow
from flows.transitions.prefect_blocks import PrefectBlocks
from flows.transitions.reading import read_gate
from flows.transitions.world import World
from tasks.judging.observations import Call
from tasks.records.database import engine
from tests.drills import lives
from tests.drills.findings import Findings
from tests.drills.rig import Rig, set_back
from tests.drills.workers import carried_out
from tests.house import SECRET
from tests.transitions.records import store_calls
from tests.transitions.shortened import LINEUPS, POLICY, ROLES

Story = Literal["approved", "rejected", "harm"]


class Killed:
    """One gate on the rig. Every act is lived until it is done, and killed on the way.

    `with_a_worker` its test is carried out by one.
    """

    def __init__(self, rig: Rig, *, with_a_worker: bool = False) -> None:
        self.rig, self.with_a_worker = rig, with_a_worker
        rig.house.do(set_back)
        if with_a_worker:
            rig.house.do(bootstrap)
        for kind in ("baseline", "drilled"):
            self.world.record(
                kind, "tester", {"pipeline": "generator", "lineup": LINEUPS["production"], "passed": True}
            )
        given = {"phase": "generator-1", "by": "ada", "target": "new", "policy": POLICY, **LINEUPS}
        self.id = rig.planned(gate_flow, worker_finds="tests.drills.short_gate" if with_a_worker else "", **given)

    @property
    def world(self) -> World:
        return World(PrefectBlocks(), engine(), lambda: self.rig.now)

    @property
    def state(self) -> str:
        """Of the gate; empty before it is planned, with a star until what it decided is done."""
        if not self.world.read(gate_id=str(self.id)):
            return ""
        gate = read_gate(self.world, str(self.id))
        return gate.state if gate.settled else f"{gate.state}*"

    def waits(self, key: str) -> bool:
        state = self.rig.house.state(self.id)
        return state.name == "Suspended" and (state.state_details.pause_key or "").startswith(key)

    def over(self) -> bool:
        return bool(self.rig.house.state(self.id).is_completed())

    def serves(self) -> list[str]:
        return [self._serves(name) for name in LINEUPS.values()]

    def _serves(self, lineup: str) -> str:
        world = self.world
        content = self.rig.house.do(lambda: world.blocks.lineup("generator", lineup)) or {}
        return str(content["market_analysis"])

    def called(self, *, failed: bool) -> None:
        """Calls of each changed stage under the candidate, now."""
        made = [
            Call(role=role, arm="candidate", at=self.rig.now, run_id=f"{role}-{n}", failed=failed,
                 score=None if failed else 99, seconds=1, cost=0)
            for role in ROLES for n in range(60 if failed else 4)
        ]  # fmt: skip
        store_calls(engine(), made, model_block="new", environment=LINEUPS["preview"])
        self.rig.shift += timedelta(minutes=1) if failed else timedelta(hours=3)

    def tested(self, kills: int) -> None:
        def done() -> bool:
            return self.waits("wait-")

        if self.with_a_worker:
            self.rig.models.delay = lambda request: 3.0
            carried_out(self.rig, self.id, done, kills)
        else:
            self.rig.push("flow run", lives.carry_out, lambda: ("gate", self.id), done, kills)

    def watched(self, kills: int) -> None:
        self.rig.push("watch", lives.command, lambda: ("watch",), lambda: not self.waits("wait-"), kills)

    def asked(self, kills: int) -> None:
        self.rig.push("flow run", lives.carry_out, lambda: ("gate", self.id), lambda: self.waits("approval-"), kills)

    def decided(self, decision: str, kills: int) -> None:
        end = {"approve": "PROMOTED", "reject": "ROLLED_BACK"}[decision]

        def words() -> tuple[str, ...]:
            self.rig.shift += timedelta(seconds=30)  # a code serves once
            code = pyotp.TOTP(SECRET).at(self.rig.now)
            more = ("--confirmed", "all") if decision == "approve" else ()
            return (decision, str(self.id), "grace", "--code", code, "--reason", "read it", *more)

        self.rig.push("command line", lives.command, words, lambda: self.state == end, kills)

    def ended(self, kills: int) -> None:
        """The gate's run hears of it from the watch, and comes to its end."""
        suspended = self.waits
        self.rig.push("watch", lives.command, lambda: ("watch",), lambda: self.over() or not suspended(""), kills)
        self.rig.push("flow run", lives.carry_out, lambda: ("gate", self.id), self.over, kills)

    def taken_back(self, kills: int) -> None:
        words = ("rollback", str(self.id), "--reason", "only a drill")
        self.rig.push("command line", lives.command, lambda: words, lambda: self.state == "ROLLED_BACK", kills)

    def found(self, story: Story) -> Findings:
        """Every state once, promoted only when approved, everything as before in the end, the ledger sound."""
        moves = [entry.body["to"] for entry in self.world.read("moved", gate_id=str(self.id))]
        doubled = [f"{state}: {times} times" for state, times in Counter(moves).items() if times > 1]
        wrong = [] if self.serves() == ["old", "old"] else [f"the lineups hold {self.serves()}"]
        answers = [entry.body for entry in self.world.read("answered", gate_id=str(self.id))]
        if ("PROMOTED" in moves) != (story == "approved"):
            wrong.append(f"{story}, and the moves were {moves}")
        lost = [] if moves[-1:] == ["ROLLED_BACK"] and self.over() else [f"it ended as {self.state} after {moves}"]
        if len(answers) != (story != "harm"):
            (doubled if answers else lost).append(f"{len(answers)} answers are recorded")
        return Findings(lost=lost, doubled=doubled, wrong=wrong, ledger=self.rig.verified())


def from_start_to_end(rig: Rig, kills: int) -> Findings:
    return _through(Killed(rig), kills)


def with_a_worker(rig: Rig, kills: int) -> Findings:
    return _through(Killed(rig, with_a_worker=True), kills)


def _through(gate: Killed, kills: int) -> Findings:
    """Approved and taken back, rejected, or harmed: the round's chance says which."""
    rig = gate.rig
    story: Story = rig.chance.choice(["approved", "approved", "rejected", "harm"])

    def each() -> int:
        return rig.chance.randint(1, kills)

    gate.tested(each())
    gate.called(failed=story == "harm")
    gate.watched(each())
    if story != "harm":
        gate.asked(each())
        gate.decided("approve" if story == "approved" else "reject", each())
    gate.ended(each())
    if story == "approved":
        gate.taken_back(each())
    return gate.found(story)
