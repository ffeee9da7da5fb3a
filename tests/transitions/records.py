"""Puts calls into the records, as many and as they are wanted."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, insert

from tasks.judging.observations import Call
from tasks.records.ledger_tables import assignments, field_checks
from tasks.records.tables import calls, runs

MODELS = {"incumbent": "old", "candidate": "new"}


def run_row(run_id: str, at: datetime, **given: Any) -> dict[str, Any]:
    usual = {
        "id": run_id, "pipeline": "generator", "environment": "preview", "purpose": "trial", "parent_id": None,
        "lineup": {}, "models": {}, "lineup_sha256": "", "input": {}, "input_sha256": "", "status": "completed",
        "error": None, "started_at": at, "ended_at": at,
    }  # fmt: skip
    return usual | given


def call_row(number: int, call: Call, **given: Any) -> dict[str, Any]:
    usual = {
        "id": f"call-{number}", "run_id": call.run_id, "pipeline": "generator", "environment": "preview",
        "purpose": "trial", "role": call.role, "part": "", "arm": call.arm, "model_block": MODELS[call.arm],
        "provider": "double", "model": "m", "digest": None, "lineup_sha256": "", "prompt_sha256": "",
        "started_at": call.at, "seconds": call.seconds, "total_seconds": call.seconds or 0, "attempts": 1,
        "prompt_tokens": 1, "completion_tokens": 1, "cost": call.cost,
        "outcome": "failed" if call.failed else "first_pass", "repairs": [], "truncated": False, "cold": call.cold,
        "placeholders": call.placeholders, "echoes": call.echoes, "score": call.score, "problems": [],
        "error_class": None, "error": None, "output_sha256": None, "pair_id": call.pair_id,
    }  # fmt: skip
    return usual | given


def store_calls(database: Engine, made: Iterable[Call], gate_id: str = "gate-1", first: int = 0, **given: Any) -> None:
    """Stores calls with their runs, canary assignments and field checks."""
    made = list(made)
    if not made:
        return
    starts = {call.run_id: call for call in made}
    weights = {call.run_id: call for call in made if call.weight is not None}
    checks = [
        {"call_id": f"call-{first + n}", "field": field, "correct": right}
        for n, call in enumerate(made)
        for field, right in call.fields.items()
    ]
    with database.begin() as connection:
        connection.execute(
            insert(runs),
            [
                run_row(run_id, call.at, **{"input_sha256": call.about, **_shared(given)})
                for run_id, call in starts.items()
            ],
        )
        connection.execute(insert(calls), [call_row(first + n, call, **given) for n, call in enumerate(made)])
        if checks:
            connection.execute(insert(field_checks), checks)
        if weights:
            connection.execute(
                insert(assignments),
                [
                    {"run_id": run_id, "gate_id": gate_id, "arm": call.arm, "weight": call.weight, "at": call.at}
                    for run_id, call in weights.items()
                ],
            )


def _shared(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in ("pipeline", "environment", "purpose")}
