"""The transcript pipeline from a terminal."""

import asyncio
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from blocks.baserow import Baserow
from blocks.errors import TranscriptError
from blocks.graph import GraphStore
from blocks.graph_connection import Graph
from blocks.stores import STORE, load_stores
from deployments.application import app
from flows.transcripts.samples import SHORT
from tests.crm.baserow_setting import EMAIL, NAMES, PASSWORD, Setting, empty_database
from tests.doubles.baserow import answers
from tests.doubles.model_server import ModelServer
from tests.transcripts.conftest import SaveTranscriptLineup
from tests.transcripts.scene import says

pytestmark = [
    pytest.mark.server, pytest.mark.graph,
    pytest.mark.usefixtures("own_environment"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def stores(prefect_api: str, setting: Setting, graph_store: GraphStore, graph: Graph) -> None:
    asyncio.run(graph_store.asave(STORE, overwrite=True))
    block = Baserow(url=setting.double.url, database_id=setting.database, token=setting.token)
    asyncio.run(block.asave(STORE, overwrite=True))


def phasegate(*words: str | Path, code: int = 0) -> str:
    result: Result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output + repr(result.exception)
    return result.output


def test_a_call_is_shown_with_its_record_the_graph_and_where_it_was_brought(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup
) -> None:
    models.answer = says()

    shown = phasegate("transcript", SHORT, "--lineup", transcript_lineup())

    assert "nadia.whitcombe@example.net" in shown
    assert "3200.00" in shown
    assert "PARTICIPATED_IN" in shown
    assert all(name in shown for name in NAMES)
    assert "0 statements were dropped" in shown


def test_what_a_stranger_said_is_shown_without_effect(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup
) -> None:
    models.answer = says(
        summary={"summary": "[red]They\u202e said[/red] \x1b[31mnothing [link=http://bad.example]at all[/link]"}
    )

    shown = phasegate("transcript", SHORT, "--lineup", transcript_lineup())

    assert "[red]They" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_folder_and_what_could_not_be_read(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, tmp_path: Path
) -> None:
    models.answer = says()
    shutil.copy(SHORT, tmp_path / "good.txt")
    (tmp_path / "bad.txt").write_text("nobody speaks")

    shown = phasegate("transcript", tmp_path, "--lineup", transcript_lineup(), code=1)

    assert "1 calls have a record, 1 files have none" in shown
    assert "bad.txt" in shown


def test_what_cannot_be_read_is_said_before_anything_starts(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["transcript", str(tmp_path / "nowhere.txt")])

    assert isinstance(result.exception, TranscriptError)
    assert "Starting" not in result.output


def test_sync_tells_a_schedule_that_a_store_is_behind(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, setting: Setting
) -> None:
    models.answer = says()
    setting.double.faults.plan("before", times=10_000, answer=answers.no_credentials)
    assert "credentials" in phasegate("transcript", SHORT, "--lineup", transcript_lineup())

    assert "baserow: 0 brought, 1 behind" in phasegate("sync", code=1)


def test_sync_says_how_far_each_store_is(models: ModelServer, transcript_lineup: SaveTranscriptLineup) -> None:
    models.answer = says()
    phasegate("transcript", SHORT, "--lineup", transcript_lineup())

    assert "baserow: 0 brought, 0 behind" in phasegate("sync")
    assert "graph: 1 brought, 0 behind" in phasegate("sync", "--everything")


def test_scores_are_shown_and_written(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, tmp_path: Path
) -> None:
    models.answer = says()
    for file in (SHORT, SHORT.with_suffix(".gold.json")):
        shutil.copy(file, tmp_path)

    shown = phasegate("score", tmp_path, "--lineup", transcript_lineup())

    assert "dialogue-only" in shown
    assert "summary.csv" in shown.replace("\n", "")


def test_baserow_is_set_up_with_a_login_that_is_not_kept() -> None:
    with empty_database() as setting:
        words = (
            "baserow",
            "bootstrap",
            "--url",
            setting.double.url,
            "--database",
            str(setting.database),
            "--email",
            EMAIL,
        )
        shown = phasegate(*words, "--password", PASSWORD.get_secret_value())
        again = phasegate(*words, "--password", PASSWORD.get_secret_value())
        setting.double.change_field("Deals", "close_date", type="text")
        by_hand = phasegate(*words, "--password", PASSWORD.get_secret_value(), code=1)
        block = asyncio.run(load_stores()).baserow

    assert "made Clients" in shown
    assert "made " not in again
    assert "to be changed by hand: Deals.close_date" in by_hand
    assert block is not None
    assert block.database_id == setting.database
    assert PASSWORD.get_secret_value() not in shown + str(block.model_dump())
    assert block.token.get_secret_value() not in shown
