"""`phasegate rollback` where there is nothing to take back: what scripts call twice in a row ends well each time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import StateType
from typer.testing import CliRunner

from deployments.application import app
from flows.transitions import rollback as module
from flows.transitions.incidents import NOTHING, NOTHING_UNDER_WAY
from flows.transitions.rollback import emergency_rollback, rollback
from flows.transitions.world import World
from tasks.records.database import engine
from tests import one_loop
from tests.transitions.memory import MemoryBlocks

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("own_environment", "prefect_api")]


def test_nothing_to_take_back_is_said_and_no_error(home: Path) -> None:
    result = CliRunner().invoke(app, ["rollback"])
    assert (result.exit_code, result.output) == (0, "No gate has changed anything: nothing had to be taken back.\n")


@pytest.mark.parametrize(("flow", "given", "said"), [
    (rollback, {}, NOTHING), (emergency_rollback, {"reason": "a drill"}, f"An incident is opened. {NOTHING_UNDER_WAY}"),
])  # fmt: skip
def test_the_flows_try_again_by_themselves_and_their_state_says_what_came_of_it(
    flow: Any, given: dict[str, str], said: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: Iterator[Exception | World] = iter([OSError("disk full"), World(MemoryBlocks(), engine())])
    monkeypatch.setattr(module, "real_world", lambda: came(next(tries)))
    monkeypatch.setattr(module, "PAUSE", 0.0)
    state = one_loop.run(flow("grace", return_state=True, **given))
    assert (state.type, state.message) == (StateType.COMPLETED, said)


def came(there: Exception | World) -> World:
    if isinstance(there, Exception):
        raise there
    return there


def test_a_gate_that_is_not_there_is_refused_once(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    state = one_loop.run(rollback("grace", "nonsense", return_state=True))  # type: ignore[arg-type]
    assert state.type == StateType.FAILED
    assert caplog.text.count("There is no such gate.\nNext: ") == 1
