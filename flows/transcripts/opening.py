"""Opening a run about one call: who serves the agents is read once for a whole batch, what is known of the call each time."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from blocks.lineups import TranscriptLineup
from blocks.loading import LoadedLineup, load_lineup
from flows.opening import answered, facts_of, pinned, recorded, routed, tell_withdrawn
from flows.transcripts.run import TranscriptRun
from tasks.answering.ask import Asking, Model
from tasks.records import runs
from tasks.records.database import engine
from tasks.records.ledger import last_sequence
from tasks.records.transcripts import earlier_answers, note_run
from tasks.transcripts.transcript import Transcript

PIPELINE = "transcripts"
EXTRACTION = "extraction"


@dataclass(frozen=True)
class Crew:
    """The models of a lineup, pinned, and the database: what all calls of a batch share."""

    lineup: LoadedLineup
    asking: Asking
    models: Mapping[str, Model]
    """Block name -> model."""
    facts: Mapping[str, Any]
    """What is recorded of the models with every run."""
    database: Engine
    read_at: int
    """Newest entry of the ledger before the lineup was read."""


@contextlib.asynccontextmanager
async def open_crew(lineup: str) -> AsyncIterator[Crew]:
    """Pins the models of a Transcript Lineup. Raises ConfigurationError, UnknownModelError or CallError."""
    database = engine()
    read_at = last_sequence(database)
    loaded = await load_lineup(TranscriptLineup, lineup)
    tell_withdrawn(loaded)
    async with pinned(loaded.models) as (asking, models):
        yield Crew(loaded, asking, models, facts_of(models), database, read_at)


@contextlib.asynccontextmanager
async def open_run(
    crew: Crew,
    run_id: str,
    transcript: Transcript,
    purpose: runs.Purpose = "user",
    again: bool = False,
    pair: str | None = None,
) -> AsyncIterator[TranscriptRun]:
    """A run about one call whose text is stored. Answers of its earlier runs are known unless `again`.

    A trial knows no answer and leaves no mark on the call: what it measures is the model.
    """
    roles, arm = routed(crew.database, TranscriptLineup, crew.lineup, run_id, purpose)
    start = runs.RunStart(
        id=run_id, pipeline=PIPELINE, environment=crew.lineup.name, purpose=purpose, input=_input(transcript),
        lineup={"name": crew.lineup.name, "roles": dict(roles), "settings": dict(crew.lineup.settings)},
        models=crew.facts, started_at=datetime.now(UTC),
    )  # fmt: skip
    serving = {role: crew.models[name] for role, name in roles.items()}
    run = TranscriptRun(
        start=start, database=crew.database, asking=crew.asking, models=serving, filename=transcript.filename,
        fresh=purpose != "user", arm=arm, pair=pair or run_id, read_at=crew.read_at,
    )  # fmt: skip
    async with recorded(run):
        if purpose == "user":
            extractor = serving[EXTRACTION]
            digest = crew.asking.digest(extractor)
            await run.store(note_run, transcript, run_id, extractor.name, digest, datetime.now(UTC))
            known = await run.store(
                answered if again else earlier_answers, run_id if again else transcript.transcript_id
            )
            run.earlier = known
        yield run


def _input(transcript: Transcript) -> dict[str, Any]:
    return {
        "transcript_id": transcript.transcript_id, "filename": transcript.filename, "sha256": transcript.sha256,
    }  # fmt: skip
