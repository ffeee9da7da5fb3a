"""A batch of transcripts that is killed: three calls, into the database, five Baserow tables and the graph."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from blocks.baserow import Baserow
from blocks.graph_connection import Graph
from blocks.stores import STORE, Stores
from deployments.applying import bootstrap
from flows.transcripts.batch import process_folder
from tasks.crm.graph.check import check_graph
from tasks.crm.projecting import project
from tasks.crm.status import TARGETS, read_status
from tasks.records.database import engine
from tasks.records.tables import calls, runs
from tasks.records.transcripts import read_transcript
from tests.benchmarks.transcript_batch import write_calls
from tests.crm.baserow_setting import NAMES, Setting, crm
from tests.crm.conftest import empty
from tests.drills import lives
from tests.drills.findings import Findings, once
from tests.drills.rig import Rig
from tests.drills.workers import carried_out, completed
from tests.transcripts.kept import count_transcripts
from tests.transcripts.scene import says, stored

COUNT = 3
KEYS = [str(80_000_001 + n) for n in range(COUNT)]
QUESTIONS = 7


def from_a_terminal(rig: Rig, kills: int) -> Findings:
    def lived(folder: str) -> None:
        rig.push("command line", lives.command, lambda: ("transcript", folder), understood, kills)

    return _round(rig, lived)


def as_a_flow_run(rig: Rig, kills: int) -> Findings:
    def lived(folder: str) -> None:
        run = rig.planned(process_folder, folder=folder)
        rig.push("flow run", lives.carry_out, lambda: ("transcripts", run), understood, kills)

    return _round(rig, lived)


def with_a_worker(rig: Rig, kills: int) -> Findings:
    rig.house.do(bootstrap)

    def lived(folder: str) -> None:
        rig.models.delay = lambda request: 4.0  # a batch that lasts longer than a worker
        run = rig.house.run("transcript-batch/transcript-batch", folder=folder)
        carried_out(rig, run, completed(rig, run), kills)

    return _round(rig, lived)


def _round(rig: Rig, lived: Callable[[str], None]) -> Findings:
    rig.models.answer = says()
    folder = rig.home() / "calls"
    write_calls(folder, COUNT)
    with crm() as setting, rig.graph.connect() as graph:
        empty(graph)
        stores = Stores(
            baserow=Baserow(url=setting.double.url, database_id=setting.database, token=setting.token), graph=rig.graph
        )
        rig.house.do(lambda: _save(stores))
        lived(str(folder))
        _catch_up(stores)
        return found(rig, setting, graph)


async def _save(stores: Stores) -> None:
    assert stores.baserow is not None
    assert stores.graph is not None
    await stores.baserow.asave(STORE, overwrite=True)
    await stores.graph.asave(STORE, overwrite=True)


def understood() -> bool:
    """Whether every call has its record."""
    kept = [read_transcript(engine(), key) for key in KEYS]
    return all(row is not None and row["crm_data"] is not None for row in kept)


def _catch_up(stores: Stores) -> None:
    """As the sync flow does, when the claims of a dead process are over."""
    later = datetime.now(UTC) + timedelta(hours=1)
    for target in TARGETS:
        asyncio.run(project(engine(), target, stores, clock=lambda: later))


def found(rig: Rig, setting: Setting, graph: Graph) -> Findings:
    """Each call once in the database, in every table and in the graph; each question answered once for each call."""
    records = {key: read_transcript(engine(), key) for key in KEYS}
    rows = Counter(f"{table}/{row['external_id']}" for table in NAMES for row in setting.double.rows(table))
    lost, doubled = once(rows, {f"{table}/{key}": 1 for table in NAMES for key in KEYS})
    answered = _answered()
    more = once(answered, dict.fromkeys(answered, 1))
    lost += more[0]
    doubled += more[1]
    if len(answered) != COUNT * QUESTIONS:
        lost.append(f"{len(answered)} of {COUNT * QUESTIONS} questions have an answer")
    if count_transcripts(engine()) != COUNT:
        lost.append(f"{count_transcripts(engine())} of {COUNT} calls are stored")
    lost += [
        f"{row['target']} {row['place']}: {row['status']}" for row in read_status(engine()) if row["status"] != "done"
    ]
    lost += check_graph(graph, [stored(row) for row in records.values() if row], complete=True)
    return Findings(lost=lost, doubled=doubled, ledger=rig.verified())


def _answered() -> Counter[str]:
    wanted = select(runs.c.input, calls.c.role, calls.c.part).join(runs, runs.c.id == calls.c.run_id)
    with engine().connect() as connection:
        found = connection.execute(wanted.where(calls.c.outcome != "failed")).tuples()
        return Counter(f"{given['transcript_id']} {role} {part}" for given, role, part in found)
