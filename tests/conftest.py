"""What all tests share: a state folder of their own, real databases, a real Prefect server, a double of model servers.

Nothing a test does reaches the state, the server or the database of whoever runs the tests.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest

from tests import one_loop, prefect_tables, scratch
from tests.doubles.model_server import ModelServer, catalogue
from tests.skips import pytest_runtest_makereport as pytest_runtest_makereport

scratch.use_memory()
SESSION = Path(tempfile.mkdtemp(prefix="phasegate-tests-"))
"""State of what lives as long as the session."""
for name in (
    "PREFECT_API_URL",
    "PREFECT_API_KEY",
    "PREFECT_API_AUTH_STRING",
    "PREFECT_PROFILE",
    "PHASEGATE_DATABASE_URL",
):
    os.environ.pop(name, None)
# Before anything imports Prefect: it reads its settings once.
os.environ["PHASEGATE_HOME"] = str(SESSION)
os.environ["PREFECT_HOME"] = str(SESSION / "prefect")
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["DO_NOT_TRACK"] = "1"

# On a busy machine an example may take long without being wrong; the time limit of a whole test still holds. CI takes the
# same examples each time, so that a change is judged by what it changes; new ones are looked for by `make test`.
hypothesis.settings.register_profile("phasegate", deadline=None, derandomize=bool(os.environ.get("PHASEGATE_CI")))
hypothesis.settings.load_profile("phasegate")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take longest are handed out first, so that no process is left with one at the end."""
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


def pytest_unconfigure() -> None:
    one_loop.close()
    prefect_tables.forget()
    shutil.rmtree(SESSION, ignore_errors=True)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh state folder for every test."""
    monkeypatch.setenv("PHASEGATE_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    if records := sys.modules.get("tasks.records.database"):
        records.close_databases()


@pytest.fixture
def own_environment() -> Iterator[None]:
    """For tests of commands in this process, which set Prefect's environment for good."""
    with patch.dict(os.environ):
        yield


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    """Address of a PostgreSQL server, up to the database's name."""
    from tests.postgres import INSTALL, NoPostgresError, cluster

    try:
        with cluster() as address:
            yield address
    except NoPostgresError as error:
        pytest.skip(f"PostgreSQL does not run here ({error}); to have it: {INSTALL}")


@pytest.fixture
def postgres(postgres_cluster: str) -> Iterator[str]:
    """Address of a fresh PostgreSQL database."""
    from tests.postgres import new_database

    with new_database(postgres_cluster) as address:
        yield address


POSTGRESQL = pytest.param("postgresql", marks=[pytest.mark.postgres])


@pytest.fixture(params=["sqlite", POSTGRESQL])
def empty_database(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a database without tables, configured as phasegate's: SQLite, then PostgreSQL."""
    from tasks.records.database import close_databases, database_url

    if request.param == "postgresql":
        monkeypatch.setenv("PHASEGATE_DATABASE_URL", request.getfixturevalue("postgres"))
    yield database_url()
    close_databases()


@pytest.fixture
def database(empty_database: str) -> Any:
    """phasegate's database, migrated: SQLite, then PostgreSQL."""
    from tasks.records.database import engine

    return engine()


@pytest.fixture(scope="session")
def prefect_api() -> Iterator[str]:
    """Address of a real Prefect server with phasegate's blocks; this process and its children use it.

    One for each process of pytest-xdist. Tests are handed out by file, so that what a module or a package sets up is set up once.
    """
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from blocks.local_process import stop
    from blocks.registering import register_blocks
    from deployments.prefect_server import shared_server

    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setenv("PHASEGATE_HOME", str(SESSION))
        with prefect_tables.made_once(SESSION / "prefect"):
            facts = stack.enter_context(shared_server().lease())
        patch.setenv("PREFECT_API_URL", facts["url"])
        with temporary_settings({PREFECT_API_URL: facts["url"]}):
            one_loop.run(register_blocks())
            yield facts["url"]
            _let_prefect_finish()
        stop(facts["pid"], seconds=30)


def _let_prefect_finish() -> None:
    """Prefect sends logs and events from threads of its own, which would look for the server long after it is gone."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=20)


def fresh_events() -> None:
    """Events go to the Prefect server of this session from here on.

    Prefect sends them from one thread, which stays with the server it met first; one that is gone by now holds up the rest.
    """
    from prefect.events.worker import EventsWorker

    EventsWorker.drain_all(timeout=1, at_exit=False)


@pytest.fixture(scope="session")
def model_server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def models(model_server: ModelServer) -> Iterator[ModelServer]:
    """The double of model servers, without hooks, faults and log."""
    model_server.clear()  # of what runs that outlive their test have asked
    yield model_server
    model_server.answer = model_server.delay = None
    model_server.host_only(catalogue.DEFAULT_MODELS)
    model_server.heal()
    model_server.resume()
    model_server.clear()
    told = list(model_server.problems)
    model_server.problems.clear()
    assert not told, "The model server had no answer to give:\n" + "\n".join(told)


_saved: dict[tuple[type[Any], str], Any] = {}
"""Fields of the blocks saved in this session: what is there already is not saved again."""


def _save(kind: type[Any], name: str, fields: dict[str, Any]) -> str:
    if _saved.get((kind, name)) != fields:
        one_loop.run(kind(**fields).asave(name, overwrite=True))
        _saved[kind, name] = fields
    return name


SaveModel = Callable[..., str]
SaveLineup = Callable[..., str]


@pytest.fixture
def save_model(prefect_api: str, models: ModelServer) -> SaveModel:
    """Saves a model block that asks the double, OpenAI-compatible; its name. Other fields as given."""
    from pydantic import SecretStr

    from blocks.models import OpenAICompatibleModel

    def save(name: str = "double", **fields: Any) -> str:
        facts: dict[str, Any] = {
            "model": "llama3.1:8b", "base_url": models.openai_url, "api_key": SecretStr(models.token),
            "context_window": 24_000, "max_output_tokens": 8_000, "attempts": 1,
        }  # fmt: skip
        return _save(OpenAICompatibleModel, name, {**facts, **fields})

    return save


@pytest.fixture
def lineup(save_model: SaveModel) -> SaveLineup:
    """Saves a lineup whose stages all ask the double; its name. Other roles and settings as given."""
    from blocks.lineups import GeneratorLineup

    def save(name: str = "double", **fields: Any) -> str:
        model = fields.pop("model", None) or save_model()
        roles = {**dict.fromkeys(GeneratorLineup.roles, model), "report_words": 600, **fields}
        return _save(GeneratorLineup, name, roles)

    return save
