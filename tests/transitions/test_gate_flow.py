"""The gate on a real Prefect server: suspended while it waits, woken by the watch, decided on the form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from prefect.client.schemas.responses import SetStateStatus
from pydantic import SecretStr

from blocks.approvers import Approver
from blocks.lineups import GeneratorLineup
from flows.generator.opening import open_run
from flows.generator.stages import stage
from flows.transitions.drill import rehearse
from flows.transitions.gate import gate as gate_flow
from flows.transitions.incidents import emergency
from flows.transitions.moving import roll_back
from flows.transitions.reading import read_gate
from flows.transitions.story import Gate
from flows.transitions.suites import SUITES
from flows.transitions.watch import look
from flows.transitions.world import World, real_world
from tasks.judging.observations import Call
from tasks.records.runs import Purpose
from tests import one_loop
from tests.conftest import SaveModel
from tests.doubles.model_server import ModelServer
from tests.generator.examples import sample
from tests.transitions.drive import Drive
from tests.transitions.records import store_calls

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("prefect")]

ROLES = ("market_analysis", "buyer_psychology", "competitive_analysis")
SECRET = pyotp.random_base32()
POLICY: dict[str, Any] = {
    "demands": ["failures"], "watched": ["failures"], "failure_limit": 0.45, "alpha": 0.45, "failures_allowed": 0,
    "window": "PT2H", "buckets": 1, "buckets_needed": 1, "calls_per_bucket": 1,
}  # fmt: skip
"""Two clean calls a stage prove it."""
LINEUPS = {"production": "gated-production", "preview": "gated-preview"}


@dataclass
class Shifted:
    """The clock on the wall, moved on by a test instead of waiting."""

    by: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.by


@dataclass
class Scene:
    drive: Drive
    clock: Shifted
    calls: int = 0

    @property
    def world(self) -> World:
        real = real_world()
        return World(real.blocks, real.database, self.clock)

    @property
    def gate(self) -> Gate:
        return read_gate(self.world, str(self.drive.id))

    def called(self, count: int = 4, failed: bool = False, **given: Any) -> None:
        """Calls of each changed stage under the candidate, now."""
        made = [
            Call(role=role, arm="candidate", at=self.clock(), run_id=f"{role}-{self.calls}-{n}", failed=failed,
                 score=None if failed else 99, seconds=1, cost=0)
            for role in ROLES for n in range(count)
        ]  # fmt: skip
        store_calls(
            self.world.database,
            made,
            first=self.calls,
            model_block="new",
            **{"environment": LINEUPS["preview"], **given},
        )
        self.calls += len(made)

    def watched(self) -> list[str]:
        return one_loop.run(look_at(self.world))

    def monitored(self) -> str:
        """A window with good calls, and the watch at its end; the state of the run after the leg that follows."""
        self.called()
        self.clock.by += timedelta(hours=3)
        self.watched()
        return self.drive.leg()

    def serves(self, lineup: str = "production") -> str:
        content = one_loop.run(self.world.blocks.lineup("generator", LINEUPS[lineup]))
        return str((content or {})["market_analysis"])

    def decides(self, decision: str = "approve", **typed: Any) -> SetStateStatus:
        code = pyotp.TOTP(SECRET).at(self.clock())
        usual = {"decision": decision, "approver": "grace", "reason": "read it", "code": code, "confirmed": "all"}
        return self.drive.resume(**{**usual, **typed}).status


async def look_at(world: World) -> list[str]:
    from prefect import flow

    @flow(name="one-look")
    async def one_look() -> list[str]:
        return await look(world)

    return await one_look()


@pytest.fixture
def scene(save_model: SaveModel, models: ModelServer, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A gate for phase 1 that has been planned, with everything in order."""
    clock = Shifted()
    for name in ("old", "new"):
        save_model(name, input_price=0, output_price=0)
    for name in LINEUPS.values():
        one_loop.run(GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, "old")).asave(name, overwrite=True))
    one_loop.run(Approver(totp=SecretStr(SECRET)).asave("grace", overwrite=True))
    world = real_world()
    for kind in ("baseline", "drilled"):
        world.record(kind, "tester", {"pipeline": "generator", "passed": True})
    monkeypatch.setattr("flows.transitions.world.utc_now", clock)
    monkeypatch.setitem(SUITES, "generator", OneStage())
    return Scene(Drive(gate_flow, phase="generator-1", starter="ada", target="new", policy=POLICY, **LINEUPS), clock)


