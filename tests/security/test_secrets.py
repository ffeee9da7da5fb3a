"""Secrets stay where they belong: canaries in every place that holds one, then every way of going wrong, then a search.

What Prefect's server keeps (logs, events, artifacts, results, parameters) is in its database below the state folder, so
files and terminal output are all there is to search. Blocks lie in there too, encrypted.
"""

import asyncio
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prefect.blocks.notifications import SlackWebhook
from prefect.client.orchestration import get_client
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
from deployments.prefect_server import api_url, free_port, start_server
from tests.deployments.terminal import environment, phasegate
from tests.doubles.model_server import ModelServer, faults
from tests.prefect_tables import made_once
from tests.security.canaries import (
    BASEROW,
    CLOUDFLARE,
    DATABASE,
    GRAPH,
    OLLAMA,
    OPENAI,
    SERVER,
    TOTP,
    WEBHOOK,
    files_below,
    forms,
    leaks,
)

pytestmark = [pytest.mark.server, pytest.mark.long]
NOBODY = "http://127.0.0.1:9"


@dataclass
class Installation:
    """A state folder, its Prefect server, and what its commands have printed."""

    home: Path
    api: str
    printed: dict[str, bytes] = field(default_factory=dict)

    def run(self, *arguments: str, **variables: str) -> str:
        """The output of a command, kept for the search."""
        env = environment(self.home, self.api) | {"PREFECT_API_AUTH_STRING": f"admin:{SERVER}"} | variables
        _, said = phasegate(*arguments, env=env)
        self.printed[f"output {len(self.printed)}: {' '.join(arguments)}"] = said.encode()
        return said

    def leaks(self) -> list[str]:
        return leaks(dict(files_below(self.home)) | self.printed)


@pytest.fixture(scope="module")
def models_of_the_module() -> Iterator[ModelServer]:
    with ModelServer(token=CLOUDFLARE) as server:
        yield server


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, models_of_the_module: ModelServer) -> Iterator[Installation]:
    home = tmp_path_factory.mktemp("installation")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_SERVER_API_AUTH_STRING", f"admin:{SERVER}")
        patch.setenv("PREFECT_HOME", str(home / "prefect"))
        port = free_port()
        with made_once(home / "prefect"):
            child = start_server("127.0.0.1", port)
    api = api_url("127.0.0.1", port)
    try:
        with temporary_settings({PREFECT_API_URL: api, PREFECT_API_AUTH_STRING: f"admin:{SERVER}"}):
            asyncio.run(plant(models_of_the_module))
        yield Installation(home, api)
    finally:
        stop(child.pid, seconds=30)
        child.wait(timeout=30)


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


@pytest.fixture
def models(models_of_the_module: ModelServer) -> Iterator[ModelServer]:
    yield models_of_the_module
    models_of_the_module.heal()


def test_a_run_with_the_right_key_leaves_no_secret(installation: Installation) -> None:
    said = installation.run("run", "--lineup", "good")

    assert "Value Stack" in said
    assert not installation.leaks()


def test_a_server_that_repeats_the_key_in_its_errors_leaves_none(
    installation: Installation, models: ModelServer
) -> None:
    models.fail_when(lambda request: True, faults.http_error(500, f"Authorization: Bearer {CLOUDFLARE}"))

    said = installation.run("run", "--lineup", "good")

    assert "Error:" in said
    assert not installation.leaks()


@pytest.mark.parametrize("lineup", ["dead", "wrong-key"])
def test_a_run_that_cannot_reach_its_model_leaves_none(installation: Installation, lineup: str) -> None:
    said = installation.run("run", "--lineup", lineup)

    assert "Error:" in said
    assert not installation.leaks()


def test_a_transcript_that_reaches_no_store_leaves_none(installation: Installation) -> None:
    said = installation.run("transcript", "--lineup", "good")

    assert "Baserow" in said
    assert not installation.leaks()


def test_gates_and_approvals_leave_none(installation: Installation) -> None:
    installation.run("plan", "generator-1", "--target", "good")
    refused = installation.run("approve", "nothing", "grace", "--code", "000000")

    assert "No gate ids begin with" in refused
    assert not installation.leaks()


def test_the_doctor_backups_and_lists_leave_none(installation: Installation) -> None:
    said = installation.run("doctor")
    installation.run("backup")

    assert "wrong-key" in said
    assert not installation.leaks()


def test_a_database_that_is_not_there_leaves_none(installation: Installation) -> None:
    address = f"postgresql://phasegate:{DATABASE}@127.0.0.1:9/phasegate"
    said = [installation.run(*command, PHASEGATE_DATABASE_URL=address) for command in (("backup",), ("doctor",))]

    assert all("phasegate:***@127.0.0.1" in one for one in said)
    assert not installation.leaks()


def test_entering_a_token_shows_none(installation: Installation) -> None:
    installation.run("models", "cloudflare", "--account", "a" * 32, CLOUDFLARE_API_TOKEN=CLOUDFLARE)

    assert not installation.leaks()


def test_blocks_are_encrypted_and_given_to_nobody_who_does_not_ask_for_secrets(installation: Installation) -> None:
    async def read() -> str:
        async with get_client() as client:
            return str([document.model_dump() for document in await client.read_block_documents(include_secrets=False)])

    with temporary_settings({PREFECT_API_URL: installation.api, PREFECT_API_AUTH_STRING: f"admin:{SERVER}"}):
        shown = asyncio.run(read())

    assert "wrong-key" in shown
    assert not leaks({"the blocks as the UI reads them": shown.encode()})
    assert (installation.home / "prefect" / "prefect.db").stat().st_size > 0


def test_the_search_finds_a_secret_in_any_dress() -> None:
    """Or it would find nothing above, whatever was written."""
    import base64

    assert leaks({"log": f"admin:{SERVER}".encode()}) == ["server password in log"]
    for before in ("", "a", "admin:", "xy"):
        assert leaks({"log": base64.b64encode(f"{before}{SERVER}:".encode())}), before
    assert leaks({"log": SERVER.encode("utf-16")})
    assert all(len(form) > 8 for form in forms(SERVER))
