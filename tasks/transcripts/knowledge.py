"""What a call comes to after the merge, typed, and for each field where it is from."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import Field

from tasks.transcripts.findings import FindingField, Kind
from tasks.transcripts.record import MaritalStatus, NextStep, Objection, Outcome, ProductCategory, Record


class PassedOver(Record):
    """A finding that did not become the value."""

    value: str
    quote: str
    timestamp: str | None
    reason: Literal[
        "another statement won", "not understood", "the header says it", "payment was not taken in the call"
    ]


class Provenance(Record):
    """Where the value of one field is from."""

    source: Literal["header", "dialogue"]
    quote: str | None = None
    timestamp: str | None = None
    window: int | None = None
    kind: Kind | None = None
    passed_over: tuple[PassedOver, ...] = ()


class Knowledge(Record):
    """The merged fields. None and [] mean not stated."""

    persons: list[str] = Field(default_factory=list)
    client_email: str | None = None
    client_phone: str | None = None
    client_state: str | None = None
    marital_status: MaritalStatus | None = None
    children_count: int | None = None
    estate_value: Decimal | None = None
    real_estate_count: int | None = None
    real_estate_locations: list[str] = Field(default_factory=list)
    llc_interest: str | None = None
    deal: Decimal | None = None
    deal_status: Literal["agreed", "quoted"] | None = None
    deposit: Decimal | None = None
    deposit_status: Literal["paid", "quoted"] | None = None
    products: list[ProductCategory] = Field(default_factory=list)
    products_mentioned: list[str] = Field(default_factory=list)
    objections: list[Objection] = Field(default_factory=list)
    outcome: Outcome | None = None
    next_steps: list[NextStep] = Field(default_factory=list)
    next_meeting: datetime | None = None
    """Aware, UTC; None when only the day was said."""
    next_meeting_on: date | None = None
    """In the zone it was named in."""
    meeting_date: date | None = None
    """In the meeting's zone."""
    timezone: str | None = None
    advisor: str | None = None
    provenance: dict[FindingField, Provenance] = Field(default_factory=dict)
