"""Gates with nothing left out: a Prefect server, a worker, real processes, one gate after the other in the same house."""

import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyotp
import pytest
from prefect.client.schemas.responses import SetStateStatus

from deployments.applying import bootstrap
from flows.transitions.facts import window_of
from flows.transitions.reading import read_gate
from flows.transitions.story import Gate, State
from flows.transitions.watch import REPLAY, watch
from flows.transitions.world import real_world
from tasks.judging.observations import Arm, Call
from tasks.records.ledger import verify
from tasks.records.ledger_evidence import replayed
from tests.doubles.model_server import ModelServer
from tests.house import SECRET, House, closing, furnish, until
from tests.transitions.records import MODELS, store_calls
from tests.transitions.shortened import POLICY, ROLES

pytestmark = [pytest.mark.server, pytest.mark.proof, pytest.mark.timeout(900)]
SHORT = {**POLICY, "window": "PT5S"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, model_server: ModelServer) -> Iterator[House]:
    """One house for all gates of this module."""
    place, quiet = tmp_path_factory.mktemp("house"), {"PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false"}
    with pytest.MonkeyPatch.context() as patch, closing(House(patch, place, **quiet)) as opened:
        opened.open()
        opened.do(lambda: furnish(model_server, "old", "new"))
        opened.do(bootstrap)
        for kind in ("baseline", "drilled"):
            real_world().record(kind, "tester", {"pipeline": "generator", "lineup": "production", "passed": True})
        # So that the plan knows how long a run takes.
        _store("incumbent", real_world().clock(), environment="production")
        yield opened


@pytest.fixture
def house(opened: House, home: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house's own records, and not the fresh ones that every test has."""
    monkeypatch.setenv("PHASEGATE_HOME", str(opened.place))
    return opened


def _store(arm: Arm, at: datetime, count: int = 4, failed: bool = False, **given: Any) -> None:
    """Calls of one arm for each changed stage."""
    made = [
        Call(role=role, arm=arm, at=at, run_id=f"{arm}-{role}-{at.timestamp()}-{n}", failed=failed,
             score=None if failed else 99, seconds=0.01)
        for role in ROLES for n in range(count)
    ]  # fmt: skip
    store_calls(real_world().database, made, first=int(at.timestamp() * 1000), model_block=MODELS[arm], **given)


def started(run: UUID) -> bool:
    return bool(real_world().read(gate_id=str(run)))


def gate_of(run: UUID) -> Gate:
    return read_gate(real_world(), str(run))


def monitored(house: House, **changed: Any) -> UUID:
    """A gate that is suspended for its window."""
    gate = house.run("gate/gate", phase="generator-1", by="ada", target="new", policy={**SHORT, **changed})
    until(lambda: gate_of(gate).state != "PLANNED" if started(gate) else None)
    assert gate_of(gate).state in ("TESTING", "MONITORING"), gate_of(gate).reason
    house.until(gate, "Suspended", key="wait-")
    assert gate_of(gate).state == "MONITORING", gate_of(gate).reason
    assert serves(house, "preview") == "new"
    return gate


def served_well(gate: UUID) -> None:
    """Good calls in the window, and its end."""
    window = window_of(gate_of(gate))
    _store("candidate", window.start + timedelta(milliseconds=1))
    time.sleep(max(0.0, window.end.timestamp() + 0.1 - time.time()))


def proven(house: House, **changed: Any) -> UUID:
    """A gate that waits for people."""
    gate = monitored(house, **changed)
    served_well(gate)
    house.do(watch)
    assert gate_of(gate).state == "AWAITING_APPROVAL", gate_of(gate).reason
    return gate


def decided(house: House, gate: UUID, decision: str, by: str = "grace") -> SetStateStatus:
    code = pyotp.TOTP(SECRET).now()
    return house.resume(gate, decision=decision, approver=by, code=code, reason="read it", confirmed="all")


def serves(house: House, lineup: str) -> str:
    content = house.do(lambda: real_world().blocks.lineup("generator", lineup))
    return str((content or {})["market_analysis"])


def ended(house: House, gate: UUID, state: State) -> None:
    """The run is over, the gate is settled in this state, and both lineups name who it says."""
    house.until(gate, "Completed")
    found, model = gate_of(gate), "new" if state == "PROMOTED" else "old"
    assert (found.state, found.settled) == (state, True), found.reason
    assert (serves(house, "production"), serves(house, "preview")) == (model, model)
    assert verify(real_world().database).sound


def test_rejected(house: House) -> None:
    gate = proven(house)
    house.until(gate, "Suspended", key="approval-")
    assert decided(house, gate, "reject") == SetStateStatus.ACCEPT
    ended(house, gate, "ROLLED_BACK")


def test_nobody_decided_in_time(house: House) -> None:
    gate = proven(house, approval_within="PT1S")
    time.sleep(1)
    house.do(watch)
    ended(house, gate, "ROLLED_BACK")
    assert gate_of(gate).reason.startswith("Nobody decided")


def test_harm_while_further_inputs_are_replayed(house: House) -> None:
    gate = monitored(house, window="PT1H")
    start = window_of(gate_of(gate)).start
    house.run("watch/watch")
    house.until(house.newest(REPLAY), "Completed")
    assert replayed(real_world().database, "generator", "preview", start) == 1
    _store("candidate", real_world().clock(), count=60, failed=True)
    house.run("watch/watch")
    ended(house, gate, "ROLLED_BACK")


def test_through_restarts_to_production_and_back(house: House) -> None:
    gate = monitored(house)
    house.close()
    house.open()
    served_well(gate)
    house.run("watch/watch")
    house.until(gate, "Suspended", key="approval-")
    first = house.state(gate).state_details.pause_key
    assert decided(house, gate, "approve") == SetStateStatus.ACCEPT
    house.until(gate, "Suspended", key="approval-", other_than=first)
    assert gate_of(gate).state == "AWAITING_APPROVAL"
    assert decided(house, gate, "approve", by="alan") == SetStateStatus.ACCEPT
    ended(house, gate, "PROMOTED")
    house.run("rollback/rollback", by="grace", reason="only a test")
    until(lambda: gate_of(gate).state == "ROLLED_BACK" and gate_of(gate).settled)
    assert serves(house, "production") == "old"
    assert os.environ["PREFECT_API_URL"] == house.url
