"""Calls for the pipeline's tests: agents that answer from recorded replies, records to store, models that say them."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from flows.transcripts.recorded import RecordedReplies
from flows.transcripts.samples import REPLIES
from flows.transcripts.understanding import Plan, Query, Understood, understand
from tasks.records import runs
from tasks.records.transcripts import Result, keep_result, keep_source, note_run
from tasks.transcripts.knowledge import Knowledge
from tasks.transcripts.reading import read_text
from tasks.transcripts.record import CrmRecord
from tasks.transcripts.transcript import Transcript
from tasks.transcripts.windows import windows
from tests.crm.baserow_setting import record
from tests.doubles.model_server import AskedRequest

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ONE_WINDOW = 10_000


def recorded(**changes: Any) -> Callable[[Query], Any]:
    """An ask that answers from the shipped replies; `changes` are other answers by agent (`email={...}`)."""
    replies = RecordedReplies(REPLIES)
    replies.replies = {name: changes.get(name.split("/")[0], reply) for name, reply in replies.replies.items()}
    return replies.answer


def heard(transcript: Transcript, ask: Any = None, budget: int = ONE_WINDOW, **plan: Any) -> Understood:
    """What the agents make of a call."""
    ask = ask or recorded()
    return asyncio.run(understand(transcript, Plan(windows(transcript.turns, budget), **plan), ask, "a-model"))


def says(**replies: Any) -> Callable[[AskedRequest], Any]:
    """A model that gives the shipped replies, or others by agent; anything not recorded gets a valid answer."""
    known: Mapping[str, Any] = json.loads(REPLIES.read_text())

    def answer(request: AskedRequest) -> Any:
        agent, _, part = question(request).partition("-")
        return replies.get(agent, known.get(f"{agent}/{part}"))

    return answer


def question(request: AskedRequest) -> str:
    """Which question a request is, for example `extraction-window-001`."""
    return str(request.body["response_format"]["json_schema"]["name"])


def agents(request: AskedRequest) -> str:
    return question(request).partition("-")[0]


def call(key: str, words: str = "I will think about it.") -> Transcript:
    """A short call with this transcript id."""
    return read_text(
        f"Hanna Brandt: Estate Planning Advisor Meeting\nHanna Brandt\nhanna{key}@example.com\n2026-05-04T15:30:00Z\n{key}\n"
        f"[00:00:05] Rolf Adler: Good morning Hanna, how are you today?\n[00:00:10] Hanna Brandt: {words}\n",
        filename=f"{key}.txt",
    )


def store(database: Engine, number: int = 1, run_id: str = "", at: datetime = NOW, **changes: Any) -> bool:
    """Stores a whole record as a run would; whether the call's record changed."""
    made = record(number, **changes)
    key = made.meeting.transcript_id
    source, run_id = call(key), run_id or f"run-{number}"
    begin(database, run_id, source, at)
    return keep_result(database, Result(run_id, source.sha256, made, Knowledge()), at)


def begin(database: Engine, run_id: str, source: Transcript, at: datetime = NOW) -> None:
    keep_source(database, source, at)
    start = runs.RunStart(
        id=run_id,
        pipeline="transcripts",
        environment="test",
        purpose="user",
        lineup={},
        models={},
        input={},
        started_at=at,
    )
    runs.start_run(database, start)
    note_run(database, source, run_id, "a-model", None, at)


def stored(row: Any) -> CrmRecord:
    return CrmRecord.model_validate(row["crm_data"])
