"""Brings calls to a target: claim, send, settle. A target that is down, refuses or is not configured is a result."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from blocks.errors import BaserowError
from blocks.stores import STORE, Stores
from tasks.crm import baserow
from tasks.crm.status import PLACES, Claim, Settled, Status, Target, claim, note_unconfigured, settle
from tasks.records.transcripts import read_records
from tasks.transcripts.record import CrmRecord

if TYPE_CHECKING:
    from tasks.crm.graph.write import GraphResult

Outcomes = Mapping[str, Mapping[str, Settled]]
"""Transcript id -> table -> status."""

HOW_TO: Mapping[Target, str] = {
    "baserow": f"no Baserow block named {STORE!r}: run `phasegate baserow bootstrap`, then `phasegate sync`.",
    "graph": f"no Graph store block named {STORE!r}: run `phasegate bootstrap`, then `phasegate sync`.",
}


@dataclass
class Projection:
    """What a round of projecting came to."""

    target: Target
    done: list[str] = field(default_factory=list)
    """Transcripts that are wholly there now."""
    behind: dict[str, str] = field(default_factory=dict)
    """Transcript id -> why it is not, or not wholly, there."""
    status: Status = "done"
    """The worst of all."""

    def note(self, outcomes: Outcomes) -> None:
        for external_id, places in outcomes.items():
            bad = [settled for settled in places.values() if settled.status != "done"]
            if not bad:
                self.done.append(external_id)
                continue
            self.behind[external_id] = "\n".join(dict.fromkeys(settled.reason or settled.status for settled in bad))
            self.status = bad[0].status


async def project(
    database: Engine,
    target: Target,
    stores: Stores,
    *,
    only: Collection[str] | None = None,
    statuses: Collection[Status] = ("behind", "unconfigured"),
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Projection:
    """Sends every call the target lacks (or those of `only`), each once, and notes what became of it.

    Calls that another process has claimed are left to it. With `done` among `statuses`, calls that are there already are
    compared again and what was altered by hand is mended.
    """
    if not is_configured(target, stores):
        found = await asyncio.to_thread(note_unconfigured, database, target, HOW_TO[target], clock(), only)
        return Projection(
            target, behind=dict.fromkeys(found, HOW_TO[target]), status="unconfigured" if found else "done"
        )
    result, last = Projection(target), ""
    while True:
        taken = await asyncio.to_thread(claim, database, target, clock(), only=only, after=last, statuses=statuses)
        if not taken.records:
            return result
        last = taken.last
        outcomes: Outcomes = {}
        try:
            records = await asyncio.to_thread(read_records, database, taken.records)
            outcomes = await _send(taken, stores, list(records.values()), repair="done" in statuses)
        finally:
            # Shielded from nothing: a claim that is not given back only waits for its lease to end.
            await asyncio.to_thread(settle, database, taken, outcomes, clock())
        result.note(outcomes)


def is_configured(target: Target, stores: Stores) -> bool:
    """Whether anybody has said where the target is."""
    return (stores.baserow if target == "baserow" else stores.graph) is not None


async def _send(taken: Claim, stores: Stores, records: Sequence[CrmRecord], *, repair: bool) -> Outcomes:
    if taken.target == "graph":
        assert stores.graph is not None
        from tasks.crm.graph.write import project as write_graph  # the driver brings pandas: a quarter of a start

        written = await asyncio.to_thread(write_graph, stores.graph, records, repair=repair)
        ids = [record.meeting.transcript_id for record in records]
        return {one: {"": _settled(written, one)} for one in ids}
    return await _send_baserow(taken, stores, records)


def _settled(written: "GraphResult", external_id: str) -> Settled:
    if external_id in written.rejected:
        return Settled("rejected", written.rejected[external_id])
    if external_id in written.failed:
        return Settled("behind", written.failed[external_id])
    return Settled("done")


async def _send_baserow(taken: Claim, stores: Stores, records: Sequence[CrmRecord]) -> Outcomes:
    block = stores.baserow
    assert block is not None
    try:
        async with baserow.connect(block.url, block.token) as connection:
            results = await baserow.sync(connection, block.database_id, records)
    except BaserowError as error:
        return _all(taken, Settled("behind", str(error)))
    outcomes: dict[str, dict[str, Settled]] = {record.meeting.transcript_id: {} for record in records}
    for result in results:
        refused = {reject.external_id: reject.reason for reject in result.rejected}
        for external_id, places in outcomes.items():
            if external_id in result.done:
                places[result.table] = Settled("done")
            elif external_id in refused:
                places[result.table] = Settled("rejected", f"{result.table}: {refused[external_id]}")
            else:
                why = result.unsure.get(external_id) or result.error or "not sent"
                places[result.table] = Settled("behind", f"{result.table}: {why}")
    return outcomes


def _all(taken: Claim, settled: Settled) -> Outcomes:
    return {external_id: dict.fromkeys(PLACES[taken.target], settled) for external_id in taken.records}
