"""Models compared on calls with gold answers: with the header and without, value by value, as tables."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid5

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from prefect.runtime import flow_run
from pydantic import BaseModel, ConfigDict, Field

from blocks.errors import CallError, TranscriptError
from blocks.home import folder as state_folder
from flows.progress import tell
from flows.showing import counted
from flows.transcripts import extraction, structuring
from flows.transcripts.agents import AGENTS
from flows.transcripts.opening import EXTRACTION, Crew, open_crew, open_run
from flows.transcripts.run import TranscriptRun
from flows.transcripts.understanding import understand
from tasks.records import runs
from tasks.reports.comparison import comparison_page, write_comparison
from tasks.reports.page import page_markdown
from tasks.reports.writing import write_whole
from tasks.transcripts.assemble import assemble
from tasks.transcripts.merge import merge
from tasks.transcripts.reading import Unreadable, read_folder, shown
from tasks.transcripts.record import CrmRecord
from tasks.transcripts.scoring import tables
from tasks.transcripts.scoring.drafts import DraftCheck, check_written
from tasks.transcripts.scoring.gold import Gold, read_gold
from tasks.transcripts.scoring.quality import ModelScore
from tasks.transcripts.scoring.score import score
from tasks.transcripts.scoring.verdicts import Condition, TranscriptScore
from tasks.transcripts.transcript import Transcript, without_header

if TYPE_CHECKING:
    import pandas as pd

SCORED = tuple(agent for agent in AGENTS if agent is not structuring.AGENT)
"""Phases have no gold answers."""
GOLD = ".gold.json"
CONDITIONS: tuple[Condition, ...] = ("pipeline", "dialogue-only")


class Scored(BaseModel):
    """Where the figures are."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    run_id: str
    transcripts: int
    summary: list[dict[str, Any]]
    """One row a model and condition."""
    fields: list[dict[str, Any]]
    """One row a model, condition and field, with the exact 95 % interval."""
    files: dict[str, Path]
    """Table -> CSV file."""
    report: Path
    """The page with charts."""


@flow(name="score-models", flow_run_name="score-models", log_prints=False, timeout_seconds=7 * 24 * 3600)
async def score_models(
    folder: Path,
    lineups: Annotated[list[str], Field(min_length=1)] = ["production"],  # noqa: B006 - Prefect copies it for each run
    repeats: Annotated[int, Field(ge=1, le=20)] = 1,
    drafts: bool = True,
) -> Scored:
    """Compares the models of lineups on a folder of transcripts with gold answers beside them (*.gold.json).

    Nothing is stored of the calls: every question is asked anew, and only calls to models and scores are kept.

    Args:
        folder: Folder with transcripts and their gold answers.
        lineups: Names of Transcript Lineup blocks to compare.
        repeats: How often everything is asked; the figures are means, with the spread beside them.
        drafts: Let e-mail, posts, coaching and summary be written and check them too; without, only fields are scored.

    Returns:
        The tables, and where they are as CSV files.
    """
    judged = read_judged(folder)
    scores: list[ModelScore] = []
    total = len(lineups) * repeats * len(CONDITIONS)
    async with counted("score-progress", "rounds over all transcripts", total) as counting:
        for lineup in lineups:
            async with open_crew(lineup) as crew:
                for repetition in range(1, repeats + 1):
                    for condition in CONDITIONS:
                        scores.append(await _scored(crew, judged, condition, repetition, drafts))
                        counting.step()
    frames = {"summary": tables.summary(scores), "fields": tables.fields(scores), "lists": tables.lists(scores),
              "drafts": tables.drafts(scores), "values": tables.cells(scores)}  # fmt: skip
    run_id = str(flow_run.id)
    files = await asyncio.to_thread(_write, frames, run_id)
    report = await asyncio.to_thread(write_comparison, scores, run_id, state_folder("scores", run_id))
    await acreate_markdown_artifact(page_markdown(comparison_page(scores, run_id)), key="score-models")
    return Scored(
        run_id=run_id, transcripts=len(judged), files=files, report=report[1],
        summary=_rows(frames["summary"]), fields=_rows(frames["fields"]),
    )  # fmt: skip


