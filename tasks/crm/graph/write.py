"""Writes CRM records to the graph: one managed transaction per transcript, all of it or nothing."""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from functools import partial
from typing import Any, LiteralString

from neo4j import ManagedTransaction
from pydantic import BaseModel, ConfigDict, Field

from blocks.errors import GraphError
from blocks.graph import GraphStore
from blocks.graph_connection import Graph, GraphRefusedError, GraphValueError, Row
from tasks.crm.graph import cypher
from tasks.crm.graph.households import Call, Household, household
from tasks.crm.graph.rows import MeetingRows, meeting_rows
from tasks.transcripts.record import CrmRecord

CHUNK = 200
"""Transcripts that are looked up at once, and written in one turn."""


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
    graph: Graph, records: Iterable[CrmRecord], *, now: datetime | None = None, repair: bool = False
) -> GraphResult:
    """Brings the graph in line with these records; of records with one transcript id the last counts.

    `now` is the time noted as `updated_at`. `repair` writes transcripts too that stand in the graph unchanged, to mend
    what was altered there by hand. Never raises GraphError: reasons are in the result. A transcript that is refused, or
    takes longer than the graph's time limit, costs itself only; an unreachable graph ends the work.
    """
    now = now or datetime.now(UTC)
    rows, result = _rows(records)
    try:
        define_constraints(graph)
        for start in range(0, len(rows), CHUNK):
            result += _write_chunk(graph, rows[start : start + CHUNK], now, repair)
    except GraphError as error:
        said = {*result.written, *result.unchanged, *result.failed, *result.rejected}
        result += GraphResult(failed={row.transcript_id: str(error) for row in rows if row.transcript_id not in said})
    return result


def _write_chunk(graph: Graph, rows: Sequence[MeetingRows], now: datetime, repair: bool) -> GraphResult:
    """Looks all of them up at once, writes those that differ. Raises GraphUnreachableError before the first write."""
    there = {} if repair else _fingerprints(graph, rows)
    changed = [row for row in rows if there.get(row.transcript_id) != row.fingerprint]
    result = GraphResult(unchanged=[row.transcript_id for row in rows if row.transcript_id not in _ids(changed)])
    outcome: bool | GraphError = True
    waiting = deque(changed)
    for outcome in graph.write_each([partial(write_call, row=row, now=now, repair=repair) for row in changed]):
        result += _said(waiting.popleft(), outcome)
    for row in waiting:
        result += _said(row, outcome)
    return result


def _ids(rows: Iterable[MeetingRows]) -> set[str]:
    return {row.transcript_id for row in rows}


def _fingerprints(graph: Graph, rows: Sequence[MeetingRows]) -> dict[str, str | None]:
    try:
        found = graph.read(cypher.FINGERPRINTS, ids=[row.transcript_id for row in rows])
    except GraphRefusedError:
        return {}  # by one of the ids perhaps: each is looked up again when it is written
    return {row["id"]: row["fingerprint"] for row in found}


def _said(row: MeetingRows, outcome: bool | GraphError) -> GraphResult:
    match outcome:
        case GraphValueError():
            return GraphResult(rejected={row.transcript_id: str(outcome)})
        case GraphError():
            return GraphResult(failed={row.transcript_id: str(outcome)})
        case True:
            return GraphResult(written=[row.transcript_id])
    return GraphResult(unchanged=[row.transcript_id])


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


def write_call(tx: ManagedTransaction, row: MeetingRows, now: datetime, repair: bool = False) -> bool:
    """Inside one transaction: writes the row unless it stands there by now, and tidies up after it; whether it did."""
    (held,) = run(tx, cypher.HOLD_MEETINGS, ids=[row.transcript_id])
    fingerprint = held["fingerprint"]
    if fingerprint == row.fingerprint and not repair:
        return False
    known = repair or fingerprint is not None
    former = _hold_clients(tx, row, now) if known else []
    if known:
        _untie(tx, row)
    calls = run(tx, cypher.WRITE_CALL, rows=[row.parameters()], now=now)
    if former:
        calls += run(tx, cypher.CALLS, keys=former)
    _fold_clients(tx, [row.client_key, *former], calls, known)
    return True


def _hold_clients(tx: ManagedTransaction, row: MeetingRows, now: datetime) -> list[str]:
    """Holds the clients this meeting has or had, in the order of their keys, so that rivals queue; the keys it had only."""
    former = {one["key"] for one in run(tx, cypher.FORMER_CLIENTS, ids=[row.transcript_id])} - {row.client_key}
    run(tx, cypher.HOLD_CLIENTS, keys=sorted({row.client_key, *former}), now=now)
    return sorted(former)


def _untie(tx: ManagedTransaction, row: MeetingRows) -> None:
    """Takes away what this meeting, written before, no longer says; deletes what nothing refers to any more."""
    rows = [row.parameters()]
    for query in cypher.UNLINK_FORMER_CLIENTS, cypher.UNLINK_FORMER_RAISERS:
        run(tx, query, rows=rows)
    outdated = run(tx, cypher.OUTDATED_OBJECTIONS, rows=rows)
    if outdated:
        run(tx, cypher.DELETE_OBJECTIONS, ids=[objection["id"] for objection in outdated])
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


def _fold_clients(tx: ManagedTransaction, keys: list[str], stated: Sequence[Row], known: bool) -> None:
    """Makes each client what its calls say now; a client without calls goes, and its persons with it.

    A call the graph did not know only adds: then nothing is to be deleted.
    """
    calls: dict[str, list[Call]] = {key: [] for key in keys}
    for row in stated:
        calls[row["key"]].append(Call(row["transcript_id"], _when(row), row["stated"]))
    households = [_parameters(household(key, said)) for key, said in calls.items()]
    run(tx, cypher.FOLD_CLIENTS, households=households)
    if known:
        run(tx, cypher.DELETE_FORMER_PERSONS, households=households)
    if left := [key for key in keys if not calls[key]]:
        run(tx, cypher.DELETE_CLIENTS, keys=left)


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
