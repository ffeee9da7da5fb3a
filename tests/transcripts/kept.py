"""What the database holds of calls, counted and listed past the code that keeps it."""

from collections.abc import Sequence

from sqlalchemy import Engine, RowMapping, func, select

from tasks.records.transcript_tables import transcript_runs, transcripts


def count_transcripts(database: Engine) -> int:
    with database.connect() as connection:
        return connection.execute(select(func.count()).select_from(transcripts)).scalar_one()


def runs_of(database: Engine, external_id: str) -> Sequence[RowMapping]:
    """The runs of a call, oldest first."""
    with database.connect() as connection:
        wanted = select(transcript_runs).where(transcript_runs.c.external_id == external_id)
        return connection.execute(wanted.order_by(transcript_runs.c.at)).mappings().all()
