"""Models compared on calls with gold answers: both conditions, every way of answering, files and tables."""

import asyncio
import csv
import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from blocks.errors import StorageError, TranscriptError
from flows.transcripts.samples import REPLIES, SHORT
from flows.transcripts.score import Scored, score_models
from tasks.records.database import engine
from tasks.records.tables import runs as kept_runs
from tests.conftest import SaveModel
from tests.doubles.model_server import ModelServer, faults
from tests.transcripts.conftest import SaveTranscriptLineup
from tests.transcripts.kept import count_transcripts
from tests.transcripts.scene import agents, says

pytestmark = [pytest.mark.server]


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """A folder with the short sample and its gold answers."""
    for file in (SHORT, SHORT.with_suffix(".gold.json")):
        shutil.copy(file, tmp_path / file.name)
    return tmp_path


def scored(folder: Path, *lineups: str, **options: Any) -> Scored:
    return asyncio.run(score_models(folder, lineups=list(lineups), **options))


def row(result: Scored, condition: str, **wanted: Any) -> dict[str, Any]:
    rows = result.fields if "field" in wanted else result.summary
    found = [one for one in rows if one["condition"] == condition and wanted.items() <= one.items()]
    assert len(found) == 1
    return found[0]


def test_a_perfect_model_has_everything_right_in_both_conditions(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    models.answer = says()

    result = scored(gold, transcript_lineup())

    for condition in ("pipeline", "dialogue-only"):
        assert row(result, condition)["key fields"] == row(result, condition)["other fields"] == 1
        assert row(result, condition)["drafts"] == 1
    assert {agents(request) for request in models.requests} == {
        "extraction", "email", "social", "coaching", "summary",
    }  # fmt: skip


def test_what_nobody_said_in_a_draft_is_shown_with_its_check(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    replies = json.loads(REPLIES.read_text())
    email = {**replies["email/whole"], "body": "Dear Nadia, the price is $9,999. See you on March 3."}
    models.answer = says(email=email)

    result = scored(gold, transcript_lineup())

    share = row(result, "pipeline")["drafts"]
    assert share is not None
    assert 0 < share < 1
    with result.files["drafts"].open(newline="") as file:
        bad = {line["check"]: line["found"] for line in csv.DictReader(file) if line["passed"] == "False"}
    assert bad == {"follow-up e-mail: amounts": "9999.00", "follow-up e-mail: dates": "2026-03-03"}


def test_an_agent_that_writes_nothing_is_not_flawless(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    models.answer = says()
    models.fail_when(lambda request: agents(request) == "email", faults.http_error(400))

    result = scored(gold, transcript_lineup())

    assert row(result, "dialogue-only")["drafts"] < 1


def test_fields_alone_ask_the_extraction_alone(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    models.answer = says()

    result = scored(gold, transcript_lineup(), drafts=False)

    assert row(result, "pipeline")["drafts"] is None
    assert {agents(request) for request in models.requests} == {"extraction"}


def test_a_model_that_finds_nothing_is_saved_by_the_header_only_where_there_is_one(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    models.answer = says(extraction={"findings": []})

    result = scored(gold, transcript_lineup())

    assert row(result, "pipeline", field="client_name")["share"] == 1
    assert row(result, "dialogue-only", field="client_name")["share"] == 0
    assert row(result, "pipeline")["header fields"] == 1


def test_a_deposit_taken_for_the_price_is_wrong_and_a_decoy(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    replies = json.loads(REPLIES.read_text())["extraction/window-001"]["findings"]
    deposit = next(one for one in replies if one["field"] == "deposit")
    wrong = [{**deposit, "field": "deal"} if one["field"] == "deal" else one for one in replies]
    models.answer = says(extraction={"findings": wrong})

    amount = row(scored(gold, transcript_lineup()), "pipeline", field="deal_amount")

    assert (amount["share"], amount["wrong"], amount["decoys"]) == (0, 1, 1)


def test_a_model_that_gives_no_usable_answer_has_found_nothing(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    models.answer = says()
    models.fail_when(lambda request: True, faults.http_error(400))

    result = scored(gold, transcript_lineup())

    assert row(result, "dialogue-only")["integrity"] == 0
    assert row(result, "dialogue-only", field="deal_amount")["share"] == 0


def test_two_lineups_stand_side_by_side(
    models: ModelServer, save_model: SaveModel, transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    good, bad = (
        transcript_lineup(),
        transcript_lineup("other", model=save_model("second", model="smol", context_window=8_000)),
    )
    right = says()
    models.answer = lambda request: right(request) if request.model != "smol" else {"findings": []}

    result = scored(gold, good, bad)

    best = {one["model"]: one["quality"] for one in result.summary if one["condition"] == "dialogue-only"}
    assert best["double (double)"] > best["second (other)"]


def test_scoring_leaves_no_mark_on_calls_and_asks_everything_anew(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    models.answer, name = says(), transcript_lineup()

    scored(gold, name, drafts=False)
    result = scored(gold, name, repeats=2, drafts=False)

    assert count_transcripts(engine()) == 0
    assert len(models.requests) == 2 + 4
    assert row(result, "pipeline")["repetitions"] == 2
    with engine().connect() as connection:
        assert set(connection.scalars(select(kept_runs.c.purpose))) == {"trial"}


def test_every_value_is_in_the_csv_files(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    models.answer = says()

    files = scored(gold, transcript_lineup()).files

    assert set(files) == {"summary", "fields", "lists", "drafts", "values"}
    with files["values"].open(newline="") as file:
        values = {(line["condition"], line["field"]): line["verdict"] for line in csv.DictReader(file)}
    assert values["pipeline", "deal_amount"] == "correct"


def test_figures_that_find_no_room_are_an_error_in_words(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, gold: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    models.answer = says()
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(StorageError, match=r"summary\.csv cannot be written: No space left"):
        scored(gold, transcript_lineup(), drafts=False)


def test_other_files_do_not_matter_but_one_with_gold_answers_must_be_readable(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    models.answer = says()
    (gold / "notes.json").write_text("{}")
    (gold / "._other.gold.json").write_bytes(b"\0")  # what macOS puts beside files on a share
    assert scored(gold, transcript_lineup(), drafts=False).transcripts == 1

    (gold / SHORT.name).write_text("nobody speaks")
    with pytest.raises(TranscriptError, match="has gold answers and cannot be scored"):
        scored(gold, transcript_lineup(), drafts=False)


def test_gold_answers_are_found_beside_a_file_named_as_recorders_name_it(
    models: ModelServer, transcript_lineup: SaveTranscriptLineup, tmp_path: Path
) -> None:
    models.answer, name = says(), "Nadia Whitcombe: Estate Planning Advisor Meeting "
    shutil.copy(SHORT, tmp_path / f"{name}.txt")
    shutil.copy(SHORT.with_suffix(".gold.json"), tmp_path / f"{name}.gold.json")

    assert scored(tmp_path, transcript_lineup(), drafts=False).transcripts == 1


def test_gold_answers_without_their_transcript_are_an_error(
    transcript_lineup: SaveTranscriptLineup, gold: Path
) -> None:
    shutil.copy(SHORT.with_suffix(".gold.json"), gold / "gone.gold.json")

    with pytest.raises(TranscriptError, match=r"no transcript beside gone\.gold\.json"):
        scored(gold, transcript_lineup())


def test_a_folder_without_gold_answers_is_an_error(transcript_lineup: SaveTranscriptLineup, tmp_path: Path) -> None:
    shutil.copy(SHORT, tmp_path)

    with pytest.raises(TranscriptError, match="No transcript of that folder has gold answers"):
        scored(tmp_path, transcript_lineup())
