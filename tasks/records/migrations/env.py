"""Run by Alembic: migrates the connection it is given, or the configured database from the command line."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.engine import Connection

import tasks.records.ledger_tables
import tasks.records.tables as tables
import tasks.records.transcript_tables  # noqa: F401
from tasks.records.database import Json, Moment, connect, database_url


def _short_names(kind: str, thing: Any, autogenerate: AutogenContext) -> str | Literal[False]:
    """Our own column types by name, as the migrations import them."""
    if kind == "type" and isinstance(thing, Moment):
        return "Moment()"
    if kind == "type" and repr(thing) == repr(Json):
        return "Json"
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=tables.metadata, render_as_batch=True, render_item=_short_names
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with connect(database_url()).begin() as opened:
        _run(opened)
