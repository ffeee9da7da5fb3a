"""All commands of `phasegate`."""

import typer

from deployments.commands import (
    alerts,
    bootstrap,
    gates,
    generator,
    ledger,
    operations,
    reports,
    serve,
    status,
    transcripts,
)

app = typer.Typer(
    name="phasegate",
    help="Change the language models inside running pipelines without breaking them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (generator, transcripts, gates, status, ledger, reports, serve, bootstrap, operations, alerts):
    module.register(app)
