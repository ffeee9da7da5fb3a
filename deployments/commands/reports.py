"""`phasegate report`: pages people look at, written anew from the records."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.commands.gates import GateId, acting, find
from deployments.settings import apply_settings
from deployments.terminal import say

if TYPE_CHECKING:
    from flows.transitions.world import World


def register(app: typer.Typer) -> None:
    report = typer.Typer(
        help="Write the page of a gate, of all phases, or of a generator run anew.", no_args_is_help=True
    )
    report.command("gate")(gate)
    report.command("tracker")(tracker)
    report.command("run")(run)
    app.add_typer(report, name="report")


def gate(gate: GateId) -> None:
    """Write the page of a gate, also of one that ended long ago. Needs no server."""
    apply_settings(quiet=True)
    from flows.transitions.showing import write_gate
    from flows.transitions.world import real_world

    world = real_world()
    _say(*write_gate(world, find(world, gate)))


def tracker() -> None:
    """Write the page of all phases: state, checklist, which model serves what since when, next step, history."""

    async def act(world: "World") -> Path:
        from flows.transitions.tracker import write

        return await write(world)

    html = acting(act)
    _say(html.with_suffix(".md"), html)


def run(run_id: Annotated[str, typer.Argument(help="Id of a generator run.")]) -> None:
    """Write the report of a generator run. Needs no server."""
    apply_settings(quiet=True)
    from blocks.home import folder
    from flows.generator.view import run_view
    from tasks.records.database import engine
    from tasks.reports.generator import write_generator_report

    view = run_view(engine(), run_id)
    _say(*write_generator_report(view, folder("reports", view.id)))


def _say(markdown: Path, html: Path) -> None:
    say(f"Page:      {html}\n           {markdown}")
