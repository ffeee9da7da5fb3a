"""The CRM record from what is known: the header by code, the rest from the merge, texts from the agents. No model here."""

from decimal import Decimal

from tasks.transcripts.knowledge import Knowledge
from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.record import Client, Coaching, Communications, CrmRecord, Deal, Meeting, Outcome
from tasks.transcripts.transcript import Transcript

LONGEST_SUMMARY = 4_000

WIN_PROBABILITY: dict[Outcome, Decimal] = {
    "Won": Decimal("1.0"),
    "Follow-up Scheduled": Decimal("0.6"),
    "Pending": Decimal("0.5"),
    "Lost": Decimal("0.0"),
}
"""Conventions of the sales team, not measurements; a call nobody came to has none."""


def assemble(
    transcript: Transcript,
    knowledge: Knowledge,
    *,
    communications: Communications | None = None,
    coaching: Coaching | None = None,
    summary: str | None = None,
    model: str | None = None,
) -> CrmRecord:
    """One record for one call; `model` is the name of the language model block that did the extraction."""
    return CrmRecord(
        meeting=_meeting(transcript, knowledge, model),
        client=_client(knowledge),
        deal=_deal(knowledge),
        communications=communications or Communications(),
        coaching=coaching or Coaching(),
        summary=stated(summary, LONGEST_SUMMARY),
    )


def _meeting(transcript: Transcript, knowledge: Knowledge, model: str | None) -> Meeting:
    header = transcript.header
    return Meeting(
        transcript_id=transcript.transcript_id,
        filename=transcript.filename,
        title=header.title,
        started_at=header.started_at,
        held_on=knowledge.meeting_date,
        timezone=knowledge.timezone,
        url=header.url,
        duration_minutes=header.duration_minutes,
        advisor=knowledge.advisor,
        outcome=knowledge.outcome,
        next_meeting=knowledge.next_meeting,
        next_meeting_on=knowledge.next_meeting_on,
        model=model,
    )


def _client(knowledge: Knowledge) -> Client:
    return Client(
        persons=knowledge.persons,
        email=knowledge.client_email,
        phone=knowledge.client_phone,
        state=knowledge.client_state,
        marital_status=knowledge.marital_status,
        children_count=knowledge.children_count,
        estate_value=knowledge.estate_value,
        real_estate_count=knowledge.real_estate_count,
        real_estate_locations=knowledge.real_estate_locations,
        llc_interest=knowledge.llc_interest,
    )


def _deal(knowledge: Knowledge) -> Deal:
    won = knowledge.outcome == "Won"
    return Deal(
        amount=knowledge.deal,
        deposit=knowledge.deposit,
        deposit_status=knowledge.deposit_status,
        status=knowledge.deal_status,
        close_date=knowledge.meeting_date if won else None,
        win_probability=WIN_PROBABILITY.get(knowledge.outcome) if knowledge.outcome else None,
        products=knowledge.products,
        products_mentioned=knowledge.products_mentioned,
        objections=knowledge.objections,
        next_steps=knowledge.next_steps,
    )
