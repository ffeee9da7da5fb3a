"""A database that is restarted, or gone for a while, under a gate: nothing moves without it, everything goes on with it."""

from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text

from blocks.errors import StorageError
from tasks.records.database import close_databases, engine, full_address
from tests.transitions.story import Story

pytestmark = [pytest.mark.postgres]

STATES: dict[str, Callable[[Story], Story]] = {
    "PLANNED": lambda story: story.prepared().planned(),
    "TESTING": lambda story: story.prepared().planned().moved(),
    "MONITORING": lambda story: story.monitoring(),
    "AWAITING_APPROVAL": lambda story: story.awaiting(),
    "PROMOTED": lambda story: story.awaiting().answered(),
}


@pytest.fixture
def story(postgres: str, monkeypatch: pytest.MonkeyPatch) -> Story:
    monkeypatch.setenv("PHASEGATE_DATABASE_URL", postgres)
    return Story(engine())


def cut(postgres: str, allow: bool = True) -> None:
    """What a restart does to everybody: all connections end; without `allow` no new ones are taken."""
    server = create_engine(full_address(postgres).rpartition("/")[0] + "/postgres", isolation_level="AUTOCOMMIT")
    name = postgres.rpartition("/")[2]
    with server.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allow}"))
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name})  # fmt: skip
    server.dispose()


@pytest.mark.parametrize("state", list(STATES))
def test_a_gate_goes_on_after_the_database_was_restarted(story: Story, postgres: str, state: str) -> None:
    STATES[state](story)
    assert story.gate.state == state
    cut(postgres)
    assert story.rolled_back("it was restarted").gate.state == "ROLLED_BACK"
    assert (story.gate.settled, story.serves()) == (True, "old")


def test_nothing_is_promoted_while_the_database_is_away(story: Story, postgres: str) -> None:
    story.awaiting().answers()
    cut(postgres, allow=False)
    with pytest.raises(StorageError):
        story.moved()
    assert story.serves() == "old"
    cut(postgres)
    assert (story.moved().gate.state, story.serves()) == ("PROMOTED", "new")
    close_databases()
