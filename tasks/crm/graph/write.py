"""Writes CRM records to the graph: one managed transaction per batch of transcripts, all of it or nothing."""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, LiteralString

from neo4j import ManagedTransaction
from neo4j.time import DateTime
from pydantic import BaseModel, ConfigDict, Field

from blocks.errors import GraphError
from blocks.graph_connection import Graph, GraphUnreachableError
from tasks.crm.graph import cypher
from tasks.crm.graph.households import Call, Household, household
from tasks.crm.graph.rows import MeetingRows, meeting_rows
from tasks.transcripts.record import CrmRecord

BATCH = 50
"""Transcripts in one transaction when many are written at once."""


class GraphResult(BaseModel):
    """What became of each transcript, by transcript id; every one given is in exactly one of the three."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    written: list[str] = Field(default_factory=list)
    unchanged: list[str] = Field(default_factory=list)
    """Stood in the graph already, exactly so; nothing was written."""
    failed: dict[str, str] = Field(default_factory=dict)
    """Why, in words for a person; nothing of these transcripts was changed in the graph."""

    @property
    def error(self) -> str | None:
        """The first reason, if any failed."""
        return next(iter(self.failed.values()), None)

    def __add__(self, other: "GraphResult") -> "GraphResult":
        return GraphResult(
            written=self.written + other.written,
            unchanged=self.unchanged + other.unchanged,
            failed=self.failed | other.failed,
        )


def define_constraints(graph: Graph) -> None:
    """Makes every key unique; nothing happens to those that are."""
    for constraint in cypher.CONSTRAINTS:
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
            if len(part) == 1:
                result += _all_failed(part, error)
            else:
                waiting.extendleft([row] for row in reversed(part))
    return result


def _rows(records: Iterable[CrmRecord]) -> tuple[list[MeetingRows], GraphResult]:
    rows: dict[str, MeetingRows] = {}
    failed: dict[str, str] = {}
    for record in records:
        try:
            row = meeting_rows(record)
            rows[row.transcript_id] = row
        except ValueError as error:
            failed[record.meeting.transcript_id] = str(
                GraphError(
                    f"Transcript {record.meeting.transcript_id} has a value no graph can hold: {error}.",
                    means="nothing of it was written to the graph; the database has it all.",
                    do="correct the value and process the transcript again.",
                )
            )
    return list(rows.values()), GraphResult(failed=failed)


def write_batch(
    tx: ManagedTransaction, rows: Sequence[MeetingRows], now: datetime, repair: bool = False
) -> GraphResult:
    """Inside one transaction: writes the rows that differ from what stands there, and tidies up after them."""
    found = tx.run(cypher.FINGERPRINTS, ids=[row.transcript_id for row in rows])
    known = {row["id"]: row["fingerprint"] for row in found}
    changed = [row for row in rows if repair or known.get(row.transcript_id) != row.fingerprint]
    if changed:
        clients = _hold_clients(tx, changed, now)
        _write_meetings(tx, [row.parameters() for row in changed])
        _fold_clients(tx, clients)
    written = [row.transcript_id for row in changed]
    return GraphResult(
        written=written, unchanged=[row.transcript_id for row in rows if row.transcript_id not in written]
    )


def _hold_clients(tx: ManagedTransaction, rows: Sequence[MeetingRows], now: datetime) -> list[str]:
    """Keys of the clients these meetings have or had, existing and held; sorted, so that rivals queue in one order."""
    former = tx.run(cypher.FORMER_CLIENTS, ids=[row.transcript_id for row in rows])
    keys = sorted({row["key"] for row in former} | {row.client_key for row in rows})
    tx.run(cypher.HOLD_CLIENTS, keys=keys, now=now)
    return keys


def _write_meetings(tx: ManagedTransaction, rows: list[dict[str, Any]]) -> None:
    for query in (cypher.MEETINGS, cypher.UNLINK_FORMER_CLIENTS, cypher.LINK_CLIENTS, cypher.DEALS):
        tx.run(query, rows=rows)
    advisors = _names(tx, cypher.UNLINK_ADVISORS, rows)
    products = _names(tx, cypher.UNLINK_PRODUCTS, rows)
    outdated = tx.run(cypher.OUTDATED_OBJECTIONS, rows=rows).data()
    tx.run(cypher.DELETE_OBJECTIONS, ids=[row["id"] for row in outdated])
    for query in (
        cypher.LINK_ADVISORS,
        cypher.LINK_PRODUCTS,
        cypher.LINK_OBJECTIONS,
        cypher.UNLINK_FORMER_RAISERS,
        cypher.LINK_RAISERS,
    ):
        tx.run(query, rows=rows)
    categories = sorted({row["name"] for row in outdated if row["name"]})
    for label, names in (("Advisor", advisors), ("Product", products), ("ObjectionCategory", categories)):
        if names:
            tx.run(cypher.DELETE_UNUSED[label], names=names)


def _names(tx: ManagedTransaction, query: LiteralString, rows: list[dict[str, Any]]) -> list[str]:
    return sorted(row["name"] for row in tx.run(query, rows=rows))


def _fold_clients(tx: ManagedTransaction, keys: list[str]) -> None:
    """Makes each client what its calls say now; a client without calls goes, and its persons with it."""
    calls: dict[str, list[Call]] = {key: [] for key in keys}
    for row in tx.run(cypher.CALLS, keys=keys):
        calls[row["key"]].append(Call(row["transcript_id"], _aware(row["started_at"]), row["stated"]))
    households = [_parameters(household(key, stated)) for key, stated in calls.items()]
    for query in (cypher.FOLD_CLIENTS, cypher.LINK_PERSONS, cypher.DELETE_FORMER_PERSONS):
        tx.run(query, households=households)
    tx.run(cypher.DELETE_CLIENTS, keys=[key for key in keys if not calls[key]])


def _aware(moment: DateTime | None) -> datetime | None:
    """ArcadeDB gives times back without their zone, which is always UTC here."""
    native = moment.to_native() if moment else None
    return native.replace(tzinfo=UTC) if native and native.tzinfo is None else native


def _parameters(folded: Household) -> dict[str, Any]:
    return {
        "client_key": folded.client_key,
        "properties": folded.properties,
        "persons": [{"key": key, "name": name} for key, name in folded.persons.items()],
        "person_keys": list(folded.persons),
    }


def _all_failed(rows: Iterable[MeetingRows], error: GraphError) -> GraphResult:
    return GraphResult(failed={row.transcript_id: str(error) for row in rows})
