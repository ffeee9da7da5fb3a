"""All commands of `phasegate`."""

from typing import Annotated

import typer
from typer.models import CommandInfo, TyperInfo

from deployments.commands import (
    alerts,
    bootstrap,
    deciding,
    gates,
    generator,
    ledger,
    operations,
    reports,
    serve,
    status,
    transcripts,
)
from deployments.terminal import say

app = typer.Typer(
    name="phasegate",
    help="Change the language models inside running pipelines without breaking them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    from importlib.metadata import version

    if asked:
        say(f"phasegate {version('phasegate')}")
        raise typer.Exit


@app.callback()
def begin(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """What is common to all commands."""


SUBJECTS = {
    "Pipelines": (generator, transcripts),
    "Gates: change a model safely": (gates, deciding, status),
    "What happened, and who may decide": (ledger, reports),
    "Server, blocks and upkeep": (serve, bootstrap, operations, alerts),
}
"""Heading of the help -> whose commands stand under it."""


def _registered() -> list[CommandInfo | TyperInfo]:
    return [*app.registered_commands, *app.registered_groups]


for heading, modules in SUBJECTS.items():
    before = _registered()
    for module in modules:
        module.register(app)
    for one in _registered():
        if one not in before:
            one.rich_help_panel = heading
