"""One call from its text to the CRM record: stored, understood, stored, projected."""

import asyncio
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from blocks.errors import InputError
from blocks.stores import Stores, load_stores
from flows.transcripts.behind import tell_behind
from flows.transcripts.earlier import with_earlier
from flows.transcripts.opening import EXTRACTION, open_crew, open_run
from flows.transcripts.run import TranscriptRun
from flows.transcripts.understanding import Ask, Query, Understood, understand
from flows.transcripts.view import artifact
from tasks.crm.projecting import project
from tasks.crm.status import TARGETS, Status, Target, why_not_done
from tasks.records.database import engine
from tasks.records.transcripts import Result, keep_result, keep_source, read_earlier
from tasks.transcripts.reading import read_file, read_text
from tasks.transcripts.transcript import Transcript

CURRENT: ContextVar[tuple[Ask, Mapping[tuple[str, str], Query]]] = ContextVar("transcript_run")
"""Who answers and what is asked; it holds connections and secrets, which no task parameter may."""


class Processed(BaseModel):
    """What became of one call."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    run_id: str
    transcript_id: str
    changed: bool
    """Whether its record is another than before."""
    missing: dict[str, str] = Field(default_factory=dict)
    """Agents that gave no answer, why, and whether what they wrote earlier stays."""
    stays: list[str] = Field(default_factory=list)
    """What of its record (dotted) an earlier run wrote."""
    behind: dict[Target, str] = Field(default_factory=dict)
    """Projections that lack it, and why."""


@flow(name="transcript", flow_run_name="transcript-{lineup}", log_prints=False, timeout_seconds=24 * 3600)
async def process_transcript(
    text: str = "",
    path: Path | None = None,
    lineup: str = "production",
    again: bool = False,
) -> Processed:
    """Makes a CRM record of one recorded sales call, stores it, and brings it to Baserow and the graph.

    Args:
        text: The transcript itself, pasted: header lines, then the turns with times and speakers.
        path: Or a file with it (.txt, .vtt, .srt) on the machine that runs this.
        lineup: Name of the Transcript Lineup block whose models are asked: production or preview.
        again: Ask the models again, even where they have answered the same question before.

    Returns:
        The run, the call, and which projection is behind.
    """
    transcript, database = read(text, path), engine()
    await asyncio.to_thread(keep_source, database, transcript, datetime.now(UTC))
    async with open_crew(lineup) as crew, open_run(crew, str(flow_run.id), transcript, again=again) as run:
        changed, understood = await understood_and_kept(run, transcript, _as_tasks(run.answer))
    behind = await projected(database, await load_stores(), transcript.transcript_id)
    result = Processed(
        run_id=run.start.id, transcript_id=transcript.transcript_id, changed=changed,
        missing=dict(understood.missing), stays=list(understood.stays), behind=behind,
    )  # fmt: skip
    _tell(result)
    await acreate_markdown_artifact(artifact(understood.record, database), key=f"transcript-{_slug(transcript)}")
    return result


def read(text: str, path: Path | None) -> Transcript:
    """The call as given. Raises InputError for both or neither, TranscriptError if it cannot be read."""
    if bool(text.strip()) == (path is not None):
        raise InputError(
            "Give either the text of a transcript or the path of a file.",
            means="nothing was read and nothing was stored.",
            do="fill in one of the two and empty the other.",
        )
    return read_file(path) if path else read_text(text)


async def understood_and_kept(run: TranscriptRun, transcript: Transcript, ask: Ask) -> tuple[bool, Understood]:
    """Asks the agents and stores what they came to in one transaction; whether the call's record changed."""
    understood = await understand(
        transcript, await asyncio.to_thread(run.plan, transcript), ask, run.models[EXTRACTION].name
    )
    if understood.missing:
        understood = with_earlier(understood, await run.store(read_earlier, transcript), transcript)
    return await kept(run, transcript, understood), understood


async def kept(run: Any, transcript: Transcript, understood: Understood) -> bool:
    result = Result(
        run.start.id, transcript.sha256, understood.record, understood.knowledge, understood.phases,
        [one.model_dump(mode="json") for one in understood.dropped], understood.checks, understood.missing,
    )  # fmt: skip
    return bool(await run.store(keep_result, result, datetime.now(UTC)))


async def projected(
    database: Engine, stores: Stores, transcript_id: str, statuses: Collection[Status] = ("behind", "unconfigured")
) -> dict[Target, str]:
    """Brings a call to every target at the same time; target -> why it is behind, be it for an earlier refusal."""
    rounds = (project(database, target, stores, only=[transcript_id], statuses=statuses) for target in TARGETS)
    await tell_behind(await asyncio.gather(*rounds))
    return await asyncio.to_thread(why_not_done, database, transcript_id)


def _as_tasks(answer: Ask) -> Ask:
    """Each question as a task of the flow, so that the UI shows which agent is at work."""
    asked: dict[tuple[str, str], Query] = {}
    token = (answer, asked)

    async def ask(query: Query) -> Any:
        asked[query.agent.key, query.part] = query
        CURRENT.set(token)
        return await ask_agent.with_options(task_run_name=f"{query.agent.name}, {query.part}")(
            query.agent.key, query.part
        )

    return ask


@task(name="agent", cache_policy=NO_CACHE, persist_result=False)
async def ask_agent(agent: str, part: str) -> Any:
    """Asks one agent about one part of the current call, or finds its answer among those already given."""
    answer, asked = CURRENT.get()
    return await answer(asked[agent, part])


def _tell(result: Processed) -> None:
    log = get_run_logger()
    for what, why in result.missing.items():
        log.warning("no answer of %s: %s", what, why)
    for target, why in result.behind.items():
        log.warning("%s is behind: %s", target, why)


def _slug(transcript: Transcript) -> str:
    return "".join(char if char.isalnum() and char.isascii() else "-" for char in transcript.transcript_id.lower())
