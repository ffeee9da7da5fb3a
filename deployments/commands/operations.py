"""`phasegate doctor`, `backup`, `restore`, `migrate-database`: looking after an installation from a terminal."""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.settings import apply_settings
from deployments.terminal import say

if TYPE_CHECKING:
    from tasks.operations.checks import Check

COLOURS = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}


def register(app: typer.Typer) -> None:
    app.command()(doctor)
    app.command()(backup)
    app.command()(restore)
    app.command("migrate-database")(migrate_database)


def doctor() -> None:
    """Look at everything phasegate depends on; one line a check with what to do. Exit status 1 if a check fails."""
    apply_settings(quiet=True)
    from deployments.prefect_server import serve_begins
    from flows.operations.doctor import diagnose
    from tasks.operations.checks import healthy, while_serve_begins

    with _api() as (url, problem):
        begins = serve_begins(url, time.time())
        checks = asyncio.run(diagnose(url, problem=problem))
        checks = while_serve_begins(checks) if begins else checks
    show(checks)
    if not healthy(checks):
        raise typer.Exit(1)


@contextlib.contextmanager
def _api() -> Iterator[tuple[str, str]]:
    """Address of the Prefect API as far as there is one, or why there is none: the doctor looks at the rest too.

    Without a server a temporary one is started all the same: which models are in use is known to nobody else.
    """
    from blocks.errors import PhasegateError
    from deployments.prefect_server import prefect_address, shared_server

    if not os.environ.get("PREFECT_API_URL") and not shared_server().running():
        say("No Prefect server runs; a temporary one is started for the look at blocks and models ...")
    with contextlib.ExitStack() as stack:
        try:
            found = stack.enter_context(prefect_address()), ""
        except PhasegateError as error:
            found = "", error.happened
        yield found


def show(checks: "list[Check]") -> None:
    """The table: one line a check. Below it what to do, once where several checks need the same."""
    from rich.text import Text

    from deployments.tables import show_table

    rows = [(Text(one.state, COLOURS[one.state]), one.name, f"{one.seconds:.1f}", one.found) for one in checks]
    show_table(("state", "check", "seconds", "found"), rows, prose=("found",))
    for do in dict.fromkeys(check.do for check in checks if check.do):
        needing = ", ".join(check.name for check in checks if check.do == do)
        say(f"Next, for {needing}: {do}")


def backup(
    file: Annotated[Path | None, typer.Argument(help="Where to; the state folder's backups if left out.")] = None,
) -> None:
    """Back up the database, proven by restoring it into a scratch database."""
    apply_settings(quiet=True)
    from tasks.operations.backup import back_up
    from tasks.operations.copying import open_source
    from tasks.records.database import database_url

    made = back_up(open_source(database_url(), "PHASEGATE_DATABASE_URL"), file)
    entries = made.contents.rows.get("ledger", 0)
    say(
        f"{made.file}: {made.contents.total:,} rows, {entries} ledger entries; restored into a scratch database and whole."
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    to: Annotated[
        str | None,
        typer.Option(
            help="An empty database: the path of a SQLite file, which is made, or postgresql://user:password@host/name; "
            "the configured one if left out."
        ),
    ] = None,
) -> None:
    """Put a backup into an empty database."""
    apply_settings(quiet=True)
    from tasks.operations.restoring import restore as put_back
    from tasks.records.database import connect, database_url, given_address

    target = connect(given_address(to, "--to") if to else database_url())
    found = put_back(file, target)
    say(f"{target.url.render_as_string()}: {found.total:,} rows, revision {found.revision}; the ledger holds.")


def migrate_database(
    source: Annotated[str, typer.Option("--from", help="The database there is: its address, or a SQLite file.")],
    target: Annotated[str, typer.Option("--to", help="The empty database to fill, as in --from.")],
) -> None:
    """Copy every record into an empty database, from SQLite to PostgreSQL for example, and compare the two."""
    apply_settings(quiet=True)
    from tasks.operations.copying import copy_database, open_source
    from tasks.records.database import given_address, open_database

    wanted = given_address(target, "--to")
    # Before the target is made: a mistyped source leaves nothing behind.
    filled = open_source(given_address(source, "--from"), "--from")
    opened = open_database(wanted)
    copied = copy_database(filled, opened)
    say(
        f"Copied {copied.total:,} rows; every table has the same content, the ledger ends in {copied.ledger_head[:12]}."
    )
    password = " (with the password)" if opened.url.password else ""
    say(f"Set PHASEGATE_DATABASE_URL to {opened.url.render_as_string()}{password} and restart.")
