"""Calls and scores as tables in a terminal. Text of strangers is made harmless first: no markup, no control characters."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from rich.text import Text

from blocks.errors import GraphError
from deployments.tables import show_table
from deployments.terminal import console, say
from tasks.reports.text import shortened

LONGEST = 400


def plain(value: object, longest: int = LONGEST) -> Text:
    return Text(shortened(str(value), longest))


def call_table(found: Mapping[str, Any]) -> None:
    """The CRM record of one run, and which of its fields have proof in the call."""
    from blocks.models.embedded import LABEL
    from flows.transcripts.view import lines
    from tasks.transcripts.record import CrmRecord

    if found["record"] is None:
        say("This run came to no record; the text of the call is stored.")
        return
    record = CrmRecord.model_validate(found["record"])
    demo = f" - {LABEL}" if (record.meeting.model or "").startswith("embedded") else ""
    rows, before = [], ""
    for part, name, value in lines(record):
        rows.append(("" if part == before else part, name, plain(value)))
        before = part
    title = f"Call {shortened(record.meeting.transcript_id)}{demo}"
    show_table(("", "field", "value"), rows, prose=("value",), title=title)
    for what, why in (found["missing"] or {}).items():
        console.print(plain(f"no answer of {what}: {why}"))
    dropped, checks = found["dropped"] or [], found["checks"] or []
    failed = [check for check in checks if not check["passed"]]
    say(f"{len(dropped)} statements were dropped because the call does not prove them.")
    for check in failed:
        console.print(plain(f"to be checked: {check['name']}: {check['found']}"))


async def graph_table() -> None:
    """How many nodes and relations the graph has."""
    import asyncio

    from blocks.stores import load_stores

    store = (await load_stores()).graph
    if store is None:
        say("Graph: none is configured.")
        return
    try:
        counts = await asyncio.to_thread(_counts, store)
    except GraphError as error:
        say(f"Graph: {error.happened}")
        return
    pairs = zip_longest(counts.nodes.items(), counts.relations.items(), fillvalue=("", ""))
    rows = [[str(cell) for pair in row for cell in pair] for row in pairs]
    show_table(("nodes", "", "relations", ""), rows, title="Graph")


def _counts(store: Any) -> Any:
    from tasks.crm.graph.check import graph_counts

    with store.connect() as graph:
        return graph_counts(graph)


def status_table(transcript_id: str) -> None:
    """What was brought where."""
    from tasks.crm.status import read_status
    from tasks.records.database import engine

    rows: list[tuple[str | Text, ...]] = []
    before = None
    for row in read_status(engine(), [transcript_id]):
        why = row["reason"] or ""
        told = plain("as above" if why and why == before else why)
        rows.append((row["target"], row["place"], row["status"], told))
        before = why
    show_table(("brought to", "table", "status", "why"), rows, prose=("why",), title="Projections")


def score_tables(summary: Sequence[Mapping[str, Any]], fields: Sequence[Mapping[str, Any]]) -> None:
    """Figures of models: side by side for the whole, then one table of fields a model and condition."""
    names = [f"{row['model']}, {row['condition']}" for row in summary]
    figures = [[plain(figure), *(plain(_figure(row[figure])) for row in summary)] for figure in list(summary[0])[2:]]
    show_table(("", *(str(plain(name)) for name in names)), figures, title="Models")
    for name, row in zip(names, summary, strict=True):
        _fields_table(name, [one for one in fields if all(one[key] == row[key] for key in ("model", "condition"))])


def _fields_table(name: str, fields: Sequence[Mapping[str, Any]]) -> None:
    from tasks.transcripts.scoring.verdicts import VERDICTS

    rows = []
    for row in fields:
        right = f"{row['share']:.0%} ({row['low']:.0%} to {row['high']:.0%})"
        rows.append((row["field"], *(str(row[verdict]) for verdict in VERDICTS), right))
    show_table(("field", *VERDICTS, "right (95 %)"), rows, title=shortened(name))


def _figure(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
