"""The CRM record: what one sales call comes to, as one typed value. Everything downstream is made from it.

`None` and empty lists mean *not stated in the call*; zero means stated to be zero. Amounts are exact decimals in
`currency`; date-times are aware and in UTC; dates are calendar dates in the meeting's own zone.
"""

import hashlib
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tasks.transcripts.normalise.letters import plain

MaritalStatus = Literal["Single", "Married", "Divorced", "Widowed", "Separated"]
Outcome = Literal["Won", "Lost", "Pending", "Follow-up Scheduled", "No Show"]
ProductCategory = Literal["Estate Planning", "Sub-trusts", "LLC", "Life Insurance", "Tax Planning", "Other"]
ObjectionCategory = Literal["Price", "Timing", "Spouse", "Trust", "Authority", "Other"]
Owner = Literal["advisor", "client", "both"]


class Record(BaseModel):
    """Base of the record's parts: immutable, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Meeting(Record):
    transcript_id: str
    """Digits of the header, else `t` and 15 hexadecimal digits of the file's SHA-256."""
    filename: str
    title: str | None = None
    started_at: datetime | None = None
    """Aware, UTC; None when the time of day or its zone is not known."""
    held_on: date | None = None
    """Calendar date where the meeting was held, also when the time of day is not known."""
    timezone: str | None = None
    """IANA name of the zone the people in the call speak in."""
    url: str | None = None
    duration_minutes: Decimal | None = None
    advisor: str | None = None
    outcome: Outcome | None = None
    next_meeting: datetime | None = None
    """Aware, UTC; None when the time of day was not said."""
    next_meeting_on: date | None = None
    """The day of the next meeting in the zone it was named in, also when no time of day was said."""
    model: str | None = None
    """Name of the language model block that did the extraction."""


class Client(Record):
    persons: list[str] = Field(default_factory=list)
    """One name per adult of the household, the contact first."""
    email: str | None = None
    phone: str | None = None
    """E.164."""
    state: str | None = None
    """Full name of the US state."""
    marital_status: MaritalStatus | None = None
    children_count: int | None = None
    estate_value: Decimal | None = None
    real_estate_count: int | None = None
    real_estate_locations: list[str] = Field(default_factory=list)
    llc_interest: str | None = None

    @property
    def name(self) -> str | None:
        return " and ".join(self.persons) or None

    @property
    def spouse_name(self) -> str | None:
        return self.persons[1] if len(self.persons) > 1 else None

    @property
    def key(self) -> str | None:
        """What makes two calls belong to one household: the e-mail in lower case, else the sorted names; else None."""
        if self.email:
            return self.email.lower()
        names = sorted(filter(None, (plain(person) for person in self.persons)))
        return "|".join(names) or None


class Objection(Record):
    category: ObjectionCategory
    text: str
    resolved: bool | None = None

    def id_in(self, transcript_id: str) -> str:
        """Stable over runs: SHA-1 of transcript, category and normalised text, hexadecimal."""
        return hashlib.sha1(
            f"{transcript_id}|{self.category}|{plain(self.text)}".encode(), usedforsecurity=False
        ).hexdigest()


class NextStep(Record):
    action: str
    owner: Owner | None = None
    due: date | None = None


class Deal(Record):
    amount: Decimal | None = None
    """The agreed price when won, else the last quoted one; never a deposit, a balance or an asset."""
    deposit: Decimal | None = None
    deposit_status: Literal["paid", "quoted"] | None = None
    """Paid in the call, or only asked for; None when there is no deposit, or a payment without a word of what for."""
    currency: str = "USD"
    status: Literal["agreed", "quoted"] | None = None
    close_date: date | None = None
    win_probability: Decimal | None = None
    products: list[ProductCategory] = Field(default_factory=list)
    products_mentioned: list[str] = Field(default_factory=list)
    """Products in the words of the call."""
    objections: list[Objection] = Field(default_factory=list)
    next_steps: list[NextStep] = Field(default_factory=list)

    def stage(self, outcome: Outcome | None) -> Literal["Follow up", "Closed Won", "Closed Lost"]:
        return {"Won": "Closed Won", "Lost": "Closed Lost"}.get(outcome or "", "Follow up")  # type: ignore[return-value]


class Communications(Record):
    follow_up_email: str | None = None
    facebook: str | None = None
    instagram: str | None = None
    linkedin: str | None = None
    client_quotes: list[str] = Field(default_factory=list)
    """Verbatim from the call."""


class Coaching(Record):
    strengths: list[str] = Field(default_factory=list)
    opportunities: list[str] = Field(default_factory=list)
    suggestion: str | None = None
    objection_rebuttals: list[str] = Field(default_factory=list)
    question_based_selling_opportunities: list[str] = Field(default_factory=list)


class CrmRecord(Record):
    meeting: Meeting
    client: Client = Client()
    deal: Deal = Deal()
    communications: Communications = Communications()
    coaching: Coaching = Coaching()
    summary: str | None = None
