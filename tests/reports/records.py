"""Runs of the invented business, recorded in a real database as the generator records them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Engine

from blocks.errors import CallError
from flows.generator.report_synthesis import SECTIONS, Report, WrittenSection
from flows.generator.stages import STAGES
from tasks.answering.call import Asked, Attempt
from tasks.records import runs
from tests.generator.examples import outputs, sample

START = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
PROSE = """The clinics are **busy and short of cash**, and the owners know it.

## What follows

- Begin with the *weekly page*.
- Change one fee a month:
  1. the one furthest below cost,
  2. then the next.

> "I just want to know if we're okay."

| Figure | Meaning |
|---|---|
| `cash days` | weeks of cash left |

### Where to look

One call a fortnight is enough to keep the routine alive while the practice goes on as before. """


@cache
def bodies() -> Mapping[str, Any]:
    """Stage key -> stored output, the report among them."""
    found: dict[str, Any] = dict(outputs())
    sections = [
        WrittenSection(key=each.key, title=each.title, markdown=_markdown(each, found), words=180) for each in SECTIONS
    ]
    found["report_synthesis"] = Report(
        title="Market research report: Tern & Tide Practice Finance", sections=sections, words=1620, target_words=2000,
        headline="Owners buy certainty before Tuesday's payroll, not reports",
    ).model_dump(mode="json")  # fmt: skip
    return found


def _markdown(section: Any, found: Mapping[str, Any]) -> str:
    return PROSE * 2 + ("\n\n" + section.table(found) if section.table else "")


def start(
    database: Engine, run_id: str = "run-1", provider: str = "embedded", parent: str | None = None
) -> runs.RunStart:
    """A run that has begun."""
    model = {"provider": provider, "model": "small-4b-q4", "digest": "sha256:0123456789abcdef", "withdrawn_on": None}
    begun = runs.RunStart(
        id=run_id, pipeline="generator", environment="production", purpose="user", parent_id=parent, started_at=START,
        lineup={"name": "production", "roles": {}, "settings": {"report_words": 2000}}, models={"some-model": model},
        input=sample().model_dump(mode="json"),
    )  # fmt: skip
    runs.start_run(database, begun)
    return begun


def call(
    run: runs.RunStart,
    role: str,
    part: str = "",
    at: float = 0.0,
    seconds: float = 4.0,
    outcome: Any = "first_pass",
    cost: float | None = None,
    output: Any = None,
    **more: Any,
) -> runs.CallRecord:
    """A call that began `at` seconds after the run; a repaired one was asked again, a failed one gave nothing."""
    begun = START + timedelta(seconds=at)
    first = Attempt("first", begun, seconds, 200, prompt_tokens=1200, completion_tokens=800)
    again = Attempt(
        "re-ask", begun + timedelta(seconds=seconds), seconds, 200, prompt_tokens=1300, completion_tokens=800
    )
    failure = CallError("The model gave no answer.", do="name another model.", error_class="timeout")
    asked = Asked(
        outcome, (first, again) if outcome == "repaired" else (first,), None if outcome == "failed" else output or {},
        error=failure if outcome == "failed" else None,
    )  # fmt: skip
    body = None if outcome == "failed" else output or {}
    provider = str(run.models["some-model"]["provider"])
    return runs.CallRecord(
        run=run, role=role, part=part, arm="incumbent", model_block="some-model", provider=provider, model="small-4b-q4",
        digest=None, prompt_sha256="0" * 64, asked=asked, cost=cost, output=body, input_key=f"{role}/{part}",
        **{"score": None if body is None else 95, **more},
    )  # fmt: skip


def report_calls(run: runs.RunStart, at: float, cost: float | None = None) -> list[runs.CallRecord]:
    """An outline, then the sections at the same time, four seconds each, one second apart."""
    made = [call(run, "report_synthesis", "outline", at, output={"headline": "Certainty"}, cost=cost)]
    for number, section in enumerate(bodies()["report_synthesis"]["sections"]):
        made.append(call(run, "report_synthesis", section["key"], at + 4 + number, output=section, cost=cost))
    return made


def finish_report(database: Engine, run: runs.RunStart, source: Any = "asked") -> None:
    """The step of the whole report, which code puts together."""
    body = bodies()["report_synthesis"]
    with database.begin() as connection:
        address = runs.put_output(connection, body, START)
        runs.put_step(connection, run.id, runs.Step("report_synthesis", "", address, address, source, None, 85), START)


def record(database: Engine, run: runs.RunStart, until: int = 13, cost: float | None = None, **more: Any) -> None:
    """Stages 1 to `until`, all answered, and the end of the run."""
    for stage in STAGES[:until]:
        at = 5.0 * stage.number
        if stage.write:
            for made in report_calls(run, at, cost):
                runs.save_call(database, made)
            finish_report(database, run)
        else:
            outcome = "repaired" if stage.number == 4 else "first_pass"
            made = call(run, stage.key, "", at, 3 + stage.number, outcome, cost, bodies()[stage.key], **more)
            runs.save_call(database, made)
    runs.end_run(database, run.id, "completed", START + timedelta(seconds=92))