class OneStage:
    """A suite of one brief and one stage; all thirteen are asked where the suite itself is tested."""

    def items(self) -> Sequence[str]:
        return ["sample"]

    async def ask(self, item: str, lineup: str, run_id: str, pair: str, purpose: Purpose) -> None:
        async with open_run(run_id, sample(), lineup, purpose=purpose, pair=pair) as run:
            await run.stage(stage("market_analysis"))


@pytest.fixture
def monitoring(scene: Scene) -> Scene:
    """Tested, and suspended for its window."""
    assert scene.drive.leg() == "Suspended"
    assert scene.gate.state == "MONITORING"
    return scene


def test_from_the_form_to_production(monitoring: Scene) -> None:
    assert monitoring.serves("preview") == "new"
    assert monitoring.monitored() == "Suspended"
    assert (monitoring.gate.state, monitoring.serves()) == ("AWAITING_APPROVAL", "old")
    assert monitoring.decides() == SetStateStatus.ACCEPT
    assert monitoring.drive.leg() == "Completed"
    assert (monitoring.gate.state, monitoring.serves()) == ("PROMOTED", "new")


def test_a_wrong_code_is_asked_again(monitoring: Scene) -> None:
    monitoring.monitored()
    first = monitoring.drive.key
    monitoring.decides(code="000000")
    assert monitoring.drive.leg() == "Suspended"
    assert monitoring.drive.key != first
    assert (monitoring.gate.state, monitoring.serves()) == ("AWAITING_APPROVAL", "old")
    monitoring.decides()
    assert monitoring.drive.leg() == "Completed"


def test_the_server_takes_no_other_decision_than_the_two(monitoring: Scene) -> None:
    monitoring.monitored()
    assert monitoring.decides("maybe") == SetStateStatus.REJECT


def test_a_rejection(monitoring: Scene) -> None:
    monitoring.monitored()
    monitoring.decides("reject", reason="too wordy")
    assert monitoring.drive.leg() == "Completed"
    assert (monitoring.gate.state, monitoring.serves("preview")) == ("ROLLED_BACK", "old")


def test_nobody_answers(monitoring: Scene) -> None:
    monitoring.monitored()
    monitoring.clock.by += timedelta(hours=73)
    monitoring.watched()
    assert (monitoring.gate.state, monitoring.serves("preview")) == ("ROLLED_BACK", "old")
    assert monitoring.drive.leg() == "Completed"


def test_harm_while_monitoring(monitoring: Scene) -> None:
    monitoring.called(60, failed=True)
    monitoring.clock.by += timedelta(minutes=1)
    monitoring.watched()
    assert (monitoring.gate.state, monitoring.serves("preview")) == ("ROLLED_BACK", "old")
    assert monitoring.drive.leg() == "Completed"


def test_a_resume_by_hand_before_the_time_changes_nothing(monitoring: Scene) -> None:
    before = monitoring.drive.key
    monitoring.drive.resume(note="impatient")
    assert monitoring.drive.leg() == "Suspended"
    assert monitoring.gate.state == "MONITORING"
    assert monitoring.drive.key != before


def test_the_watch_leaves_a_gate_alone_that_waits_rightly(monitoring: Scene) -> None:
    before = monitoring.drive.key
    monitoring.watched()
    monitoring.monitored()
    asked = monitoring.drive.key
    monitoring.watched()
    assert (monitoring.drive.key, before != asked) == (asked, True)


@pytest.mark.parametrize("twice", [1, 2])
def test_a_rollback_by_hand_after_promotion(monitoring: Scene, twice: int) -> None:
    monitoring.monitored()
    monitoring.decides()
    monitoring.drive.leg()
    for _ in range(twice):
        one_loop.run(roll_back(monitoring.world, monitoring.gate.id, "grace", "slow"))
    assert (monitoring.gate.settled, monitoring.serves()) == (True, "old")


def test_an_emergency_freezes_and_takes_back(monitoring: Scene) -> None:
    one_loop.run(emergency(monitoring.world, "grace", "Customers see nonsense."))
    assert (monitoring.gate.state, monitoring.serves("preview")) == ("ROLLED_BACK", "old")


def test_a_drill_restores_and_proves_the_way_back_within_ten_seconds(scene: Scene) -> None:
    drilled = one_loop.run(rehearse(scene.world, "generator", LINEUPS["production"]))
    assert [one.candidate for one in drilled if not one.passed] == []
    assert scene.serves() == "old"
