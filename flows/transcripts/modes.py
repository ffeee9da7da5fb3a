"""Tests a person can start: quick tries the stores without a model; real runs the long sample and scores it."""

import asyncio
from datetime import UTC, datetime
from typing import Any, get_args

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import BaseModel, ConfigDict

from blocks.errors import ServiceError
from blocks.graph import GraphStore
from blocks.stores import load_stores
from flows.opening import recorded
from flows.transcripts.earlier import without
from flows.transcripts.opening import PIPELINE
from flows.transcripts.process import Processed, kept, process_transcript, projected
from flows.transcripts.recorded import MODEL, RecordedReplies
from flows.transcripts.run import TranscriptRun
from flows.transcripts.samples import LONG, REPLIES, SHORT
from flows.transcripts.understanding import Plan, understand
from tasks.answering.ask import Asking
from tasks.answering.transport import new_client
from tasks.crm.graph.check import check_graph
from tasks.crm.status import Status, read_status
from tasks.records import runs
from tasks.records.database import engine
from tasks.records.transcripts import keep_source, note_run, read_transcript, read_transcript_run
from tasks.reports.comparison import comparison_page
from tasks.reports.page import page_markdown
from tasks.transcripts.knowledge import Knowledge
from tasks.transcripts.reading import read_file
from tasks.transcripts.record import CrmRecord
from tasks.transcripts.scoring.drafts import DraftCheck, check_drafts, check_written
from tasks.transcripts.scoring.gold import read_gold
from tasks.transcripts.scoring.quality import ModelScore
from tasks.transcripts.scoring.score import score
from tasks.transcripts.transcript import Transcript
from tasks.transcripts.windows import windows

ONE_WINDOW = 10_000
"""Tokens; the short sample is far less."""


class Tried(BaseModel):
    """What the quick test found."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    run_id: str
    transcript_id: str
    stores: dict[str, str]
    """Store, or table of it -> done, unconfigured, or what is wrong."""


@flow(name="transcript-quick", flow_run_name="transcript-quick", log_prints=False, timeout_seconds=900)
async def quick() -> Tried:
    """Tries the stores in seconds: recorded replies in the place of a model, everything else as always.

    The invented short sample goes through the whole pipeline into the database, Baserow and the graph as they are
    configured, and is read back from each. It says nothing about any model.

    Returns:
        What was found in each store.
    """
    transcript, database = read_file(SHORT), engine()
    await asyncio.to_thread(keep_source, database, transcript, datetime.now(UTC))
    record = await _from_replies(transcript)
    stores = await load_stores()
    # Compared even where it was brought or refused before: what was found then says nothing about the stores of today.
    await projected(database, stores, transcript.transcript_id, get_args(Status))
    stored = read_transcript(database, transcript.transcript_id)
    found = {"database": "done" if stored and stored["crm_data"] == record.model_dump(mode="json") else "differs"}
    for row in read_status(database, [transcript.transcript_id]):
        found[" ".join(filter(None, (row["target"], row["place"])))] = row["status"]
    if stores.graph is not None and found["graph"] == "done":
        problems = await asyncio.to_thread(_graph_problems, stores.graph, record)
        found["graph"] = "; ".join(problems) or "done"
    lines = [f"| {name} | {state} |" for name, state in found.items()]
    await acreate_markdown_artifact("\n".join(["| store | found |", "|---|---|", *lines, ""]), key="transcript-quick")
    _require(found)
    return Tried(run_id=str(flow_run.id), transcript_id=transcript.transcript_id, stores=found)


async def _from_replies(transcript: Transcript) -> CrmRecord:
    replies, database = RecordedReplies(REPLIES), engine()
    start = runs.RunStart(
        id=str(flow_run.id), pipeline=PIPELINE, environment="quick", purpose="drill",
        lineup={"name": MODEL, "roles": {}, "settings": {}}, models={}, started_at=datetime.now(UTC),
        input={"transcript_id": transcript.transcript_id, "filename": transcript.filename, "sha256": transcript.sha256},
    )  # fmt: skip
    async with new_client() as client:
        run = TranscriptRun(
            start=start, database=database, asking=Asking(client), models={}, filename=transcript.filename
        )
        async with recorded(run):
            await run.store(note_run, transcript, start.id, MODEL, None, start.started_at)
            plan = Plan(windows(transcript.turns, ONE_WINDOW))
            understood = await understand(transcript, plan, replies.answer, MODEL)
            await kept(run, transcript, understood)
    return understood.record


def _graph_problems(store: GraphStore, record: CrmRecord) -> list[str]:
    with store.connect() as graph:
        return check_graph(graph, [record])


def _require(found: dict[str, str]) -> None:
    bad = {name: state for name, state in found.items() if state not in ("done", "unconfigured")}
    if bad:
        raise ServiceError(
            "The sample call did not arrive everywhere: "
            + "; ".join(f"{name}: {state}" for name, state in bad.items()),
            means="what is stored in the database is right; these stores are not.",
            do="see the sync status of the call for the reasons, mend the store, then run this test again.",
        )


@flow(name="transcript-real", flow_run_name="transcript-real-{lineup}", log_prints=False, timeout_seconds=24 * 3600)
async def real(lineup: str = "production", again: bool = True) -> Any:
    """Processes the invented 70-minute sample with the models of a lineup and scores its record against gold answers.

    Args:
        lineup: Name of the Transcript Lineup block whose models are asked.
        again: Ask the models, even where they have answered before.

    Returns:
        The run, the call, and which projection is behind; the score is an artifact.
    """
    result = await process_transcript(path=LONG, lineup=lineup, again=again)
    record, checks = _written_now(result)
    judged = score(record, read_gold(LONG.with_suffix(".gold.json")), "pipeline", checks)
    scores = [ModelScore(record.meeting.model or "?", "pipeline", (judged,), _first_try(result.run_id))]
    await acreate_markdown_artifact(page_markdown(comparison_page(scores, result.run_id)), key="transcript-real")
    get_run_logger().info("key fields: %s of %s", scores[0].accuracy("key").right, scores[0].accuracy("key").n)
    return result


def _written_now(result: Processed) -> tuple[CrmRecord, list[DraftCheck]]:
    """What this run's models made of the long sample, and its checks: what another run wrote is not to their credit."""
    found = read_transcript_run(engine(), result.run_id)
    assert found is not None
    record = without(CrmRecord.model_validate(found["record"]), result.stays)
    day = Knowledge.model_validate(found["knowledge"]).meeting_date
    return record, [*check_written(record), *check_drafts(record, read_file(LONG), day)]


def _first_try(run_id: str) -> float | None:
    calls = runs.read_calls(engine(), run_id)
    return sum(call["outcome"] == "first_pass" for call in calls) / len(calls) if calls else None
