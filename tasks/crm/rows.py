"""From a CRM record to one row in each of the five tables, in the values Baserow takes.

Not stated is `None` or `[]`, never an empty text or 0. Numbers are texts with exactly the column's decimals (a JSON
float would be refused for `0.1 + 0.2`), dates are ISO 8601. A formula, HTML or a query in a text stays the text it is.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tasks.crm.tables import CLIENTS, COACHING, COMMUNICATIONS, DEALS, KEY, MEETINGS, TABLES, Column, Table
from tasks.transcripts.record import CrmRecord, NextStep, Outcome

Value = str | list[str] | None
Row = dict[str, Value]
TEXT_LIMIT = 2_000
LONG_TEXT_LIMIT = 50_000
JSON_TEXT_LIMIT, JSON_LIST_LIMIT = 5_000, 100
OUTCOMES: dict[Outcome, str] = {
    "Won": "Won",
    "Lost": "Lost",
    "No Show": "No Show",
    "Pending": "Follow-up",
    "Follow-up Scheduled": "Follow-up",
}


def to_rows(record: CrmRecord) -> dict[str, Row]:
    """The record's row of every table, by table name."""
    given = {
        CLIENTS.name: _client(record),
        MEETINGS.name: _meeting(record),
        DEALS.name: _deal(record),
        COMMUNICATIONS.name: _communications(record),
        COACHING.name: _coaching(record),
    }
    shared = {
        KEY: record.meeting.transcript_id,
        "client_key": record.client.key,
        "client_name": record.client.name,
        **dict.fromkeys(("client_external_id", "client_id", "meeting_id"), record.meeting.transcript_id),
    }
    return {table.name: _row(table, shared | given[table.name]) for table in TABLES}


def _client(record: CrmRecord) -> dict[str, Any]:
    client = record.client
    return {
        "spouse_name": client.spouse_name,
        "email": client.email,
        "phone": client.phone,
        "state": client.state,
        "marital_status": client.marital_status,
        "children_count": client.children_count,
        "estate_value": client.estate_value,
        "real_estate_count": client.real_estate_count,
        "real_estate_locations": "; ".join(client.real_estate_locations),
        "llc_interest": client.llc_interest,
        "crm_json": json.dumps(_shortened(record.model_dump(mode="json")), ensure_ascii=False),
    }


def _meeting(record: CrmRecord) -> dict[str, Any]:
    meeting = record.meeting
    return {
        "meeting_title": meeting.title,
        # A date-time column has no form for a day alone: midnight would be the evening before for whoever reads it in
        # the USA. `crm_json` keeps the day.
        "meeting_date": meeting.started_at,
        "duration_minutes": meeting.duration_minutes,
        "sales_rep": meeting.advisor,
        "meeting_url": meeting.url,
        "transcript_filename": meeting.filename,
        "summary": record.summary,
        "meeting_outcome": OUTCOMES[meeting.outcome] if meeting.outcome else None,
        "llm_model": meeting.model,
    }


def _deal(record: CrmRecord) -> dict[str, Any]:
    deal = record.deal
    return {
        "stage": deal.stage(record.meeting.outcome),
        "products_discussed": deal.products,
        "deal_amount": deal.amount,
        "deposit_amount": deal.deposit,
        "win_probability": deal.win_probability,
        "close_date": deal.close_date,
        "objections": [objection.category for objection in deal.objections],
        "objections_text": _lines(f"{objection.category}: {objection.text}" for objection in deal.objections),
        "next_action": _lines([*_open_ends(record), *map(_step, deal.next_steps)]),
    }


def _communications(record: CrmRecord) -> dict[str, Any]:
    drafts = record.communications
    return {
        "follow_up_email_draft": drafts.follow_up_email,
        "facebook_social_media_post": drafts.facebook,
        "instagram_social_media_post": drafts.instagram,
        "linkedin_social_media_post": drafts.linkedin,
        "client_quotes": _lines(drafts.client_quotes),
        "status": "Draft",
    }


def _coaching(record: CrmRecord) -> dict[str, Any]:
    coaching = record.coaching
    return {
        "strengths": _lines(coaching.strengths),
        "opportunities": _lines(coaching.opportunities),
        "suggestion": coaching.suggestion,
        "objection_rebuttals": _lines(coaching.objection_rebuttals),
        "question_based_selling_opportunities": _lines(coaching.question_based_selling_opportunities),
    }


def _open_ends(record: CrmRecord) -> Iterator[str]:
    """What the deal waits for: a deposit that was only asked for, and the next meeting."""
    meeting, deal = record.meeting, record.deal
    if deal.deposit and deal.deposit_status == "quoted":
        yield f"Deposit of {deal.deposit:,.2f} {deal.currency}: quoted, not paid"
    if meeting.next_meeting:
        yield f"Next meeting: {meeting.next_meeting.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    elif meeting.next_meeting_on:
        yield f"Next meeting: {meeting.next_meeting_on.isoformat()}"


def _step(step: NextStep) -> str:
    details = [detail for detail in (step.owner, step.due and f"by {step.due.isoformat()}") if detail]
    return step.action + (f" ({', '.join(details)})" if details else "")


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(texts)


def _row(table: Table, given: dict[str, Any]) -> Row:
    values = {column.name: to_value(column, given[column.name]) for column in table.columns}
    # Bounded text by text where it is made; cut as a whole it would no longer be JSON.
    return values | {"crm_json": given["crm_json"]} if "crm_json" in given else values


def to_value(column: Column, value: Any) -> Value:
    """What Baserow is sent for `value` in this column."""
    match column.type:
        case "multiple_select":
            return [option for option in column.options if option in _chosen(column, value)]
        case "single_select":
            return value if value in column.options else None
        case "number":
            return None if value is None else _number(Decimal(value), column.decimals)
        case "date":
            return None if value is None else _date(value, column.with_time)
        case "long_text":
            return _text(value, LONG_TEXT_LIMIT)
    return _text(value, TEXT_LIMIT)


def _chosen(column: Column, values: Iterable[str]) -> set[str]:
    """The options, where a word that is none of them counts as the table's *Other* if it has one."""
    return {value if value in column.options else "Other" for value in values}


def _number(value: Decimal, decimals: int) -> str | None:
    if not value.is_finite():
        return None
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"


def _date(value: date, with_time: bool) -> str:
    if not with_time or not isinstance(value, datetime):
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(value: str | None, limit: int | None) -> str | None:
    """Without NUL, half a character or blanks around (Baserow refuses or cuts them), and no longer than `limit`."""
    if value is None:
        return None
    sendable = value.replace("\0", "").encode("utf-8", "replace").decode().strip()
    if limit is not None and len(sendable) > limit:
        sendable = sendable[: limit - 1].rstrip() + "…"
    return sendable or None


def _shortened(value: Any) -> Any:
    """The same JSON with texts and lists of bounded length, so that it stays readable JSON whatever the call held."""
    if isinstance(value, str):
        return _text(value, JSON_TEXT_LIMIT) or ""
    if isinstance(value, list):
        return [_shortened(item) for item in value[:JSON_LIST_LIMIT]]
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    return value


__all__ = ["Row", "Value", "to_rows", "to_value"]
