"""What `million` measures: everything that commands, pages and scheduled flows read of the records and of the ledger.

Each group is a generator of names and works. What stands between two of them prepares the next and is not measured.

Left out, because the store is not what they wait for: `start` (plans as `plan` does, then starts a run), `alerts`,
`models`, `bootstrap`, `deploy`, `serve`, `baserow` (Prefect, blocks and other servers), `drill` (a database of its own;
what it reads of the ledger `plan` reads too), `score` and its comparison (files), the answers of models, and the doctor's
looks at everything but the database. `backup`, `restore` and `migrate-database` copy every row there is.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Engine

from blocks.home import folder
from blocks.stores import Stores
from deployments import transcript_tables
from deployments.commands import deciding, gates, ledger, status
from flows.generator.generate import taken_up
from flows.generator.view import run_view
from flows.opening import answered
from flows.transcripts.view import artifact
from flows.transitions.answering import ask
from flows.transitions.appointing import appoint
from flows.transitions.baseline import export_gate, record_baseline
from flows.transitions.drift import handle, note_new, require_known, scan
from flows.transitions.incidents import close, emergency, left_standing, newest_begun
from flows.transitions.mirror import unmirrored
from flows.transitions.moving import advance, extend, roll_back
from flows.transitions.planning import plan_phase
from flows.transitions.preconditions import not_yet
from flows.transitions.showing import write_gate
from flows.transitions.tracker_view import tracker_view
from flows.transitions.trial import Asked, replays
from flows.transitions.world import World
from tasks.crm.projecting import project
from tasks.crm.status import TARGETS, count_not_done, read_status, why_not_done
from tasks.operations.machine import check_database
from tasks.operations.retention import Retention, apply_retention
from tasks.records.database import database_url
from tasks.records.ledger_serving import arm_of, taken_back
from tasks.records.runs import latest_run
from tasks.records.transcripts import earlier_answers, read_transcript_run
from tasks.reports.generator import write_generator_report
from tasks.reports.tracker import write_tracker
from tasks.transcripts.record import CrmRecord
from tests.benchmarks import million_transcripts
from tests.benchmarks.million_ledger import HELD, OF_TRANSCRIPTS, WHOLE
from tests.benchmarks.million_store import DAY, PAST, ROLES
from tests.transitions.scenes import START
from tests.transitions.story import GATE, Story

Work = tuple[str, Callable[[], Any]]
Group = Callable[[Story], Iterator[Work]]


def looks(story: Story) -> Iterator[Work]:
    """What people look at while the gate is monitored."""
    world = story.world
    yield "status", lambda: status.status("", every=False)
    yield "status --all", lambda: status.status("", every=True)
    yield "status of a gate", lambda: status.status(GATE, every=False)
    yield "status of a gate of transcripts", lambda: status.status(OF_TRANSCRIPTS, every=False)
    yield "plan", lambda: asyncio.run(_plan(world))
    yield "report gate", lambda: write_gate(world, story.gate)
    yield "report gate, of transcripts", lambda: write_gate(world, gates.find(world, OF_TRANSCRIPTS))
    yield "report tracker", lambda: _tracker(world)
    yield "trial --gate", lambda: export_gate(world, story.gate)
    yield "history", lambda: ledger.history(ledger.NEWEST)
    yield "history of everything", lambda: ledger.history(10**9)
    yield "verify", lambda: ledger.verify("")
    yield "verify --head", lambda: ledger.verify(world.read()[0].hash)
    yield "as-of now", lambda: ledger.as_of(datetime.now(UTC).isoformat())
    yield "as-of, of a preview, before all", lambda: ledger.as_of("2020-01-01T00:00+01:00", "transcripts", "preview")
    yield "drift", lambda: asyncio.run(_drift(world))


async def _plan(world: World) -> None:
    await not_yet(world, await plan_phase(world, "generator-1", "Ada", target="new"))


def _tracker(world: World) -> None:
    write_tracker(asyncio.run(tracker_view(world)), folder("reports"))


async def _drift(world: World) -> None:
    await note_new(world)
    require_known(world, "old")
    await scan(world)


def of_runs(story: Story) -> Iterator[Work]:
    """The generator's pages, and what a run reads before it asks."""
    database, roles = story.database, dict.fromkeys(ROLES, "old")
    yield "report run", lambda: write_generator_report(run_view(database, WHOLE), folder("reports", WHOLE))
    yield "run: its arm and what was taken back", lambda: (
        arm_of(database, "generator", roles), taken_back(database, "generator", "production", ROLES[0], 0)
    )  # fmt: skip
    yield "run --continue", lambda: (taken_up(WHOLE, {}), answered(database, WHOLE))
    yield "run --continue: the runs there are", lambda: [
        latest_run(database, "generator", state) for state in ("completed", "failed", "cancelled")
    ]  # fmt: skip
    asked = [Asked(f"r{n}", "production", f"{n}.json", "") for n in range(0, 40, 2)]
    yield "trial --baseline: its file", lambda: record_baseline(story.world, "generator", "production", asked)


