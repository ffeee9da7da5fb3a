"""Writes CRM records to the graph: one managed transaction per batch of transcripts, all of it or nothing."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from functools import partial
from typing import Any, LiteralString

from neo4j import ManagedTransaction
from pydantic import BaseModel, ConfigDict, Field

from blocks.errors import GraphError
from blocks.graph import GraphStore
from blocks.graph_connection import Graph, GraphUnreachableError, GraphValueError, Row
from tasks.crm.graph import cypher
from tasks.crm.graph.households import Call, Household, household
from tasks.crm.graph.rows import MeetingRows, meeting_rows
from tasks.transcripts.record import CrmRecord

BATCH = 50
"""Transcripts in one transaction when many are written at once."""


class GraphResult(BaseModel):
    """What became of each transcript, by transcript id; every one given is in exactly one of the four."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    written: list[str] = Field(default_factory=list)
    unchanged: list[str] = Field(default_factory=list)
    """Stood in the graph already, exactly so; nothing was written."""
    failed: dict[str, str] = Field(default_factory=dict)
    """Why, in words for a person; nothing of these transcripts was changed in the graph, a later try may succeed."""
    rejected: dict[str, str] = Field(default_factory=dict)
    """Why these values are refused, alone and at every attempt; nothing of these transcripts was changed either."""

    @property
    def error(self) -> str | None:
        """The first reason, if any failed or was rejected."""
        return next(iter((self.failed | self.rejected).values()), None)

    def __add__(self, other: "GraphResult") -> "GraphResult":
        return GraphResult(
            written=self.written + other.written,
            unchanged=self.unchanged + other.unchanged,
            failed=self.failed | other.failed,
            rejected=self.rejected | other.rejected,
        )


def project(store: GraphStore, records: Sequence[CrmRecord], *, repair: bool = False) -> GraphResult:
    """Connects and writes; a store that cannot be reached is a result too, so that a projection never stops a run."""
    try:
        with store.connect() as graph:
            return write_records(graph, records, repair=repair)
    except GraphError as error:
        return GraphResult(failed={record.meeting.transcript_id: str(error) for record in records})


def define_constraints(graph: Graph) -> None:
    """Makes every key unique; nothing happens to those that are."""
    there = {row["name"] for row in graph.read(cypher.SHOW_CONSTRAINTS)}
    for name, constraint in cypher.CONSTRAINTS.items():
        if name not in there:
            graph.define(constraint)


def write_records(
    graph: Graph,
    records: Iterable[CrmRecord],
    *,
    now: datetime | None = None,
    batch: int = BATCH,
    repair: bool = False,
) -> GraphResult:
    """Brings the graph in line with these records; of records with one transcript id the last counts.

    `now` is the time noted as `updated_at`. `repair` writes transcripts too that stand in the graph unchanged, to mend
    what was altered there by hand. Never raises GraphError: reasons are in the result. A batch that is refused is
    written again one by one, so that one bad record costs itself only; an unreachable graph ends the work.
    """
    now = now or datetime.now(UTC)
    rows, result = _rows(records)
    try:
        define_constraints(graph)
    except GraphError as error:
        return result + _all_failed(rows, error)
    waiting = deque(rows[start : start + batch] for start in range(0, len(rows), batch))
    while waiting:
        part = waiting.popleft()
        try:
            result += graph.write(partial(write_batch, rows=part, now=now, repair=repair))
        except GraphUnreachableError as error:
            return result + _all_failed([*part, *(row for later in waiting for row in later)], error)
        except GraphError as error:
            if len(part) > 1:
                waiting.extendleft([row] for row in reversed(part))
            elif isinstance(error, GraphValueError):
                result += GraphResult(rejected={part[0].transcript_id: str(error)})
            else:
                result += _all_failed(part, error)
    return result


def _rows(records: Iterable[CrmRecord]) -> tuple[list[MeetingRows], GraphResult]:
    rows: dict[str, MeetingRows] = {}
    rejected: dict[str, str] = {}
    for record in records:
        try:
            row = meeting_rows(record)
            rows[row.transcript_id] = row
        except ValueError as error:
            rejected[record.meeting.transcript_id] = str(
                GraphError(
                    f"Transcript {record.meeting.transcript_id} has a value no graph can hold: {error}.",
                    means="nothing of it was written to the graph; the database has it all.",
                    do="correct the value and process the transcript again.",
                )
            )
    return list(rows.values()), GraphResult(rejected=rejected)


