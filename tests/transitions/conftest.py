"""Stories of gates on a real database."""

import pytest
from sqlalchemy import Engine

from tests.transitions.gated import monitoring, scene
from tests.transitions.story import Story

__all__ = ["monitoring", "scene"]


@pytest.fixture
def story(home: object) -> Story:
    """A gate on SQLite; what differs by dialect is tested where the dialect is."""
    from tasks.records.database import engine

    return Story(engine())


@pytest.fixture
def told(database: Engine) -> Story:
    """A gate on each dialect."""
    return Story(database)