def of_transcripts(story: Story) -> Iterator[Work]:
    """The transcript pipeline's tables and pages, and catching up where nothing is configured."""
    database = story.database
    record = CrmRecord.model_validate(million_transcripts.record(0))
    external_id = record.meeting.transcript_id
    yield "transcript: its tables", lambda: _tables(database, external_id)
    yield "transcript: its page", lambda: artifact(record, database)
    yield "transcript: what was answered", lambda: earlier_answers(database, external_id)
    yield "sync status", lambda: (count_not_done(database), why_not_done(database, external_id), read_status(database))
    yield "sync", lambda: asyncio.run(_sync(database))


def _tables(database: Engine, external_id: str) -> None:
    found = read_transcript_run(database, "t0")
    assert found is not None
    transcript_tables.call_table(dict(found))
    transcript_tables.status_table(external_id)


async def _sync(database: Engine) -> None:
    for target in TARGETS:
        await project(database, target, Stores())


def upkeep(story: Story) -> Iterator[Work]:
    database, now = story.database, START + DAY
    yield "doctor: database", lambda: check_database(database_url())
    yield "retention: nothing is old", lambda: apply_retention(database, now, Retention(raw_bodies=2 * PAST))
    kept = PAST * (1 - timedelta(days=7) / Retention().calls)  # of a store that is as old as anything is kept
    week = Retention(calls=DAY + kept, raw_bodies=DAY + kept)
    yield "retention: a week is old", lambda: apply_retention(database, now, week)


def acts(story: Story) -> Iterator[Work]:
    """Acts of people and of the watch, from the end of the window on; each changes the gate for those after it."""
    world = story.world
    yield "watch: a gate moved", lambda: asyncio.run(_watch(world, GATE))
    yield "extend", lambda: asyncio.run(extend(world, HELD, "Ada", 12))
    yield "approve, up to the code", lambda: asyncio.run(_shown(story))
    yield "approve --code", lambda: asyncio.run(deciding.decide(world, GATE, story.given(), "", str))
    story.waited(hours=24)
    yield "watch: a promoted gate", lambda: asyncio.run(_watch(world, GATE))
    yield "status of a promoted gate", lambda: status.status(GATE, every=False)
    yield "report gate, of a promoted one", lambda: write_gate(world, story.gate)
    yield "report tracker, with a promoted gate", lambda: _tracker(world)
    yield "approver add", lambda: asyncio.run(appoint(world, "edith", "A" * 32, "Ada"))
    story.blocks.facts["spare"] = {"model": "spare-70b", "temperature": 0.1}
    asyncio.run(note_new(world))
    for number, policy in enumerate(("adopt", "revert", "freeze"), start=1):
        story.blocks.facts["spare"] = {"model": "spare-70b", "temperature": 0.1 + number}
        yield f"drift {policy}", partial(_handle, world, policy)
    yield "emergency-rollback", lambda: asyncio.run(emergency(world, "Ada", "only a benchmark"))
    yield "close-incident", lambda: close(world, "Ada", "only a benchmark")
    yield "rollback", lambda: asyncio.run(_roll_back(world))


async def _watch(world: World, gate_id: str) -> None:
    """As the watch does it, but for what it asks of Prefect."""
    gate = await advance(world, gate_id)
    ask(world, gate_id)
    replays(world, gate)
    unmirrored(world, gate)


class CodeWantedError(Exception):
    """A person would type now, which takes longer than anything else."""


async def _shown(story: Story) -> None:
    def stop() -> str:
        raise CodeWantedError

    with contextlib.suppress(CodeWantedError):
        await deciding.decide(story.world, GATE, story.given(code=""), "", stop)


def _handle(world: World, policy: Any) -> None:
    async def act() -> None:
        for finding in await scan(world):
            await handle(world, finding, policy, "Ada", "only a benchmark")

    asyncio.run(act())


async def _roll_back(world: World) -> None:
    newest = newest_begun(world)
    assert newest is not None
    left_standing(world, await roll_back(world, newest.id, "Ada", "only a benchmark"))


GROUPS: tuple[Group, ...] = (looks, of_runs, of_transcripts, upkeep, acts)
