from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from flows.generator.view import run_view
from tasks.records.database import connect, migrate
from tasks.reports.views import RunView
from tests.reports import records


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A new database with all tables."""
    monkeypatch.setenv("PHASEGATE_HOME", str(tmp_path / "home"))
    engine = connect(f"sqlite:///{tmp_path / 'records.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def demo(database: Engine) -> RunView:
    """A completed run on the embedded model, stage 4 repaired."""
    records.record(database, records.start(database))
    return run_view(database, "run-1")
