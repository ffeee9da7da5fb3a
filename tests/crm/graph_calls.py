"""Invented calls, and the graph as a value that can be compared."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from blocks.graph_connection import Graph
from tasks.transcripts.record import Client, CrmRecord, Deal, Meeting, Objection

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PRICE = Objection(category="Price", text="That is more than we wanted to spend.", resolved=True)
SPOUSE = Objection(category="Spouse", text="I have to ask my husband first.")


def call(number: int = 1, **changes: Any) -> CrmRecord:
    """A call of Hanna and Tom Brandt; `changes` name fields of its meeting, client or deal."""
    meeting: dict[str, Any] = {
        "transcript_id": str(70_000_000 + number),
        "filename": f"call-{number}.txt",
        "title": "Brandt: Estate Planning Advisor Meeting",
        "started_at": NOON,
        "duration_minutes": Decimal("65.63"),
        "advisor": "Ruth Alvarez",
        "outcome": "Won",
    }
    client: dict[str, Any] = {
        "persons": ["Hanna Brandt", "Tom Brandt"],
        "email": "Hanna.Brandt@example.net",
        "phone": "+12025550143",
        "state": "Oregon",
        "marital_status": "Married",
        "children_count": 0,
    }
    deal: dict[str, Any] = {
        "amount": Decimal("4650.10"),
        "deposit": Decimal("500"),
        "status": "agreed",
        "products": ["Estate Planning", "LLC"],
        "objections": [PRICE, SPOUSE],
    }
    for part, model in ((meeting, Meeting), (client, Client), (deal, Deal)):
        part.update({name: changes.pop(name) for name in list(changes) if name in model.model_fields})
    assert not changes, changes
    return CrmRecord(meeting=Meeting(**meeting), client=Client(**client), deal=Deal(**deal))


def household(number: int, **changes: Any) -> CrmRecord:
    """A call of a household of its own."""
    return call(number, **{"email": f"client-{number}@example.net", "persons": [f"Client Number {number}"], **changes})


def picture(graph: Graph) -> tuple[list[str], list[str]]:
    """All nodes with their properties and all edges, without the times of writing."""
    nodes = graph.read("MATCH (n) RETURN labels(n) AS labels, properties(n) AS properties")
    edges = graph.read(
        "MATCH (a)-[r]->(b) RETURN properties(a) AS a, type(r) AS type, properties(r) AS properties, properties(b) AS b"
    )
    return _plain(nodes), _plain(edges)


def _plain(rows: list[dict[str, Any]]) -> list[str]:
    for row in rows:
        for value in row.values():
            if isinstance(value, dict):
                value.pop("updated_at", None)
    return sorted(repr(sorted((name, _sorted(value)) for name, value in row.items())) for row in rows)


def _sorted(value: Any) -> Any:
    return sorted(value.items()) if isinstance(value, dict) else value


def column(graph: Graph, query: Any, **parameters: Any) -> list[Any]:
    """The values of a query's only column, sorted."""
    return sorted(next(iter(row.values())) for row in graph.read(query, **parameters))
