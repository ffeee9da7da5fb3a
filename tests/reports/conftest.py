import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from flows.generator.view import run_view
from flows.transitions.tracker_view import tracker_view
from tasks.records.database import connect
from tasks.records.migrating import migrate
from tasks.reports.gate_views import GateView
from tasks.reports.tracker_views import TrackerView
from tasks.reports.views import RunView
from tests.reports import records
from tests.reports.gates import PhaseOne


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


@contextmanager
def copied(empty_records: Path, place: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{shutil.copy(empty_records, place)}")
    yield engine
    engine.dispose()


@pytest.fixture
def database(empty_records: Path, tmp_path: Path) -> Iterator[Engine]:
    """A new database with all tables."""
    with copied(empty_records, tmp_path) as engine:
        yield engine


@pytest.fixture(scope="session")
def demo(empty_records: Path, tmp_path_factory: pytest.TempPathFactory) -> RunView:
    """A completed run on the embedded model, stage 4 repaired."""
    with copied(empty_records, tmp_path_factory.mktemp("demo")) as engine:
        records.record(engine, records.start(engine))
        return run_view(engine, "run-1")


@pytest.fixture(scope="session")
def waiting(empty_records: Path, tmp_path_factory: pytest.TempPathFactory) -> GateView:
    """A gate that passed and asks people."""
    with copied(empty_records, tmp_path_factory.mktemp("waiting")) as engine:
        return PhaseOne(engine).waiting().view


@pytest.fixture(scope="session")
def taken_back(empty_records: Path, tmp_path_factory: pytest.TempPathFactory) -> GateView:
    """A gate that was rolled back by harm, three hours into its window."""
    with copied(empty_records, tmp_path_factory.mktemp("harm")) as engine:
        return PhaseOne(engine).begun().hours(2).hours(2, failing=1.0).view


@pytest.fixture(scope="session")
def served(empty_records: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[GateView, TrackerView]:
    """A gate that was approved and stayed a whole window without harm; and all phases then, an incident open."""
    with copied(empty_records, tmp_path_factory.mktemp("served")) as engine:
        story = PhaseOne(engine).waiting().approved()
        view = story.view
        for reason in ("Customers see nonsense.", "A key leaked."):
            story.world.record("incident_opened", "Grace", {"reason": reason})
            if "nonsense" in reason:
                story.world.record("incident_closed", "Ada", {"findings": "A prompt was cut."})
        return view, asyncio.run(tracker_view(story.world))
