"""From a CRM record to rows: what is not stated stays empty, everything else takes the form Baserow wants."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.crm.rows import LONG_TEXT_LIMIT, TEXT_LIMIT, to_rows, to_value
from tasks.crm.tables import CLIENTS, DEALS, MEETINGS, TABLES, Column
from tasks.transcripts.record import CrmRecord, Meeting
from tests.crm.baserow_setting import record

MONEY, WHOLE, TEXT = Column("m", "number", decimals=2), Column("n", "number"), Column("t", "text")


def test_every_table_gets_one_row_with_all_its_columns() -> None:
    rows = to_rows(record())
    for table in TABLES:
        assert list(rows[table.name]) == [column.name for column in table.columns]
        assert rows[table.name]["external_id"] == "10000001"


def test_what_was_not_stated_is_null_or_an_empty_list() -> None:
    rows = to_rows(CrmRecord(meeting=Meeting(transcript_id="10000001", filename="a.txt")))
    stated = {"external_id", "client_external_id", "client_id", "meeting_id", "crm_json", "transcript_filename"}
    given_always = stated | {"stage", "status"}
    for row in rows.values():
        assert all(value in (None, []) for name, value in row.items() if name not in given_always)
    assert rows["Deals"]["products_discussed"] == []


def test_zero_is_not_the_same_as_not_stated() -> None:
    row = to_rows(record(client={"children_count": 0}, deal={"deposit": Decimal(0)}))
    assert row["Clients"]["children_count"] == "0"
    assert row["Deals"]["deposit_amount"] == "0.00"


@pytest.mark.parametrize(
    ("column", "value", "sent"),
    [
        (MONEY, Decimal("4650"), "4650.00"),
        (MONEY, Decimal("0.1") + Decimal("0.2"), "0.30"),
        (MONEY, Decimal("1E+3"), "1000.00"),
        (MONEY, Decimal("12.345"), "12.35"),
        (WHOLE, Decimal("65.63"), "66"),
        (WHOLE, Decimal("1250000.00"), "1250000"),
        (WHOLE, 3, "3"),
        (WHOLE, Decimal("Infinity"), None),
        (TEXT, "  two words \n", "two words"),
        (TEXT, "nul\0byte", "nulbyte"),
        (TEXT, "half \ud83d a character", "half ? a character"),
        (TEXT, " \0 ", None),
        (TEXT, '=HYPERLINK("x")', '=HYPERLINK("x")'),
        (TEXT, "<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_values_take_the_form_of_their_column(column: Column, value: Any, sent: Any) -> None:
    assert to_value(column, value) == sent


def test_a_date_time_is_sent_in_utc_and_a_date_without_time() -> None:
    started = datetime(2026, 5, 4, 23, 30, 15, 123456, tzinfo=timezone(timedelta(hours=-4)))
    rows = to_rows(record(meeting={"started_at": started}, deal={"close_date": date(2026, 5, 4)}))
    assert rows["Meetings"]["meeting_date"] == "2026-05-05T03:30:15Z"
    assert rows["Deals"]["close_date"] == "2026-05-04"


def test_a_moment_without_a_zone_counts_as_utc() -> None:
    assert to_value(MEETINGS.column("meeting_date"), datetime(2026, 5, 4, 9)) == "2026-05-04T09:00:00Z"
    assert to_value(DEALS.column("close_date"), datetime(2026, 5, 4, 9, tzinfo=UTC)) == "2026-05-04"


@pytest.mark.parametrize(
    ("outcome", "shown", "stage"),
    [
        ("Won", "Won", "Closed Won"),
        ("Lost", "Lost", "Closed Lost"),
        ("Pending", "Follow-up", "Follow up"),
        ("Follow-up Scheduled", "Follow-up", "Follow up"),
        ("No Show", "No Show", "Follow up"),
        (None, None, "Follow up"),
    ],
)
def test_outcome_and_stage(outcome: Any, shown: str | None, stage: str) -> None:
    rows = to_rows(record(meeting={"outcome": outcome}))
    assert rows["Meetings"]["meeting_outcome"] == shown
    assert rows["Deals"]["stage"] == stage


def test_an_unknown_option_of_a_list_becomes_other_and_of_a_single_select_nothing() -> None:
    products = DEALS.column("products_discussed")
    assert to_value(products, ["Cryptocurrency", "LLC", "LLC"]) == ["LLC", "Other"]
    assert to_value(CLIENTS.column("marital_status"), "It's complicated") is None


def test_texts_are_bounded() -> None:
    rows = to_rows(record(meeting={"title": "word " * 10_000}, summary="x" * 10_000_000))
    assert len(str(rows["Meetings"]["meeting_title"])) <= TEXT_LIMIT
    assert len(str(rows["Meetings"]["summary"])) == LONG_TEXT_LIMIT
    assert str(rows["Meetings"]["summary"]).endswith("…")


def test_the_whole_record_is_kept_as_readable_json_however_long_it_is() -> None:
    row = to_rows(record(summary="x" * 10_000_000))["Clients"]
    kept = json.loads(str(row["crm_json"]))
    assert kept["client"]["email"] == "hanna1@example.com"
    assert len(kept["summary"]) < 10_000


def test_steps_name_who_and_when() -> None:
    assert to_rows(record())["Deals"]["next_action"] == "Send the papers (advisor, by 2026-05-11)"


def test_the_next_meeting_and_an_unpaid_deposit_stand_before_the_steps() -> None:
    when = datetime(2026, 5, 12, 14, tzinfo=UTC)
    quoted = {"deposit_status": "quoted"}
    lines = [
        str(to_rows(record(meeting=meeting, deal=deal))["Deals"]["next_action"]).splitlines()[:-1]
        for meeting, deal in (
            ({"next_meeting": when, "next_meeting_on": when.date()}, quoted),
            ({"next_meeting_on": when.date()}, {"deposit_status": "paid"}),
        )
    ]
    assert lines == [
        ["Deposit of 500.50 USD: quoted, not paid", "Next meeting: 2026-05-12 14:00 UTC"],
        ["Next meeting: 2026-05-12"],
    ]


def test_a_meeting_whose_time_nobody_knows_is_not_put_at_midnight() -> None:
    rows = to_rows(record(meeting={"started_at": None, "held_on": date(2026, 5, 4)}))
    assert rows["Meetings"]["meeting_date"] is None
    assert json.loads(str(rows["Clients"]["crm_json"]))["meeting"]["held_on"] == "2026-05-04"


@given(st.text())
def test_every_text_can_be_sent(text: str) -> None:
    sent = to_value(TEXT, text)
    assert sent is None or (isinstance(sent, str) and sent and "\0" not in sent and sent == sent.strip())
    json.dumps(sent, ensure_ascii=False).encode()
