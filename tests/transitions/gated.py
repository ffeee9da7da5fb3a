"""A gate of the generator's first phase on a real Prefect server and a real database, with the clock moved by the test."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import pyotp
import pytest
from prefect.client.schemas.responses import SetStateStatus
from pydantic import SecretStr

from blocks.approvers import Approver
from blocks.lineups import GeneratorLineup
from flows.transitions.gate import gate as gate_flow
from flows.transitions.plans import phases
from flows.transitions.plans.phase import Phase
from flows.transitions.reading import read_gate
from flows.transitions.story import Gate
from flows.transitions.suites import SUITES
from flows.transitions.watch import look
from flows.transitions.world import World, real_world
from tasks.judging.observations import Call
from tests import one_loop
from tests.conftest import SaveModel
from tests.doubles.model_server import ModelServer
from tests.transitions.drive import Drive
from tests.transitions.records import store_calls
from tests.transitions.shortened import LINEUPS, POLICY, ROLES, SECRET, OneStage, Shifted, own_policy


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
    return opened(save_model, monkeypatch)


def opened(save_model: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, secret: str = SECRET) -> Scene:
    """A gate on the Prefect server of the settings; `save_model` saves a model block, `secret` is that of its approver."""
    clock = Shifted()
    for name in ("old", "new"):
        save_model(name, input_price=0, output_price=0)
    for name in LINEUPS.values():
        one_loop.run(GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, "old")).asave(name, overwrite=True))
    one_loop.run(Approver(totp=SecretStr(secret)).asave("grace", overwrite=True))
    world = real_world()
    for kind in ("baseline", "drilled"):
        world.record(kind, "tester", {"pipeline": "generator", "lineup": LINEUPS["production"], "passed": True})
    monkeypatch.setattr("flows.transitions.world.utc_now", clock)
    monkeypatch.setitem(SUITES, "generator", OneStage())
    monkeypatch.setitem(cast(dict[str, Phase], phases()), "generator-1", own_policy())
    return Scene(Drive(gate_flow, phase="generator-1", by="ada", target="new", policy=POLICY, **LINEUPS), clock)


@pytest.fixture
def monitoring(scene: Scene) -> Scene:
    """Tested, and suspended for its window."""
    assert scene.drive.leg() == "Suspended"
    assert scene.gate.state == "MONITORING"
    return scene
