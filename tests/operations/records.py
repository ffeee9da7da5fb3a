"""A database with something in it: runs, calls, attempts, a transcript, ledger entries."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select

from tasks.answering.call import Asked, Attempt
from tasks.records import ledger, runs
from tasks.records.tables import calls

NOW = datetime(2026, 5, 4, 12, 0, 0, 123456, tzinfo=UTC)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def add_run(database: Engine, at: datetime = NOW, given: Any = None, **fields: Any) -> runs.RunStart:
    """A run with one call that failed once and then answered."""
    start = runs.RunStart(
        id=str(uuid.uuid4()), pipeline="generator", environment="production", purpose="user",
        lineup={"value_stack": "double"}, models={"double": {"price": 0.1}}, input=given or {"text": "ü, \N{SNOWMAN}"},
        started_at=at,
    )  # fmt: skip
    runs.start_run(database, start)
    add_call(database, start, at, **fields)
    return start


def add_call(database: Engine, start: runs.RunStart, at: datetime, output: Any = None) -> None:
    failed = Attempt("first", at, 1.5, 500, "server_error", "the server failed", "the raw body")
    good = Attempt("retry", at + timedelta(seconds=2), 0.1 + 0.2, 200, prompt_tokens=10, completion_tokens=5)
    asked: Asked[Any] = Asked("first_pass", (failed, good), value=output or {"at": at.isoformat(), "rate": 0.1})
    runs.save_call(
        database,
        runs.CallRecord(
            run=start, role="value_stack", part="", arm="incumbent", model_block="double", provider="ollama",
            model="mistral:7b", digest=None, prompt_sha256="0" * 64, asked=asked, cost=None, output=asked.value,
            input_key=str(uuid.uuid4()),
        ),
    )  # fmt: skip


def add_entries(database: Engine, count: int = 3) -> None:
    for number in range(count):
        ledger.append(database, ledger.NewEntry("note", "tests", NOW, {"number": number}))


def count_calls(database: Engine) -> int:
    with database.connect() as connection:
        return connection.scalar(select(func.count()).select_from(calls)) or 0
