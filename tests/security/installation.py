"""A phasegate with canaries in every secret, whose commands run in this process with all that they say kept."""

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prefect.blocks.notifications import SlackWebhook
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from pydantic import SecretStr

from blocks.approvers import Approver
from blocks.baserow import Baserow
from blocks.graph import GraphStore
from blocks.lineups import GeneratorLineup, TranscriptLineup
from blocks.local_process import stop
from blocks.models import CloudflareModel, OllamaModel, OpenAICompatibleModel
from blocks.registering import register_blocks
from blocks.stores import STORE
from deployments.command_line import main
from deployments.prefect_server import api_url, free_port, start_server
from deployments.terminal import console
from tests import one_loop
from tests.conftest import fresh_events
from tests.deployments.terminal import environment, phasegate
from tests.doubles.model_server import ModelServer
from tests.prefect_tables import made_once
from tests.security.canaries import (
    BASEROW,
    CLOUDFLARE,
    GRAPH,
    OLLAMA,
    OPENAI,
    SERVER,
    TOTP,
    WEBHOOK,
    files_below,
    leaks,
    rows_below,
)

NOBODY = "http://127.0.0.1:9"
Run = Callable[..., str]
"""The output of a command, by its words."""


@dataclass
class Installation:
    """A state folder, its Prefect server, and what its commands have printed."""

    home: Path
    api: str
    printed: dict[str, bytes] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.home, self.api) | {"PREFECT_API_AUTH_STRING": f"admin:{SERVER}"}

    def started(self, *words: str) -> str:
        """The output of a command in a process of its own."""
        return self.keep(words, phasegate(*words, env=self.environment)[1])

    def keep(self, words: Sequence[str], said: str) -> str:
        self.printed[f"output {len(self.printed)}: {' '.join(words)}"] = said.encode()
        return said

    def leaks(self) -> list[str]:
        for worker in (APILogWorker, EventsWorker):
            worker.drain_all(timeout=20, at_exit=False)
        return leaks({**dict(files_below(self.home)), **dict(rows_below(self.home)), **self.printed})


@pytest.fixture(scope="module")
def models_of_the_module() -> Iterator[ModelServer]:
    with ModelServer(token=CLOUDFLARE) as server:
        yield server


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, models_of_the_module: ModelServer) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("installation")
    with pytest.MonkeyPatch.context() as patch, made_once(home / "prefect"), said_to(home / "server.log"):
        patch.setenv("PREFECT_SERVER_API_AUTH_STRING", f"admin:{SERVER}")
        patch.setenv("PREFECT_HOME", str(home / "prefect"))
        port = free_port()
        child = start_server("127.0.0.1", port)
    api = api_url("127.0.0.1", port)
    fresh_events()
    try:
        given = {PREFECT_API_URL: api, PREFECT_API_AUTH_STRING: f"admin:{SERVER}"}
        with temporary_settings(given), one_loop.another():
            one_loop.run(plant(models_of_the_module))
            yield Installation(home, api)
            fresh_events()
    finally:
        stop(child.pid, seconds=30)
        child.wait(timeout=30)


@contextlib.contextmanager
def said_to(path: Path) -> Iterator[None]:
    """What is started inside this writes its output there."""
    kept = [os.dup(1), os.dup(2)]
    with path.open("wb") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    try:
        yield
    finally:
        for stream, before in enumerate(kept, start=1):
            os.dup2(before, stream)
            os.close(before)


@pytest.fixture
def installation(planted: Installation, own_environment: None) -> Installation:
    os.environ.update(planted.environment)
    return planted


@pytest.fixture
def run(installation: Installation, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """The output of a command, all that this process has written with it; kept for the search."""

    monkeypatch.setattr(console, "width", 160)  # names of a hundred signs are looked for in one line

    def command(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["phasegate", *words])
        with contextlib.suppress(SystemExit):
            main()
        return installation.keep(words, "".join(capfd.readouterr()))

    return command


async def plant(models: ModelServer) -> None:
    """Blocks with a canary in every secret: models that answer, refuse or are not there; stores that are not there."""
    await register_blocks()
    cloudflare = {
        "model": "@cf/mistralai/mistral-small-3.1-24b-instruct", "account_id": models.account, "attempts": 1,
        "api_token": SecretStr(CLOUDFLARE), "context_window": 24_000,
        "schema_parameter": "guided_json",
    }  # fmt: skip
    blocks = {
        "good": CloudflareModel(base_url=models.cloudflare_url, max_output_tokens=6_000, **cloudflare),
        "dead": CloudflareModel(base_url=NOBODY, **cloudflare),
        "wrong-key": OpenAICompatibleModel(
            model="llama3.1:8b",
            base_url=models.openai_url,
            api_key=SecretStr(OPENAI),
            context_window=24_000,
            attempts=1,
        ),
        "dead-ollama": OllamaModel(
            model="mistral:7b", base_url=NOBODY, api_key=SecretStr(OLLAMA), context_window=8_000
        ),
    }
    for name, block in blocks.items():
        await block.asave(name, overwrite=True)
        await GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, name), report_words=600).asave(name)
        await TranscriptLineup(**dict.fromkeys(TranscriptLineup.roles, name)).asave(name)
    await GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, "dead-ollama")).asave("production", overwrite=True)
    await GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, "wrong-key")).asave("preview", overwrite=True)
    await Baserow(url=NOBODY, database_id=1, token=SecretStr(BASEROW)).asave(STORE, overwrite=True)
    await GraphStore(uri="bolt://127.0.0.1:9", password=SecretStr(GRAPH), seconds=5).asave(STORE, overwrite=True)
    await Approver(totp=SecretStr(TOTP)).asave("grace", overwrite=True)
    with warnings.catch_warnings(action="ignore"):  # what it imports is older than Python's warnings
        webhook = SlackWebhook(url=SecretStr(f"json://127.0.0.1:9/{WEBHOOK}"))
    await webhook.asave("alerts", overwrite=True)
