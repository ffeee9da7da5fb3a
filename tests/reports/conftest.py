import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from flows.generator.view import run_view
from tasks.records.database import connect, migrate
from tasks.reports.views import RunView
from tests.reports import records


@pytest.fixture(scope="session")
def empty_records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with all tables, migrated once."""
    folder = tmp_path_factory.mktemp("empty")
    engine = connect(f"sqlite:///{folder / 'records.db'}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHASEGATE_HOME", str(folder / "home"))
        migrate(engine)
    engine.dispose()
    return folder / "records.db"


@pytest.fixture
def database(empty_records: Path, tmp_path: Path) -> Iterator[Engine]:
    """A new database with all tables."""
    engine = connect(f"sqlite:///{shutil.copy(empty_records, tmp_path)}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def demo(empty_records: Path, tmp_path_factory: pytest.TempPathFactory) -> RunView:
    """A completed run on the embedded model, stage 4 repaired."""
    engine = connect(f"sqlite:///{shutil.copy(empty_records, tmp_path_factory.mktemp('demo'))}")
    records.record(engine, records.start(engine))
    view = run_view(engine, "run-1")
    engine.dispose()
    return view
