"""Gold answers, format `transcript-gold/1`: what a person says the record of one transcript must be.

`null` means not stated anywhere; 0 means stated to be zero. A key that is left out is not scored.
"""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from blocks.errors import TranscriptError
from tasks.transcripts.record import MaritalStatus, ObjectionCategory, Outcome, ProductCategory

LONGEST_GOLD = 2_000_000

Groups = tuple[tuple[str, ...], ...]
"""An item is found when every group has one of its alternatives in the predicted text."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GoldHeader(_Part):
    meeting_title: str | None = None
    client_name: str | None = None
    client_email: str | None = None
    meeting_start: datetime | None = None
    transcript_id: str | None = None
    meeting_url: str | None = None
    duration_minutes: Decimal | None = None


class GoldItem(_Part):
    """A product (`name`) or an objection (`category`, `text`)."""

    name: str | None = None
    category: ObjectionCategory | None = None
    text: str | None = None
    raised_by: str | None = None
    resolved: bool | None = None
    must_mention: Groups


class GoldStep(_Part):
    owner: Literal["advisor", "client", "clients", "both", "all"] | None = None
    action: str
    due: date | None = None
    due_end: date | None = None
    must_mention: Groups


class GoldMeeting(_Part):
    date: date
    time: str | None = None
    timezone: str | None = None
    start_utc: datetime | None = None
    with_: str | None = Field(default=None, alias="with")


class GoldEvidence(_Part):
    t: str
    speaker: str
    text: str


class Gold(_Part):
    schema_: Literal["transcript-gold/1"] = Field(alias="schema")
    file: str
    transcript_id: str
    timezone: str
    header: GoldHeader = GoldHeader()
    turns: int | None = None
    speakers: dict[str, str] = Field(default_factory=dict)
    meeting_start: datetime | None = None
    meeting_date: date | None = None
    duration_minutes: Decimal | None = None
    meeting_url: str | None = None
    sales_rep: str | None = None
    client_names: tuple[str, ...] = ()
    client_name: str | None = None
    client_name_aliases: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    spouse_name: str | None = None
    spouse_name_accept: tuple[str, ...] = ()
    client_email: str | None = None
    client_email_source: str = "dialogue"
    """`header`, or `dialogue` and how it is said there."""
    client_phone: str | None = None
    client_state: str | None = None
    marital_status: MaritalStatus | None = None
    children_count: int | None = None
    children: tuple[str, ...] = ()
    grandchildren_count: int | None = None
    real_estate_count: int | None = None
    real_estate_locations: tuple[str, ...] = ()
    estate_value: Decimal | None = None
    estate_value_range: tuple[Decimal, Decimal] | None = None
    estate_value_accept_null: bool = False
    llc_interest: str | None = None
    llc_must_mention: Groups = ()
    products_discussed: tuple[GoldItem, ...] = ()
    product_categories: tuple[ProductCategory, ...] = ()
    deal_amount: Decimal | None = None
    deal_currency: str = "USD"
    deal_status: Literal["agreed", "quoted"] | None = None
    deal_amount_history: tuple[dict[str, Any], ...] = ()
    deposit_amount: Decimal | None = None
    deposit_status: str | None = None
    balance_due: Decimal | None = None
    outcome: Outcome | None = None
    deal_stage: Literal["Follow up", "Closed Won", "Closed Lost"] | None = None
    payment_processed: bool | None = None
    close_date: date | None = None
    cancellation_deadline: date | None = None
    objections: tuple[GoldItem, ...] = ()
    next_steps: tuple[GoldStep, ...] = ()
    next_steps_optional: tuple[GoldStep, ...] = ()
    next_meeting: GoldMeeting | None = None
    decoys: dict[str, tuple[str | int | Decimal, ...]] = Field(default_factory=dict)
    evidence: dict[str, tuple[GoldEvidence, ...]] = Field(default_factory=dict)
    # Remarks for people, of any shape.
    notes: Any = None
    header_note: Any = None
    estate_value_note: Any = None
    spouse_note: Any = None
    assets: Any = None
    life_insurance: Any = None
    client_goals: Any = None
    quotable: tuple[str, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is not an IANA time zone such as America/Chicago") from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def says(self, field: str) -> bool:
        """Whether the person who wrote the gold judged this field."""
        return field in self.model_fields_set


def read_gold(path: Path) -> Gold:
    """Gold answers of one transcript. Raises TranscriptError naming every wrong key."""
    try:
        data = path.read_bytes()[: LONGEST_GOLD + 1]
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror or error}") from error
    if len(data) > LONGEST_GOLD:
        raise _refused(path, f"is longer than {LONGEST_GOLD:,} bytes")
    try:
        return Gold.model_validate_json(data)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors()[:10])
        raise _refused(path, f"is not transcript-gold/1: {problems}") from error


def _refused(path: Path, what: str) -> TranscriptError:
    return TranscriptError(
        f"The gold file {path.name} {what}.",
        means="Its transcript is not scored: a key that is misspelt would count as not stated.",
        do="Correct the file; null means not stated, a key left out is not scored.",
    )
