"""The facts of a call as a prompt shows them: typed values, one line each, nothing that was not said."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from tasks.reports.text import shortened
from tasks.transcripts.record import CrmRecord, Deal

LONGEST = 300
MOST = 12


def facts(record: CrmRecord) -> str:
    return "# Facts of the call\n\n" + ("\n".join(f"- {line}" for line in _lines(record)) or "- none are known")


def _lines(record: CrmRecord) -> Iterator[str]:
    meeting, client, deal = record.meeting, record.client, record.deal
    named = {
        "client": client.name,
        "advisor": meeting.advisor,
        "date of the call": meeting.held_on,
        "outcome": meeting.outcome,
        "next meeting": _next(record),
        "state": client.state,
        "marital status": client.marital_status,
        "children": client.children_count,
        "estate value": client.estate_value and f"{client.estate_value:,.0f} {deal.currency}",
        "company": client.llc_interest,
        "price": deal.amount is not None and f"{deal.amount:,.2f} {deal.currency} ({deal.status})",
        "deposit": deal.deposit is not None and _deposit(deal),
    }
    for name, value in named.items():
        if value is not None and value is not False:
            yield f"{name}: {shortened(str(value), LONGEST)}"
    for product in deal.products_mentioned[:MOST]:
        yield f"product: {shortened(product, LONGEST)}"
    for objection in deal.objections[:MOST]:
        state = {True: ", resolved", False: ", open", None: ""}[objection.resolved]
        yield f"objection ({objection.category}{state}): {shortened(objection.text, LONGEST)}"
    for step in deal.next_steps[:MOST]:
        more = ", ".join(str(one) for one in (step.owner, step.due and f"by {step.due}") if one)
        yield f"next step: {shortened(step.action, LONGEST)}" + (f" ({more})" if more else "")


def _next(record: CrmRecord) -> str | None:
    meeting = record.meeting
    if meeting.next_meeting and meeting.timezone:
        return f"{meeting.next_meeting.astimezone(ZoneInfo(meeting.timezone)):%Y-%m-%d %H:%M} ({meeting.timezone})"
    if meeting.next_meeting:
        return f"{meeting.next_meeting:%Y-%m-%d %H:%M} (UTC)"
    return meeting.next_meeting_on.isoformat() if meeting.next_meeting_on else None


def _deposit(deal: Deal) -> str:
    return f"{deal.deposit:,.2f} {deal.currency}" + (f" ({deal.deposit_status})" if deal.deposit_status else "")
