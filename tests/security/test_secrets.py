"""Secrets stay where they belong: canaries in every place that holds one, then every way of going wrong, then a search.

What Prefect's server keeps (logs, events, artifacts, results, parameters) is in its database below the state folder, and
so is what it says itself: files, rows and terminal output are all there is to search. Blocks lie in there too, encrypted.
Commands run in this process, but for one that is started as a person starts it.
"""

import asyncio
import base64
import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyotp
import pytest
from prefect.client.orchestration import get_client
from prefect.events.filters import EventFilter, EventNameFilter
from pydantic import SecretStr

from blocks.models import OpenAICompatibleModel
from tests import one_loop
from tests.doubles.baserow import accounts, baserow
from tests.doubles.model_server import ModelServer, faults
from tests.security.canaries import (
    BASEROW,
    CLOUDFLARE,
    CODE,
    DATABASE,
    LOGIN,
    SERVER,
    TOTP,
    files_below,
    forms,
    leaks,
    rows_below,
)
from tests.security.installation import Installation, Run
from tests.transitions.gated import opened

pytestmark = [pytest.mark.server, pytest.mark.proof]


def in_base64(text: str) -> str:
    return base64.b64encode(f"phasegate:{text}".encode()).decode()


@pytest.fixture
def models(models_of_the_module: ModelServer) -> Iterator[ModelServer]:
    yield models_of_the_module
    models_of_the_module.heal()


def test_a_run_with_the_right_key_leaves_no_secret(installation: Installation, run: Run) -> None:
    assert "Value Stack" in run("run", "--lineup", "good")
    assert not installation.leaks()


@pytest.mark.parametrize("form", [str, in_base64])
def test_a_server_that_repeats_the_key_in_its_errors_leaves_none(
    installation: Installation, run: Run, models: ModelServer, form: Callable[[str], str]
) -> None:
    models.fail_when(lambda request: True, faults.http_error(500, f"Authorization: {form(CLOUDFLARE)}"))

    assert "Error:" in run("run", "--lineup", "good")
    assert not installation.leaks()


def test_a_command_that_is_started_leaves_none(installation: Installation) -> None:
    assert "Error:" in installation.started("run", "--lineup", "wrong-key")
    assert not installation.leaks()


def test_a_run_that_cannot_reach_its_model_leaves_none(installation: Installation, run: Run) -> None:
    assert "Error:" in run("run", "--lineup", "dead")
    assert not installation.leaks()


def test_a_transcript_that_reaches_no_store_leaves_none(installation: Installation, run: Run) -> None:
    assert "Baserow" in run("transcript", "--lineup", "good")
    assert not installation.leaks()


def test_gates_approvals_and_alerts_leave_none(
    installation: Installation, run: Run, models: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "created automation" in run("alerts", "--block", "slack-webhook/alerts")
    run("plan", "generator-1", "--target", "good")
    for before, (decision, end) in enumerate((("reject", "ROLLED_BACK"), ("approve", "PROMOTED"))):
        scene = opened(partial(save, models), monkeypatch, TOTP)
        scene.calls, scene.clock.by = 100 * before, timedelta(hours=6 * before)
        assert scene.drive.leg() == "Suspended"
        scene.monitored()
        decided = (decision, scene.gate.id, "grace", "--reason", "read it")
        assert "was not accepted" in run(*decided, "--code", CODE)
        confirmed = ("--confirmed", "all") if decision == "approve" else ()
        assert f"is {end}" in run(*decided, "--code", pyotp.TOTP(TOTP).at(scene.clock()), *confirmed)
        run("status", scene.gate.id)

    assert one_loop.run(acted())
    assert not installation.leaks()


def save(models: ModelServer, name: str, **fields: Any) -> None:
    block = OpenAICompatibleModel(
        model="llama3.1:8b", base_url=models.openai_url, api_key=SecretStr(CLOUDFLARE), attempts=1,
        context_window=24_000, max_output_tokens=8_000, **fields,
    )  # fmt: skip
    one_loop.run(block.asave(name, overwrite=True))


async def acted(seconds: float = 60) -> bool:
    """Whether an automation has tried to send an alert by then."""
    deadline = time.monotonic() + seconds
    async with get_client() as client:
        while time.monotonic() < deadline:
            wanted = EventFilter(event=EventNameFilter(prefix=["prefect.automation.action."]))
            given = {"filter": wanted.model_dump(mode="json"), "limit": 10}
            if (await client.request("POST", "/events/filter", json=given)).json()["events"]:
                return True
            await asyncio.sleep(0.3)
    return False


def test_the_doctor_backups_and_lists_leave_none(installation: Installation, run: Run) -> None:
    said = run("doctor")
    run("backup")

    assert "wrong-key" in said
    assert not installation.leaks()


def test_a_database_that_is_not_there_leaves_none(
    installation: Installation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHASEGATE_DATABASE_URL", f"postgresql://phasegate:{DATABASE}@127.0.0.1:9/phasegate")

    for command in ("backup", "doctor"):
        assert "phasegate:***@127.0.0.1" in (printed := run(command)), printed
    assert not installation.leaks()


def test_entering_a_token_shows_none(installation: Installation, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", CLOUDFLARE)

    run("models", "cloudflare", "--account", "a" * 32)

    assert not installation.leaks()


def test_entering_a_login_of_baserow_leaves_none(
    installation: Installation, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "token_key", lambda: BASEROW)
    with baserow() as double:
        owner, database = double.sign_up(password=LOGIN), double.new_database()
        words = ("baserow", "bootstrap", "--url", double.url, "--database", str(database), "--email")
        assert "Error:" in run(*words, "nobody@example.com", "--password", LOGIN)
        monkeypatch.setenv("BASEROW_PASSWORD", LOGIN)
        assert "knows address, database and token" in run(*words, owner.email)

    assert not installation.leaks()


def test_blocks_are_encrypted_and_given_to_nobody_who_does_not_ask_for_secrets(installation: Installation) -> None:
    async def read() -> str:
        async with get_client() as client:
            return str([document.model_dump() for document in await client.read_block_documents(include_secrets=False)])

    shown = one_loop.run(read())

    assert "wrong-key" in shown
    assert not leaks({"the blocks as the UI reads them": shown.encode()})
    assert (installation.home / "prefect" / "prefect.db").stat().st_size > 0


def test_the_search_finds_a_secret_in_any_dress() -> None:
    """Or it would find nothing above, whatever was written."""
    assert leaks({"log": f"admin:{SERVER}".encode()}) == ["server password in log"]
    for before in ("", "a", "admin:", "xy"):
        assert leaks({"log": base64.b64encode(f"{before}{SERVER}:".encode())}), before
    assert leaks({"log": SERVER.encode("utf-16")})
    assert all(len(form) > 8 for form in forms(SERVER))


def test_the_search_reads_rows_where_a_value_is_in_pieces(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "records.db")) as database, database:
        database.execute("CREATE TABLE calls (body TEXT)")
        database.execute("INSERT INTO calls VALUES (?)", [(" " * 1806 + SERVER).ljust(10_000)])  # over a page's end

    assert not leaks(dict(files_below(tmp_path)))
    assert leaks(dict(rows_below(tmp_path))) == ["server password in records.db, table calls"]
