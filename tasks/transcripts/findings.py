"""What agents find: one value, and the words it stands on. Nothing enters a record without them."""

from typing import Literal

from pydantic import Field

from tasks.transcripts.record import Record

KnowledgeField = Literal[
    "transcript_id",
    "meeting_date",
    "client_name",
    "spouse_name",
    "client_email",
    "client_phone_number",
    "client_state",
    "marital_status",
    "children_count",
    "estate_value",
    "real_estate_count",
    "real_estate_locations",
    "llc_interest",
    "deal",
    "deposit",
    "products_discussed",
    "objections_raised",
    "meeting_outcome",
    "next_steps",
]
"""The 19 fields an extraction is asked for."""
FindingField = Literal[KnowledgeField, "next_meeting"]
"""`next_meeting` comes with them because the record has a place for it."""

Kind = Literal["stated", "quoted", "corrected", "agreed", "paid"]
"""How it was said: in passing; as an offer; as a correction of something said before; accepted by both sides or
read back and confirmed; paid in this call. The last of corrected, agreed and paid wins over everything else, but for a
price or date offered anew after a correction and before any agreement."""

LONGEST_VALUE = 2_000
LONGEST_QUOTE = 1_000


class Finding(Record):
    """One value an agent took from one window. `value` is in the agent's or the speaker's words; code normalises it."""

    field: FindingField
    value: str = Field(max_length=LONGEST_VALUE)
    quote: str = Field(max_length=LONGEST_QUOTE)
    """Copied from the window, character by character."""
    timestamp: str | None = None
    """`HH:MM:SS` of the turn; set from the transcript once the quote is found there."""
    window: int = 0
    kind: Kind = "stated"
    category: str | None = None
    """Of an objection, when the agent names one."""
    resolved: bool | None = None
    """Of an objection."""
    owner: str | None = None
    """Of a next step."""
    due: str | None = None
    """Of a next step, in words or as a date."""


class Rejected(Record):
    """A finding that was dropped, and why."""

    finding: Finding
    reason: str