def read_judged(folder: Path) -> list[tuple[Transcript, Gold]]:
    """The transcripts of a folder that have gold answers. TranscriptError if there are none, or one cannot be used."""
    judged = list(_with_gold(folder))
    if not judged:
        raise TranscriptError(
            "No transcript of that folder has gold answers.",
            means="there is nothing to compare a model with.",
            do="put a file name.gold.json (format transcript-gold/1) beside name.txt.",
        )
    return judged


def _with_gold(folder: Path) -> Iterator[tuple[Transcript, Gold]]:
    unread = {gold for gold in folder.glob(f"*{GOLD}") if not gold.name.startswith(".")}
    for path, read in read_folder(folder):
        gold = path.with_suffix(GOLD)
        if not gold.exists():
            continue
        unread.discard(gold)
        if isinstance(read, Unreadable):
            raise TranscriptError(
                f"{read.filename} has gold answers and cannot be scored: {read.reason}",
                means="a comparison without it would be another one than was asked for.",
                do="correct or remove the file, then score again.",
            )
        yield read, read_gold(gold)
    if unread:
        raise TranscriptError(
            f"There is no transcript beside {', '.join(shown(gold) for gold in sorted(unread))}.",
            means="a comparison without it would be another one than was asked for.",
            do="name transcript and gold answers alike (name.txt and name.gold.json), then score again.",
        )


async def _scored(
    crew: Crew, judged: Sequence[tuple[Transcript, Gold]], condition: Condition, repetition: int, drafts: bool
) -> ModelScore:
    """One model over all transcripts in one condition."""
    results: list[TranscriptScore] = []
    outcomes: list[str] = []
    for transcript, gold in judged:
        seen = transcript if condition == "pipeline" else without_header(transcript)
        name = f"{crew.lineup.name}: {transcript.filename}, {condition}, {repetition}"
        run_id = str(uuid5(UUID(str(flow_run.id)), f"{name}, {transcript.transcript_id}"))
        tell(name, "started", crew.lineup.roles[EXTRACTION])
        async with open_run(crew, run_id, seen, purpose="trial") as run:
            record, checks = await _record(run, seen, drafts)
        outcomes += [call["outcome"] for call in runs.read_calls(crew.database, run_id)]
        results.append(score(record, gold, condition, checks))
        tell(name, "done")
    model = f"{crew.lineup.roles[EXTRACTION]} ({crew.lineup.name})"
    first_try = sum(outcome == "first_pass" for outcome in outcomes) / len(outcomes) if outcomes else None
    return ModelScore(model, condition, tuple(results), first_try, repetition)


async def _record(run: TranscriptRun, transcript: Transcript, drafts: bool) -> tuple[CrmRecord, list[DraftCheck]]:
    """What the models come to; one that gives no usable answer has found or written nothing."""
    whole = await asyncio.to_thread(run.plan, transcript)
    agents = SCORED if drafts else (extraction.AGENT,)
    checks: list[DraftCheck] = []
    try:
        understood = await understand(
            transcript, replace(whole, agents=agents), run.answer, run.models[EXTRACTION].name
        )
        record, checks = understood.record, [DraftCheck(**check) for check in understood.checks]
    except CallError:
        record = assemble(transcript, merge(transcript, []), model=run.models[EXTRACTION].name)
    return record, [*check_written(record), *checks] if drafts else []


def _write(frames: "dict[str, pd.DataFrame]", run_id: str) -> dict[str, Path]:
    place = state_folder("scores", run_id)
    files = {name: place / f"{name}.csv" for name in frames}
    for name, path in files.items():
        write_whole(path, tables.to_csv(frames[name]))
    return files


def _rows(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Plain values; a figure that was not measured is None."""
    rows: list[dict[str, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return rows
