"""The five tables a CRM record is shown in: one description for bootstrap, schema check, rows and comparison.

Every table holds one row per transcript, found by `external_id`. There are no links between tables, so each can be
written without the others and in any order.
"""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal[
    "text", "long_text", "email", "phone_number", "url", "number", "date", "single_select", "multiple_select"
]
KEY = "external_id"
TEXT_TYPES: frozenset[ColumnType] = frozenset({"text", "long_text", "email", "phone_number", "url"})


@dataclass(frozen=True)
class Column:
    """A column under Baserow's own names of types."""

    name: str
    type: ColumnType
    options: tuple[str, ...] = ()
    """The texts of a select's options."""
    decimals: int = 0
    """Of a number; none of ours may be negative."""
    with_time: bool = False
    """Whether a date has a time of day, in UTC."""
    unique: bool = False
    persons: bool = False
    """Written when the row is made and left alone afterwards: from then on a person decides."""
    draft: bool = False
    """Written while nobody has decided about the row. What a person approved or sent is what they read, and perhaps
    corrected: a newer draft waits in the database until the status is set back to Draft and everything is compared."""


UNDECIDED = "Draft"
"""The status of a row nobody has decided about; one without a status counts as such too."""


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def _key() -> Column:
    return Column(KEY, "text", unique=True)


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "text") for name in names)


def _long_texts(*names: str, draft: bool = False) -> tuple[Column, ...]:
    return tuple(Column(name, "long_text", draft=draft) for name in names)


CLIENTS = Table(
    "Clients",
    (
        _key(),
        *_texts("client_key", "client_name", "spouse_name"),
        Column("email", "email"),
        Column("phone", "phone_number"),
        *_texts("state"),
        Column("marital_status", "single_select", ("Single", "Married", "Divorced", "Widowed", "Separated")),
        Column("children_count", "number"),
        Column("estate_value", "number"),
        Column("real_estate_count", "number"),
        *_texts("real_estate_locations", "llc_interest"),
        *_long_texts("crm_json"),
    ),
)
MEETINGS = Table(
    "Meetings",
    (
        _key(),
        *_texts("client_external_id", "client_key", "client_name", "meeting_title"),
        Column("meeting_date", "date", with_time=True),
        Column("duration_minutes", "number"),
        *_texts("sales_rep"),
        Column("meeting_url", "url"),
        *_texts("transcript_filename"),
        *_long_texts("summary"),
        Column("meeting_outcome", "single_select", ("Won", "Lost", "Follow-up", "No Show")),
        *_texts("llm_model"),
    ),
)
DEALS = Table(
    "Deals",
    (
        _key(),
        *_texts("client_id", "meeting_id", "client_key", "client_name"),
        Column("stage", "single_select", ("Follow up", "Closed Won", "Closed Lost")),
        Column(
            "products_discussed",
            "multiple_select",
            ("Estate Planning", "Sub-trusts", "LLC", "Life Insurance", "Tax Planning", "Other"),
        ),
        Column("deal_amount", "number", decimals=2),
        Column("deposit_amount", "number", decimals=2),
        Column("win_probability", "number", decimals=2),
        Column("close_date", "date"),
        Column("objections", "multiple_select", ("Price", "Timing", "Spouse", "Trust", "Authority", "Other")),
        *_long_texts("objections_text", "next_action"),
    ),
)
COMMUNICATIONS = Table(
    "Communications",
    (
        _key(),
        *_texts("client_id", "meeting_id", "client_key", "client_name"),
        *_long_texts("follow_up_email_draft", "facebook_social_media_post", draft=True),
        *_long_texts("instagram_social_media_post", "linkedin_social_media_post", draft=True),
        *_long_texts("client_quotes"),
        Column("status", "single_select", (UNDECIDED, "Approved", "Sent"), persons=True),
    ),
)
COACHING = Table(
    "Sales Coaching",
    (
        _key(),
        *_texts("client_key", "client_name"),
        *_long_texts("strengths", "opportunities", "suggestion"),
        *_long_texts("objection_rebuttals", "question_based_selling_opportunities"),
    ),
)
TABLES: tuple[Table, ...] = (CLIENTS, MEETINGS, DEALS, COMMUNICATIONS, COACHING)
