"""The transcript pipeline's suite: calls with gold answers, through every agent, scored value by value."""

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from pathlib import Path

from sqlalchemy import Engine, insert

from blocks.errors import CallError, InputError
from flows.transcripts.opening import EXTRACTION, open_crew, open_run
from flows.transcripts.samples import FOLDER
from flows.transcripts.understanding import understand
from flows.transitions.suite_folders import suite_folder
from tasks.records.database import engine
from tasks.records.ledger_tables import field_checks
from tasks.records.runs import Purpose, read_calls, read_run
from tasks.records.transcripts import read_transcript
from tasks.transcripts.reading import read_file
from tasks.transcripts.scoring.gold import read_gold
from tasks.transcripts.scoring.score import score
from tasks.transcripts.transcript import Transcript

GOLD = ".gold.json"


class TranscriptSuite:
    """Every transcript of a folder that has gold answers beside it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        return self._folder or suite_folder("transcripts", FOLDER)

    def items(self) -> Sequence[str]:
        return sorted(path.name.removesuffix(GOLD) for path in self.folder.glob(f"*{GOLD}"))

    async def ask(self, item: str, lineup: str, run_id: str, pair: str, purpose: Purpose) -> None:
        path = next(found for found in sorted(self.folder.glob(f"{item}.*")) if not found.name.endswith(".json"))
        transcript, gold = read_file(path), read_gold(self.folder / f"{item}{GOLD}")
        async with open_crew(lineup) as crew, open_run(crew, run_id, transcript, purpose, pair=pair) as run:
            model = run.models[EXTRACTION].name
            understood = await understand(transcript, await asyncio.to_thread(run.plan, transcript), run.answer, model)
            cells = score(understood.record, gold, "pipeline").cells
            await run.store(keep_checks, run_id, {cell.field: cell.right for cell in cells})

    async def mirror(self, run_id: str, lineup: str, shadow_id: str, roles: Collection[str]) -> None:
        """The whole call again: agents read what other agents found, and a lineup may move all of them."""
        transcript = _remembered(run_id)
        async with (
            open_crew(lineup) as crew,
            open_run(crew, shadow_id, transcript, "shadow", pair=run_id) as run,
        ):
            with contextlib.suppress(CallError):
                await understand(
                    transcript, await asyncio.to_thread(run.plan, transcript), run.answer, run.models[EXTRACTION].name
                )


def _remembered(run_id: str) -> Transcript:
    """The call a run was about, if its text is still the one the run read. InputError if not."""
    database = engine()
    given: dict[str, str] = (read_run(database, run_id) or {"input": {}})["input"]
    row = read_transcript(database, given.get("transcript_id", ""))
    if row is None or row["content_sha256"] != given["sha256"]:
        raise InputError(f"The transcript of run {run_id} was replaced or removed.", do="nothing; others are mirrored.")
    return Transcript.model_validate(
        {
            "transcript_id": row["external_id"], "sha256": row["content_sha256"], "text": row["raw_text"],
            **{name: row[name] for name in ("filename", "header", "turns")},
        }
    )  # fmt: skip


def keep_checks(database: Engine, run_id: str, right: dict[str, bool]) -> None:
    """Stores how the fields of a run's record compare with gold, beside its last extraction. Again: nothing new."""
    calls = [
        call for call in read_calls(database, run_id) if call["role"] == EXTRACTION and call["outcome"] != "failed"
    ]
    if not calls:
        return
    rows = [{"call_id": calls[-1]["id"], "field": field, "correct": correct} for field, correct in right.items()]
    with database.begin() as connection:
        connection.execute(field_checks.delete().where(field_checks.c.call_id == calls[-1]["id"]))
        connection.execute(insert(field_checks), rows)
