"""The rule of every scalar field: what the gold says, what the record says, and when they are the same.

Exact means exact: an e-mail with one wrong letter is a lost client, and no rule gives half a point.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from rapidfuzz.distance import JaroWinkler

from tasks.transcripts.normalise.emails import valid_email
from tasks.transcripts.normalise.persons import plain_name, split_persons
from tasks.transcripts.normalise.phones import parse_phone
from tasks.transcripts.normalise.states import parse_state
from tasks.transcripts.record import CrmRecord
from tasks.transcripts.scoring.gold import Gold
from tasks.transcripts.scoring.names import client_matches, near_names, spouse_matches
from tasks.transcripts.scoring.verdicts import Group

NEAR_AMOUNT = Decimal("0.005")
ESTATE_TOLERANCE = Decimal("0.05")


def _equal(expected: Any, predicted: Any, gold: Gold) -> bool:
    return bool(expected == predicted)


def _never(expected: Any, predicted: Any, gold: Gold) -> bool:
    return False


@dataclass(frozen=True)
class Rule:
    field: str
    """Key of the gold file."""
    group: Group
    predicted: Callable[[CrmRecord, Gold], Any]
    """The record's value, None for not stated."""
    same: Callable[[Any, Any, Gold], bool] = _equal
    near: Callable[[Any, Any, Gold], bool] = _never
    decoy: str | None = None
    """The kind its decoys are: name, phone and amount are compared by value, email, date and count as they are written."""
    needs_header: bool = False
    """Nothing in a dialogue can give it: not scored there. Dates need the day of the meeting, which only a header has."""

    def expected(self, gold: Gold) -> Any:
        return getattr(gold.header if self.group == "header" else gold, self.field)

    def is_judged(self, gold: Gold) -> bool:
        return self.field in (gold.header if self.group == "header" else gold).model_fields_set


def _email(expected: str, predicted: str, gold: Gold) -> bool:
    return valid_email(predicted) == expected.strip().lower()


def _phone(expected: str, predicted: str, gold: Gold) -> bool:
    return parse_phone(predicted) == (parse_phone(expected) or expected)


def _state(expected: str, predicted: str, gold: Gold) -> bool:
    return parse_state(predicted) == parse_state(expected)


def _amount_near(expected: Decimal, predicted: Decimal, gold: Gold) -> bool:
    return abs(expected - predicted) <= NEAR_AMOUNT * abs(expected)


def _estate(expected: Decimal, predicted: Decimal, gold: Gold) -> bool:
    slack = abs(expected) * ESTATE_TOLERANCE
    low, high = gold.estate_value_range or (expected - slack, expected + slack)
    return low <= predicted <= high


def _llc(expected: str, predicted: str, gold: Gold) -> bool:
    groups = gold.llc_must_mention or ((expected,),)
    return all(any(word.lower() in predicted.lower() for word in group) for group in groups)


def _person(expected: str, predicted: str, gold: Gold) -> bool:
    return plain_name(expected) == plain_name(predicted)


def _day(moment: datetime | None, gold: Gold) -> Any:
    return moment.astimezone(gold.zone).date() if moment else None


def _held_on(record: CrmRecord, gold: Gold) -> date | None:
    return _day(record.meeting.started_at, gold) or record.meeting.held_on


def _next_meeting(record: CrmRecord, _: Gold) -> date | datetime | None:
    """With its time of day where that is known."""
    return record.meeting.next_meeting or record.meeting.next_meeting_on


def _next_day(expected: Any, predicted: date, gold: Gold) -> bool:
    return bool((_day(predicted, gold) if isinstance(predicted, datetime) else predicted) == expected.date)


def _same_minute(expected: Any, predicted: date, gold: Gold) -> bool:
    start = expected.start_utc
    if start is None or not isinstance(predicted, datetime):
        return False
    return bool(start.astimezone(UTC).replace(second=0) == predicted.astimezone(UTC).replace(second=0))


def _deposit_status(expected: str, predicted: str, gold: Gold) -> bool:
    return {"quoted_not_paid": "quoted"}.get(expected, expected) == predicted


def _persons(record: CrmRecord, gold: Gold) -> list[str] | None:
    return split_persons(" and ".join(record.client.persons)) or None


RULES: tuple[Rule, ...] = (
    Rule("client_name", "key", _persons, client_matches, near_names(JaroWinkler.similarity), "name"),
    Rule("client_email", "key", lambda record, _: record.client.email, _email, decoy="email"),
    Rule("deal_amount", "key", lambda record, _: record.deal.amount, near=_amount_near, decoy="amount"),
    Rule("spouse_name", "scalar", lambda record, _: record.client.spouse_name, spouse_matches),
    Rule("client_phone", "scalar", lambda record, _: record.client.phone, _phone, decoy="phone"),
    Rule("client_state", "scalar", lambda record, _: record.client.state, _state),
    Rule("marital_status", "scalar", lambda record, _: record.client.marital_status),
    Rule("children_count", "scalar", lambda record, _: record.client.children_count, decoy="count"),
    Rule("real_estate_count", "scalar", lambda record, _: record.client.real_estate_count, decoy="count"),
    Rule("estate_value", "scalar", lambda record, _: record.client.estate_value, _estate),
    Rule("llc_interest", "scalar", lambda record, _: record.client.llc_interest, _llc),
    Rule("deposit_amount", "scalar", lambda record, _: record.deal.deposit, near=_amount_near, decoy="amount"),
    Rule("deposit_status", "scalar", lambda record, _: record.deal.deposit_status, _deposit_status),
    Rule("deal_status", "scalar", lambda record, _: record.deal.status),
    Rule("outcome", "scalar", lambda record, _: record.meeting.outcome),
    Rule("deal_stage", "scalar", lambda record, _: record.deal.stage(record.meeting.outcome)),
    Rule("sales_rep", "scalar", lambda record, _: record.meeting.advisor, _person),
    Rule("close_date", "scalar", lambda record, _: record.deal.close_date, needs_header=True),
    Rule(
        "next_meeting",
        "scalar",
        _next_meeting,
        _next_day,
        _same_minute,
        needs_header=True,
    ),
    Rule(
        "meeting_date",
        "scalar",
        _held_on,
        decoy="date",
        needs_header=True,
    ),
    Rule("meeting_title", "header", lambda record, _: record.meeting.title, needs_header=True),
    Rule("transcript_id", "header", lambda record, _: record.meeting.transcript_id, needs_header=True),
    Rule("meeting_url", "header", lambda record, _: record.meeting.url, needs_header=True),
    Rule("meeting_start", "header", lambda record, _: record.meeting.started_at, needs_header=True),
    Rule("duration_minutes", "header", lambda record, _: record.meeting.duration_minutes, needs_header=True),
)

KEY_FIELDS = tuple(rule.field for rule in RULES if rule.group == "key")
