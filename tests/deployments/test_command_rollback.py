"""Rollbacks from the command line and as flows: nothing to take back ends well each time, and what may pass is tried again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
from tests.transitions.several import begun, states
from tests.transitions.story import Story

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


@pytest.fixture
def promoted(home: Path, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A gate whose production lineup the server does not write at the first try; meanwhile another gate begins."""
    story = Story(engine())
    begun(story, "a", "PROMOTED")
    story.blocks.refuse.add("production")

    def world() -> World:
        if states(story, "a") == ["ROLLED_BACK"] and story.blocks.refuse:
            story.blocks.refuse.clear()
            with ThreadPoolExecutor() as another:
                another.submit(begun, story, "b", "MONITORING", role="buyer_psychology").result()
        return story.world

    monkeypatch.setattr(module, "real_world", world)
    monkeypatch.setattr(module, "PAUSE", 0.0)
    return story


def test_the_latest_change_is_that_of_the_first_try(promoted: Story) -> None:
    flow: Any = rollback
    state = one_loop.run(flow("grace", return_state=True))
    assert str(state.message).startswith("Gate a (")
    assert (states(promoted, "a", "b"), promoted.serves()) == (["ROLLED_BACK", "MONITORING"], "old")


def test_an_incident_that_the_first_try_opened_is_told_as_opened(promoted: Story) -> None:
    flow: Any = emergency_rollback
    state = one_loop.run(flow("grace", "nonsense", gate_id="a", return_state=True))
    assert str(state.message).startswith("An incident is opened. Gate a (")


def test_a_gate_that_is_not_there_is_refused_once(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    state = one_loop.run(rollback("grace", "nonsense", return_state=True))  # type: ignore[arg-type]
    assert state.type == StateType.FAILED
    assert caplog.text.count("There is no such gate.\nNext: ") == 1
