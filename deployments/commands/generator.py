"""`phasegate run`: the generator from a terminal."""

import asyncio
import contextlib
import json
import os
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path
from typing import Annotated, Any

import typer

from blocks.errors import InputError, PhasegateError
from deployments.settings import apply_settings
from deployments.terminal import console, say

PRODUCTION = "production"


def register(app: typer.Typer) -> None:
    app.command()(run)


def run(
    brief: Annotated[
        Path | None, typer.Argument(help="JSON file with brief and preferences; the sample if left out.")
    ] = None,
    lineup: Annotated[str, typer.Option(help="Generator Lineup block: production or preview.")] = PRODUCTION,
    continue_run: Annotated[
        str | None, typer.Option("--continue", help="Id of an earlier run to go on from, without a brief.")
    ] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="Fact to correct in the run gone on from: stage.field=value.")
    ] = None,
) -> None:
    """Turn a business brief into market research and an offer: thirteen stages, a report, a table."""
    apply_settings(quiet=True)
    from deployments.prefect_server import prefect_api
    from deployments.watching import watching
    from flows.generator.brief import load_input, warnings
    from flows.generator.generate import taken_up
    from flows.generator.samples import SAMPLE
    from tasks.records.database import engine

    given = None if continue_run and brief is None else load_input(brief or SAMPLE)
    if given:
        for warning in warnings(given):
            say(f"note: {warning}")
    overrides = dict(_assignment(one) for one in change or ())
    if overrides and continue_run is None:
        raise InputError(
            "--set corrects a fact of an earlier run, and none is named.", do="name it with --continue and its id."
        )
    engine()  # one that cannot be used is said before a server is started, as is a run or a fact there is not
    taken_up(continue_run or None, overrides, given)
    say("Starting ...")
    with prefect_api(), watching() as context, _way_on(context, lineup):
        run_id = _generate(context, given, lineup, continue_run, overrides)
    _show(run_id, lineup)


@contextlib.contextmanager
def _way_on(context: Context, lineup: str) -> Iterator[None]:
    """Says how to go on from the run that fails or is stopped inside this, if it came as far as the records."""
    from deployments.watching import run_in

    try:
        yield
    except BaseException:
        if run_id := run_in(context):
            say(f"{_finished(run_id)}Go on with: {_going_on(run_id, lineup)}")
        raise


def _going_on(run_id: str, lineup: str) -> str:
    """The command that goes on from a run with the same models."""
    return f"phasegate run --continue {run_id}" + (f" --lineup {lineup}" if lineup != PRODUCTION else "")


def _finished(run_id: str) -> str:
    """What a run has finished, in a sentence; nothing where its records cannot be read."""
    from sqlalchemy.exc import SQLAlchemyError

    from flows.generator.stages import STAGES
    from tasks.records.database import engine
    from tasks.records.runs import read_steps

    try:
        done = sum(not part for _, part in read_steps(engine(), run_id))
    except (PhasegateError, SQLAlchemyError):
        return ""
    return f"{done} of {len(STAGES)} stages are finished and kept. "


def _assignment(text: str) -> tuple[str, Any]:
    path, sign, value = text.partition("=")
    if not sign:
        raise InputError(
            f"--set {text!r} has no '='.", do="write stage.field=value, for example value_stack.value_stack_summary=..."
        )
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


def _generate(context: Context, given: Any, lineup: str, continue_run: str | None, overrides: dict[str, Any]) -> str:
    from blocks.lineups import GeneratorLineup
    from blocks.loading import load_lineup
    from blocks.registering import register_blocks
    from flows.generator.generate import generate

    async def whole() -> str:
        await register_blocks()
        await load_lineup(GeneratorLineup, lineup)  # a mistyped one is an error of the command, not a failed flow run
        return await generate(given, lineup=lineup, continue_run=continue_run or "", overrides=overrides)

    return context.run(asyncio.run, whole())


def _show(run_id: str, lineup: str) -> None:
    from blocks.home import folder
    from flows.generator.view import run_view
    from tasks.records.database import engine
    from tasks.reports.generator import write_generator_report
    from tasks.reports.terminal import terminal_table

    view = run_view(engine(), run_id)
    console.print(terminal_table(view))
    say(f"Run id:    {run_id}  (go on from it with: {_going_on(run_id, lineup)})")
    markdown, html = write_generator_report(view, folder("reports", run_id))
    say(f"Report:    {html}\n           {markdown}")
    say(f"Prefect UI: {_ui()} - this run is among the flow runs there.")


def _ui() -> str:
    """Where the run is seen: on the configured server, or on the one that `make serve` starts."""
    from flows.showing import ui_address

    if os.environ.get("PREFECT_API_URL"):
        return ui_address()
    return f"`make serve`, then http://127.0.0.1:{os.environ.get('PHASEGATE_PORT') or 4200}"