def write_batch(
    tx: ManagedTransaction, rows: Sequence[MeetingRows], now: datetime, repair: bool = False
) -> GraphResult:
    """Inside one transaction: writes the rows that differ from what stands there, and tidies up after them."""
    changed = rows if repair else _differing(rows, _fingerprints(tx, rows))
    if changed:
        known = _hold_meetings(tx, changed)
        changed = changed if repair else _differing(changed, known)
    if changed:
        clients = _hold_clients(tx, changed, now)
        new = {transcript for transcript, fingerprint in known.items() if fingerprint is None}
        _untie(tx, [row.parameters() for row in changed if row.transcript_id not in new])
        for query in cypher.LINKS:
            run(tx, query, rows=[row.parameters() for row in changed])
        _fold_clients(tx, clients)
    written = {row.transcript_id: row for row in changed}
    return GraphResult(
        written=list(written), unchanged=[row.transcript_id for row in rows if row.transcript_id not in written]
    )


def _differing(rows: Sequence[MeetingRows], known: Mapping[str, str | None]) -> list[MeetingRows]:
    return [row for row in rows if known.get(row.transcript_id) != row.fingerprint]


def _fingerprints(tx: ManagedTransaction, rows: Sequence[MeetingRows]) -> dict[str, str | None]:
    found = run(tx, cypher.FINGERPRINTS, ids=[row.transcript_id for row in rows])
    return {row["id"]: row["fingerprint"] for row in found}


def _hold_meetings(tx: ManagedTransaction, rows: Sequence[MeetingRows]) -> dict[str, str | None]:
    """Makes sure the meetings exist and are held; their fingerprints as of now, `None` of those just made."""
    run(tx, cypher.HOLD_MEETINGS, ids=sorted(row.transcript_id for row in rows))
    return _fingerprints(tx, rows)


def _hold_clients(tx: ManagedTransaction, rows: Sequence[MeetingRows], now: datetime) -> list[str]:
    """Keys of the clients these meetings have or had, existing and held; sorted, so that rivals queue in one order."""
    former = run(tx, cypher.FORMER_CLIENTS, ids=[row.transcript_id for row in rows])
    keys = sorted({row["key"] for row in former} | {row.client_key for row in rows})
    run(tx, cypher.HOLD_CLIENTS, keys=keys, now=now)
    return keys


def _untie(tx: ManagedTransaction, rows: list[dict[str, Any]]) -> None:
    """Takes away what these meetings, written before, no longer say; deletes what nothing refers to any more."""
    if not rows:
        return
    for query in cypher.UNLINK_FORMER_CLIENTS, cypher.UNLINK_FORMER_RAISERS:
        run(tx, query, rows=rows)
    outdated = run(tx, cypher.OUTDATED_OBJECTIONS, rows=rows)
    run(tx, cypher.DELETE_OBJECTIONS, ids=[row["id"] for row in outdated])
    loosened = {
        "Advisor": _names(run(tx, cypher.UNLINK_ADVISORS, rows=rows)),
        "Product": _names(run(tx, cypher.UNLINK_PRODUCTS, rows=rows)),
        "ObjectionCategory": _names(outdated),
    }
    for label, names in loosened.items():
        if names:
            run(tx, cypher.DELETE_UNUSED[label], names=names)


def _names(rows: list[Row]) -> list[str]:
    return sorted({row["name"] for row in rows if row["name"]})


def run(tx: ManagedTransaction, query: LiteralString, **parameters: Any) -> list[Row]:
    """All rows at once: an error then belongs to the query that made it, not to the next one."""
    return tx.run(query, parameters).data()


def _fold_clients(tx: ManagedTransaction, keys: list[str]) -> None:
    """Makes each client what its calls say now; a client without calls goes, and its persons with it."""
    calls: dict[str, list[Call]] = {key: [] for key in keys}
    for row in run(tx, cypher.CALLS, keys=keys):
        calls[row["key"]].append(Call(row["transcript_id"], _when(row), row["stated"]))
    households = [_parameters(household(key, stated)) for key, stated in calls.items()]
    for query in (cypher.FOLD_CLIENTS, cypher.LINK_PERSONS, cypher.DELETE_FORMER_PERSONS):
        run(tx, query, households=households)
    run(tx, cypher.DELETE_CLIENTS, keys=[key for key in keys if not calls[key]])


def _when(row: Row) -> datetime | None:
    """When a call was. ArcadeDB gives times back without their zone, which is always UTC here."""
    moment, day = row["started_at"], row["held_on"]
    if moment is not None:
        native: datetime = moment.to_native()
        return native if native.tzinfo else native.replace(tzinfo=UTC)
    return datetime.combine(day.to_native(), time.max, UTC) if day is not None else None


def _parameters(folded: Household) -> dict[str, Any]:
    return {
        "client_key": folded.client_key,
        "properties": folded.properties,
        "persons": [{"key": key, "name": name} for key, name in folded.persons.items()],
        "person_keys": list(folded.persons),
    }


def _all_failed(rows: Iterable[MeetingRows], error: GraphError) -> GraphResult:
    return GraphResult(failed={row.transcript_id: str(error) for row in rows})
