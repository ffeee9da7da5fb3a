"""A folder of calls: as many at the same time as the models serve, one after the other through memory."""

import asyncio
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid5

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from blocks.errors import CallError, PromptTooLongError, TranscriptError
from blocks.stores import load_stores
from flows.progress import tell
from flows.showing import Counting, counted
from flows.transcripts.behind import tell_behind
from flows.transcripts.opening import Crew, open_crew, open_run
from flows.transcripts.process import understood_and_kept
from tasks.crm.projecting import project
from tasks.crm.status import TARGETS, Target, count_not_done
from tasks.records.database import engine
from tasks.records.transcripts import keep_source
from tasks.reports.text import escape_markdown, shortened
from tasks.transcripts.reading import Unreadable, files_of, read_folder
from tasks.transcripts.transcript import Transcript

CURRENT: ContextVar[tuple[Crew, dict[str, Transcript], bool]] = ContextVar("transcript_batch")
"""The crew, the calls under way by id, and whether everything is asked again."""
WAITING = 2
"""Calls read ahead of those under way."""


class Batch(BaseModel):
    """What became of a folder."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    processed: list[str] = Field(default_factory=list)
    """Transcript ids, in the order they were finished."""
    failed: dict[str, str] = Field(default_factory=dict)
    """File -> why it has no record."""
    behind: dict[Target, int] = Field(default_factory=dict)
    """Store -> calls of all that are stored that it still lacks."""


@flow(name="transcript-batch", flow_run_name="transcripts-{lineup}", log_prints=False, timeout_seconds=7 * 24 * 3600)
async def process_folder(folder: Path, lineup: str = "production", again: bool = False) -> Batch:
    """Stores every transcript in a folder, makes a CRM record of each and brings all to Baserow and the graph.

    Args:
        folder: Folder with .txt, .vtt or .srt files on the machine that runs this; subfolders are not looked at.
        lineup: Name of the Transcript Lineup block whose models are asked.
        again: Ask the models again, even where they have answered the same question before.

    Returns:
        What was processed, which files failed and why, and how far the stores are behind.
    """
    processed: list[str] = []
    failed: dict[str, str] = {}
    await asyncio.to_thread(keep_sources, engine(), folder)
    async with open_crew(lineup) as crew:
        token = CURRENT.set((crew, {}, again))
        try:
            async with counted("transcript-batch-progress", "files", len(files_of(folder))) as counting:
                await _all(_files(folder, failed), crew, processed, failed, counting)
        finally:
            CURRENT.reset(token)
        stores = await load_stores()
        await tell_behind(await asyncio.gather(*(project(crew.database, target, stores) for target in TARGETS)))
        behind = await asyncio.to_thread(count_not_done, crew.database)
    result = Batch(processed=processed, failed=failed, behind=behind)
    await acreate_markdown_artifact(_artifact(result), key="transcript-batch")
    if failed and not processed:
        raise TranscriptError(
            f"None of the {len(failed)} files gave a record: {next(iter(failed.values()))}",
            do="see the artifact of this run for every reason.",
        )
    return result


def keep_sources(database: Engine, folder: Path) -> None:
    """Stores text and turns of every readable call, before a model or even a lineup is looked for."""
    for _, read in read_folder(folder):
        if isinstance(read, Transcript):
            keep_source(database, read, datetime.now(UTC))


def _files(folder: Path, failed: dict[str, str]) -> Iterator[Transcript]:
    """The readable ones, one at a time."""
    for _, read in read_folder(folder):
        if isinstance(read, Unreadable):
            note_failure(failed, read.filename, read.reason, "unreadable")
            tell(read.filename, "failed", read.reason.splitlines()[0])
        else:
            yield read


def note_failure(failed: dict[str, str], name: str, why: str, mark: str) -> None:
    """Notes why a file has no record, under its name with `mark` where another file is shown by the same name."""
    failed[name if name not in failed else f"{name} ({mark})"] = why


async def _all(
    files: Iterator[Transcript], crew: Crew, processed: list[str], failed: dict[str, str], counting: Counting
) -> None:
    """As many workers as the models serve requests, fed from a short queue: memory does not grow with the folder."""
    at_once = min(model.block.concurrency for model in crew.models.values())
    queue: asyncio.Queue[Transcript | None] = asyncio.Queue(WAITING)

    async def work() -> None:
        while (transcript := await queue.get()) is not None:
            if why := await _one(transcript):
                note_failure(failed, transcript.filename, why, transcript.transcript_id)
            else:
                processed.append(transcript.transcript_id)
            counting.reached(len(processed) + len(failed))

    async def feed() -> None:
        while (transcript := await asyncio.to_thread(next, files, None)) is not None:
            await queue.put(transcript)
        for _ in range(at_once):
            await queue.put(None)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(feed())
            for _ in range(at_once):
                group.create_task(work())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors  # what people are shown names one cause


async def _one(transcript: Transcript) -> str | None:
    """Why the call has no record now, or None. A call that fails does not stop the others; a lost database does."""
    _, under_way, _ = CURRENT.get()
    under_way[transcript.transcript_id] = transcript
    try:
        await process_one.with_options(task_run_name=transcript.filename)(transcript.transcript_id)
    except (CallError, PromptTooLongError) as error:
        get_run_logger().warning("%s: %s", transcript.filename, error.happened)
        return str(error)
    finally:
        del under_way[transcript.transcript_id]
    return None


@task(name="transcript", cache_policy=NO_CACHE, persist_result=False)
async def process_one(transcript_id: str) -> None:
    """Understands and stores one call of the current batch; the stores come last, for all of them together."""
    crew, under_way, again = CURRENT.get()
    transcript = under_way[transcript_id]
    # Again, for the file may be another since all were stored; the same text is written once.
    await asyncio.to_thread(keep_source, crew.database, transcript, datetime.now(UTC))
    run_id = str(uuid5(UUID(str(flow_run.id)), transcript_id))
    async with open_run(crew, run_id, transcript, again=again) as run:
        _, understood = await understood_and_kept(run, transcript, run.answer)
    for what, why in understood.missing.items():
        get_run_logger().warning("%s: no answer of %s: %s", transcript.filename, what, why)


def _artifact(result: Batch) -> str:
    lines = [f"# {len(result.processed)} calls processed, {len(result.failed)} not", ""]
    lines += [
        f"- {escape_markdown(shortened(name))}: {escape_markdown(shortened(why))}"
        for name, why in result.failed.items()
    ]
    lines += [f"- {target} lacks {count} calls" for target, count in result.behind.items()]
    return "\n".join([*lines, ""])
