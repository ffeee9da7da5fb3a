"""`phasegate run`: the generator from a terminal."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from blocks.errors import PhasegateError
from deployments.settings import apply_settings
from deployments.terminal import console, say


def register(app: typer.Typer) -> None:
    app.command()(run)


def run(
    brief: Annotated[
        Path | None, typer.Argument(help="JSON file with brief and preferences; the sample if left out.")
    ] = None,
    lineup: Annotated[str, typer.Option(help="Generator Lineup block: production or preview.")] = "production",
    continue_run: Annotated[str | None, typer.Option("--continue", help="Id of an earlier run to go on from.")] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="Fact to correct in the run gone on from: stage.field=value.")
    ] = None,
) -> None:
    """Turn a business brief into market research and an offer: thirteen stages, a report, a table."""
    apply_settings(quiet=True)
    from deployments.prefect_server import prefect_api
    from flows.generator.brief import load_input, warnings
    from flows.generator.samples import SAMPLE

    given = None if continue_run and brief is None else load_input(brief or SAMPLE)
    if given:
        for warning in warnings(given):
            say(f"note: {warning}")
    overrides = dict(_assignment(one) for one in change or ())
    say("Starting ...")
    with prefect_api(), _way_on():
        run_id = _generate(given, lineup, continue_run, overrides)
    _show(run_id)


@contextlib.contextmanager
def _way_on() -> Iterator[None]:
    """Says how to go on from the run that failed or was stopped inside this context, if it came as far as the records."""
    began = datetime.now(UTC)
    try:
        yield
    except BaseException:
        from tasks.records.database import engine
        from tasks.records.runs import latest_run

        with contextlib.suppress(PhasegateError):
            ended = [latest_run(engine(), "generator", status) for status in ("failed", "cancelled")]
            for run in ended:
                if run is not None and run["started_at"] >= began:
                    say(f"Finished stages are kept. Go on with: phasegate run --continue {run['id']}")
        raise


def _assignment(text: str) -> tuple[str, Any]:
    from blocks.errors import InputError

    path, sign, value = text.partition("=")
    if not sign:
        raise InputError(
            f"--set {text!r} has no '='.", do="write stage.field=value, for example value_stack.value_stack_summary=..."
        )
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


def _generate(given: Any, lineup: str, continue_run: str | None, overrides: dict[str, Any]) -> str:
    from blocks.registering import register_blocks
    from deployments.watching import watching
    from flows.generator.generate import generate

    async def whole() -> str:
        await register_blocks()
        return await generate(given, lineup=lineup, continue_run=continue_run, overrides=overrides)

    with watching() as context:
        return context.run(asyncio.run, whole())


def _show(run_id: str) -> None:
    from blocks.home import folder
    from flows.generator.view import run_view
    from tasks.records.database import engine
    from tasks.reports.generator import write_generator_report
    from tasks.reports.terminal import terminal_table

    view = run_view(engine(), run_id)
    markdown, html = write_generator_report(view, folder("reports", run_id))
    console.print(terminal_table(view))
    say(f"Report:    {html}\n           {markdown}")
    say(f"Run id:    {run_id}  (go on from it with: phasegate run --continue {run_id})")
    say("Prefect UI: `make serve`, then http://127.0.0.1:4200 - this run is among the flow runs there.")
