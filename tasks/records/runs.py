"""Runs, calls, outputs and steps: what is written while a pipeline runs, and read back to go on or to report."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Connection, Engine, RowMapping, Select, insert, select, update

from tasks.answering.call import Asked
from tasks.records.tables import attempts, calls, outputs, runs, steps
from tasks.records.writing import insert_new, insert_or_change

Purpose = Literal["user", "trial", "baseline", "shadow", "drill"]
Status = Literal["running", "completed", "failed", "cancelled"]
Source = Literal["asked", "reused", "overridden"]
"""Where a step's output came from: a call of this run, an earlier run, a person."""


def canonical(value: Any) -> str:
    """The same text for the same value, whatever the order of its keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def sha256(value: Any) -> str:
    """Content address of a JSON value, hexadecimal."""
    return hashlib.sha256(canonical(value).encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True)
class RunStart:
    """What is known when a run begins."""

    id: str
    pipeline: str
    environment: str
    purpose: Purpose
    lineup: Mapping[str, Any]
    models: Mapping[str, Any]
    input: Any
    started_at: datetime
    parent_id: str | None = None

    @cached_property
    def lineup_sha256(self) -> str:
        return sha256([self.lineup, self.models])


def start_run(database: Engine, run: RunStart) -> None:
    """Stores a run as running; a run that is already there (taken up again after a crash) is set running again."""
    row = {
        **{name: getattr(run, name) for name in ("id", "pipeline", "environment", "purpose", "parent_id", "started_at")},
        "lineup": dict(run.lineup), "models": dict(run.models), "lineup_sha256": run.lineup_sha256,
        "input": run.input, "input_sha256": sha256(run.input), "status": "running", "error": None, "ended_at": None,
    }  # fmt: skip
    with database.begin() as connection:
        insert_or_change(connection, runs, [row], ("status", "error", "ended_at"))


def end_run(database: Engine, run_id: str, status: Status, at: datetime, error: str | None = None) -> None:
    with database.begin() as connection:
        connection.execute(update(runs).where(runs.c.id == run_id).values(status=status, ended_at=at, error=error))


def read_run(database: Engine, run_id: str) -> RowMapping | None:
    """The run's row, or None if there is no such run."""
    return _first(database, select(runs).where(runs.c.id == run_id))


def latest_run(database: Engine, pipeline: str, status: Status = "completed") -> RowMapping | None:
    """The newest of users' runs of a pipeline with this status; what was asked for a gate is shown to nobody else."""
    wanted = select(runs).where(runs.c.pipeline == pipeline, runs.c.status == status, runs.c.purpose == "user")
    return _first(database, wanted.order_by(runs.c.started_at.desc()).limit(1))


@dataclass(frozen=True)
class CallRecord:
    """Everything stored of one call besides its attempts."""

    run: RunStart
    role: str
    part: str
    arm: Literal["incumbent", "candidate"]
    model_block: str
    provider: str
    model: str
    digest: str | None
    prompt_sha256: str
    asked: Asked[Any]
    cost: float | None
    placeholders: int = 0
    echoes: int = 0
    score: int | None = None
    problems: Sequence[Mapping[str, str]] = ()
    output: Any = None
    """What to store as the call's output; None for a failed call."""
    input_key: str | None = None
    """What the output depends on; None for a call that is not a step of the run."""
    pair_id: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


# Made once: what a statement with values is compiled from is worked out again at each execution.
_NEW_CALL, _NEW_ATTEMPT = insert(calls), insert(attempts)


def save_call(database: Engine, call: CallRecord) -> None:
    """Stores a call, its attempts, its output and the step it makes, in one transaction."""
    asked, finished = call.asked, _finished(call.asked)
    with database.begin() as connection:
        address = put_output(connection, call.output, finished) if call.output is not None else None
        connection.execute(_NEW_CALL, _call_row(call, address))
        connection.execute(
            _NEW_ATTEMPT,
            [
                {
                    "call_id": call.id,
                    "number": number,
                    **vars(attempt),
                    "raw_body": attempt.raw_body if attempt.error_class else "",
                }
                for number, attempt in enumerate(asked.attempts, start=1)
            ],
        )
        if address and call.input_key:
            step = Step(call.role, call.part, call.input_key, address, "asked", call.id, call.score)
            put_step(connection, call.run.id, step, finished)


def _call_row(call: CallRecord, address: str | None) -> dict[str, Any]:
    asked, run = call.asked, call.run
    copied = ("id", "role", "part", "arm", "model_block", "provider", "model", "digest", "prompt_sha256", "cost",
              "placeholders", "echoes", "score", "pair_id")  # fmt: skip
    return {
        **{name: getattr(call, name) for name in copied},
        "run_id": run.id, "pipeline": run.pipeline, "environment": run.environment, "purpose": run.purpose,
        "lineup_sha256": run.lineup_sha256, "started_at": asked.attempts[0].started_at, "seconds": asked.latency,
        "total_seconds": asked.total_seconds, "attempts": len(asked.attempts),
        "prompt_tokens": asked.prompt_tokens, "completion_tokens": asked.completion_tokens,
        "outcome": asked.outcome, "repairs": list(asked.repairs), "truncated": asked.truncated, "cold": asked.cold,
        "problems": [dict(problem) for problem in call.problems], "output_sha256": address,
        "error_class": asked.error.error_class if asked.error else None, "error": str(asked.error) if asked.error else None,
    }  # fmt: skip


def _finished(asked: Asked[Any]) -> datetime:
    last = asked.attempts[-1]
    return last.started_at + timedelta(seconds=last.seconds)


@dataclass(frozen=True)
class Step:
    """The output a role (or a part of it) of a run ended with."""

    role: str
    part: str
    input_key: str
    output_sha256: str
    source: Source
    call_id: str | None = None
    score: int | None = None


def put_output(connection: Connection, body: Any, at: datetime) -> str:
    """Stores a JSON value once; its content address."""
    address = sha256(body)
    insert_new(connection, outputs, {"sha256": address, "body": body, "created_at": at})
    return address


def put_step(connection: Connection, run_id: str, step: Step, at: datetime) -> None:
    """Sets the step of a role; asking the same role again replaces it."""
    row = {"run_id": run_id, **vars(step), "finished_at": at}
    insert_or_change(connection, steps, [row], [name for name in row if name not in ("run_id", "role", "part")])


def read_steps(database: Engine, run_id: str) -> dict[tuple[str, str], tuple[Step, Any]]:
    """(role, part) -> the step and the body of its output."""
    with database.connect() as connection:
        rows = connection.execute(
            select(steps, outputs.c.body)
            .join(outputs, outputs.c.sha256 == steps.c.output_sha256)
            .where(steps.c.run_id == run_id)
        ).mappings()
        names = Step.__dataclass_fields__
        return {(row["role"], row["part"]): (Step(**{name: row[name] for name in names}), row["body"]) for row in rows}


def read_calls(database: Engine, run_id: str) -> list[RowMapping]:
    """The calls of a run in the order they were asked."""
    with database.connect() as connection:
        return list(
            connection.execute(select(calls).where(calls.c.run_id == run_id).order_by(calls.c.started_at)).mappings()
        )


def read_call(database: Engine, call_id: str) -> RowMapping | None:
    return _first(database, select(calls).where(calls.c.id == call_id))


def _first(database: Engine, wanted: Select[Any]) -> RowMapping | None:
    with database.connect() as connection:
        return connection.execute(wanted).mappings().first()
