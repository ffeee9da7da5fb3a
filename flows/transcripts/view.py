"""What a call came to, for people: the record, what supports it, and where it has been brought."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine

from tasks.crm.status import read_status
from tasks.reports.text import escape_markdown, shortened
from tasks.transcripts.record import CrmRecord

_LONG = 1_200


def lines(record: CrmRecord) -> Iterator[tuple[str, str, str]]:
    """Part, field and value of everything the record says; not stated is left out. Values are raw text."""
    body = record.model_dump(mode="json")
    for part in ("meeting", "client", "deal", "communications", "coaching"):
        for name, value in body[part].items():
            if value not in (None, [], ""):
                yield part, name.replace("_", " "), "; ".join(_shown(item) for item in _listed(value))
    if record.summary:
        yield "summary", "summary", record.summary


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return " · ".join(f"{name}: {item}" for name, item in value.items() if item is not None)
    return str(value)


def artifact(record: CrmRecord, database: Engine) -> str:
    """The record and its projections as Markdown in which no value is more than text."""
    rows = [f"| {part} | {name} | {escape_markdown(shortened(value, _LONG))} |" for part, name, value in lines(record)]
    states = [
        f"| {row['target']} | {row['place'] or '–'} | {row['status']} | {escape_markdown(shortened(row['reason'] or '', _LONG))} |"
        for row in read_status(database, [record.meeting.transcript_id])
    ]
    head = f"# Call {escape_markdown(record.meeting.transcript_id)}"
    return "\n".join(
        [head, "", "| part | field | value |", "|---|---|---|", *rows, "", "## Brought to", "",
         "| target | table | status | reason |", "|---|---|---|---|", *states, ""]
    )  # fmt: skip
