"""Sales calls of the record store that is measured: each with its text, a run, its record, and how far that was brought.

All but a few are in the graph; Baserow is not configured, as in an installation where nobody has done so.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Table

from blocks.lineups import TranscriptLineup
from flows.transcripts.samples import SHORT
from tasks.crm.status import PLACES
from tasks.judging.observations import Call
from tasks.records.runs import sha256
from tasks.records.tables import calls, outputs, runs
from tasks.records.transcript_tables import sync_status, transcript_runs, transcripts
from tasks.transcripts.knowledge import Knowledge
from tasks.transcripts.reading import read_file
from tests.crm.graph_calls import household
from tests.transitions.records import call_row, run_row

MODEL = "mistral-7b"
TURNS = 20
"""Times the short sample: a call of some twenty minutes."""
BEHIND = 20
"""Calls that are not in the graph yet."""
_OF_TRANSCRIPTS = {"pipeline": "transcripts", "environment": "production", "purpose": "user"}


def rows_by_table(count: int, until: datetime, past: timedelta) -> Iterator[tuple[Table, Iterable[dict[str, Any]]]]:
    """Rows of `count` sales calls of the time before `until`, in an order in which tables may be filled."""
    numbers = {n: until - past * (n / max(1, count)) for n in range(count)}
    yield outputs, [_output(_knowledge(), until - past)]
    yield outputs, (_output(record(n), at) for n, at in numbers.items())
    yield runs, (_run(n, at) for n, at in numbers.items())
    yield calls, (row for n, at in numbers.items() for row in _calls(n, at))
    yield transcripts, (_transcript(n, at) for n, at in numbers.items())
    yield transcript_runs, (_transcript_run(n, at) for n, at in numbers.items())
    yield sync_status, (row for n, at in numbers.items() for row in _brought(n, at))


def record(n: int) -> dict[str, Any]:
    body: dict[str, Any] = household(n, filename=f"call-{n}.txt").model_dump(mode="json")
    return body


@cache
def _knowledge() -> dict[str, Any]:
    return Knowledge(persons=["Hanna Brandt"]).model_dump(mode="json")


@cache
def _source() -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    """Text, header and turns, the same for all."""
    body = read_file(SHORT).model_dump(mode="json")
    return body["text"] * TURNS, body["header"], body["turns"] * TURNS


def _output(body: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {"sha256": sha256(body), "body": body, "created_at": at}


def _run(n: int, at: datetime) -> dict[str, Any]:
    return run_row(f"t{n}", at, **_OF_TRANSCRIPTS, input={"filename": f"call-{n}.txt"})


def _calls(n: int, at: datetime) -> Iterator[dict[str, Any]]:
    for role in TranscriptLineup.roles:
        call = Call(role=role, arm="incumbent", at=at, run_id=f"t{n}", failed=False, seconds=9, score=95)
        known_as = sha256(_knowledge())
        yield call_row(n, call, **_OF_TRANSCRIPTS, id=f"t{n}-{role}", model_block=MODEL, output_sha256=known_as)


def _transcript(n: int, at: datetime) -> dict[str, Any]:
    body, (text, header, turns) = record(n), _source()
    return {
        "external_id": body["meeting"]["transcript_id"], "filename": f"call-{n}.txt", "raw_text": text,
        "content_sha256": f"{n:064x}", "header": header, "turns": turns, "client_key": f"client-{n}",
        "extracted_data": _knowledge(), "conversation_phases": [], "crm_data": body, "crm_sha256": sha256(body),
        "email_draft": "Good morning", "social_content": {}, "coaching_feedback": {}, "run_id": f"t{n}",
        "created_at": at, "updated_at": at,
    }  # fmt: skip


def _transcript_run(n: int, at: datetime) -> dict[str, Any]:
    body = record(n)
    return {
        "run_id": f"t{n}", "external_id": body["meeting"]["transcript_id"], "content_sha256": f"{n:064x}", "model": MODEL,
        "digest": None, "record_sha256": sha256(body), "knowledge_sha256": sha256(_knowledge()), "dropped": [],
        "checks": [], "missing": {}, "at": at,
    }  # fmt: skip


def _brought(n: int, at: datetime) -> Iterator[dict[str, Any]]:
    body, to_graph = record(n), "behind" if n < BEHIND else "done"
    for target, places in PLACES.items():
        for place in places:
            yield {
                "external_id": body["meeting"]["transcript_id"], "target": target, "place": place,
                "status": to_graph if target == "graph" else "unconfigured", "reason": None,
                "record_sha256": sha256(body), "attempts": 1, "claimed_by": None, "claimed_until": None, "at": at,
            }  # fmt: skip
