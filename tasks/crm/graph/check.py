"""Counts the graph and verifies it against the records it was made from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, LiteralString

from pydantic import BaseModel, ConfigDict

from tasks.crm.graph import cypher
from tasks.crm.graph.rows import MeetingRows, meeting_rows, person_key
from tasks.transcripts.record import CrmRecord

if TYPE_CHECKING:  # the driver and its pandas take over a second to import, and whoever asks has them already
    from blocks.graph_connection import Graph, Row

Read = Callable[[str, LiteralString], "list[Row]"]
"""The rows of a query about the nodes of a label."""


class GraphCounts(BaseModel):
    """How many nodes of each label and relations of each type there are, zeros included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nodes: dict[str, int]
    relations: dict[str, int]


def graph_counts(graph: "Graph") -> GraphCounts:
    return GraphCounts(
        nodes=_counted(graph, cypher.COUNT_NODES, cypher.KEYS),
        relations=_counted(graph, cypher.COUNT_RELATIONS, cypher.RELATIONS),
    )


def _counted(graph: "Graph", query: LiteralString, names: Iterable[str]) -> dict[str, int]:
    # Of a label it never saw, ArcadeDB returns no row instead of 0.
    return dict.fromkeys(names, 0) | {row["name"]: row["number"] for row in graph.read(query)}


def check_graph(graph: "Graph", records: Iterable[CrmRecord], *, complete: bool = False) -> list[str]:
    """What is wrong in the graph with these records, one sentence each; empty if all is well.

    Each stands there as it is, amounts to the cent, with one client and one deal, and one category, meeting and client
    per objection. `complete` says that these are all records there are: then the same is asked of whatever else stands
    there, a meeting of no record is a problem, and a node without edges too.
    """
    expected = {row.transcript_id: (record, row) for record in records for row in [meeting_rows(record)]}
    rows = [row for _, row in expected.values()]
    read = _all(graph) if complete else _of(graph, rows)
    found = {row["id"]: row for row in read("Meeting", cypher.MEETINGS_AS_WRITTEN)}
    problems = [problem for row in found.values() for problem in _misshapen_meeting(row)]
    problems += [
        problem for row in read("Objection", cypher.OBJECTIONS_AS_WRITTEN) for problem in _misshapen_objection(row)
    ]
    for transcript, (record, row) in expected.items():
        there = found.get(transcript)
        problems += _differences(record, row, there) if there else [f"Meeting {transcript} is missing."]
    if complete:
        problems += [f"{row['label']} {row['key']!r} has no edges." for row in graph.read(cypher.LONELY)]
        problems += [f"Meeting {extra} stands in the graph only." for extra in found if extra not in expected]
    return problems + _missing_persons(read("Client", cypher.PERSONS_AS_WRITTEN), rows)


def _all(graph: "Graph") -> Read:
    return lambda label, query: graph.read(cypher.ALL[label] + query)


def _of(graph: "Graph", rows: Sequence[MeetingRows]) -> Read:
    """Reads only what the rows name: the graph may be large, and hold what other people put there."""
    keys = {
        "Meeting": [row.transcript_id for row in rows],
        "Objection": [one for row in rows for one in row.objection_ids],
        "Client": sorted({row.client_key for row in rows}),
    }
    return lambda label, query: graph.read(cypher.EACH[label] + query, keys=keys[label])


def _misshapen_meeting(found: "Row") -> list[str]:
    return [
        f"Meeting {found['id']} has {len(found[part])} {part}, not one."
        for part in ("clients", "deals")
        if len(found[part]) != 1
    ]


def _misshapen_objection(found: "Row") -> list[str]:
    return [
        f"Objection {found['id']} has {len(found[part])} {part}, not one."
        for part in ("categories", "meetings", "clients")
        if len(found[part]) != 1
    ]


def _differences(record: CrmRecord, row: MeetingRows, found: "Row") -> list[str]:
    deal: Mapping[str, Any] = found["deals"][0] if found["deals"] else {}
    pairs: Sequence[tuple[str, Any, Any]] = (
        ("client", [row.client_key], found["clients"]),
        ("amount", record.deal.amount, _exact(deal.get("amount"))),
        ("deposit", record.deal.deposit, _exact(deal.get("deposit"))),
        ("deposit status", record.deal.deposit_status, deal.get("paid")),
        ("stage", row.deal["stage"], deal.get("stage")),
        ("advisor", [row.advisor] if row.advisor else [], found["advisors"]),
        ("products", row.products, sorted(found["products"])),
        ("objections", sorted(row.objection_ids), sorted(found["objections"])),
        ("fingerprint", row.fingerprint, found["fingerprint"]),
    )
    return [
        f"Meeting {row.transcript_id}: {what} is {there!r}, the record says {wanted!r}."
        for what, wanted, there in pairs
        if wanted != there
    ]


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))


def _missing_persons(found: Iterable["Row"], rows: Iterable[MeetingRows]) -> list[str]:
    there = {row["client"]: set(row["persons"]) for row in found}
    return [
        f"Meeting {row.transcript_id}: {name!r} is no member of client {row.client_key!r}."
        for row in rows
        for name in row.stated["persons"]
        if person_key(row.client_key, name) not in there.get(row.client_key, set())
    ]
