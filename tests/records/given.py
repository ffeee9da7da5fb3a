"""Runs and calls as the generator records them, made by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from blocks.errors import CallError
from tasks.answering.call import Asked, Attempt
from tasks.records import runs

MOMENT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)

GOOD = Attempt("first", MOMENT, 2.0, 200, prompt_tokens=100, completion_tokens=40)
REFUSED = Attempt("first", MOMENT, 1.0, 503, "capacity", "No room.", '{"errors": [3040]}')


def a_run(run_id: str = "run-1", **changes: Any) -> runs.RunStart:
    start = runs.RunStart(
        id=run_id, pipeline="generator", environment="preview", purpose="user", input={"brief": {"niche": "clinics"}},
        lineup={"name": "preview", "roles": {"value_stack": "small"}}, models={"small": {"model": "s"}}, started_at=MOMENT,
    )  # fmt: skip
    return replace(start, **changes)


def a_call(run: runs.RunStart, *attempts: Attempt, **changes: Any) -> runs.CallRecord:
    """An answered call; with `output=None` a failed one."""
    tried = attempts or (GOOD,)
    failed = "output" in changes and changes["output"] is None
    error = CallError("No room.", error_class="capacity") if failed else None
    asked: Asked[Any] = Asked("failed" if failed else "first_pass", tried, None if failed else "value", error=error)
    call = runs.CallRecord(
        run=run, role="value_stack", part="", arm="incumbent", model_block="small", provider="ollama", model="s",
        digest="sha256:1", prompt_sha256="0" * 64, asked=asked, cost=None, score=95, output={"total": 1700},
        input_key="k" * 64,
    )  # fmt: skip
    return replace(call, **changes)


def later(seconds: float, attempt: Attempt = GOOD) -> Attempt:
    return replace(attempt, kind="retry", started_at=attempt.started_at + timedelta(seconds=seconds))
