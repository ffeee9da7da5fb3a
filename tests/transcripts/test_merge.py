"""Findings become values by rules: the header first, then what was corrected or agreed last."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import get_args

import pytest

from tasks.transcripts.assemble import assemble
from tasks.transcripts.findings import KnowledgeField
from tasks.transcripts.merge import merge
from tasks.transcripts.reading import read_text
from tasks.transcripts.transcript import without_header
from tests.transcripts.merging import CALL, merged, said


def test_an_extraction_has_nineteen_fields() -> None:
    assert len(get_args(KnowledgeField)) == 19


def test_nothing_found_is_null_and_never_empty_or_zero() -> None:
    record = assemble(without_header(CALL), merge(without_header(CALL), []))

    values = {**record.client.model_dump(), **record.deal.model_dump(), **record.meeting.model_dump()}
    kept = {name for name, value in values.items() if value not in (None, [])}
    assert kept == {"transcript_id", "filename", "currency"}


def test_the_header_beats_the_model_and_keeps_what_it_said() -> None:
    known = merged(said("client_email", "bo@example.net"), said("client_name", "Bo Ray"))

    assert (known.client_email, known.persons) == ("ann@example.net", ["Ann Lee"])
    assert known.provenance["client_email"].source == "header"
    assert known.provenance["client_name"].passed_over[0].reason == "the header says it"


def test_the_last_correction_or_agreement_wins() -> None:
    known = merged(
        said("deal", "$4,600", "00:58:01", kind="quoted"),
        said("deal", "$4,950", "00:59:51", kind="corrected"),
        said("deal", "$4,650", "01:02:37", kind="agreed"),
        said("deal", "$4,600", "01:04:00"),
    )

    assert (known.deal, known.deal_status) == (Decimal("4650.00"), "agreed")
    assert [one.value for one in known.provenance["deal"].passed_over] == ["$4,600", "$4,950", "$4,600"]


def test_a_price_offered_after_a_correction_wins_until_one_is_agreed() -> None:
    corrected = said("deal", "$4,950", "00:59:51", kind="corrected")
    offered = said("deal", "$4,650", "01:02:37", kind="quoted")
    agreed = said("deal", "$4,950", "00:59:59", kind="agreed")

    assert merged(corrected, offered).deal == Decimal("4650.00")
    assert merged(corrected, agreed, offered).deal == Decimal("4950.00")


def test_a_price_said_in_passing_does_not_undo_a_correction() -> None:
    known = merged(
        said("deal", "$4,600", "00:58:01", kind="quoted"),
        said("deal", "$4,950", "00:59:51", kind="corrected"),
        said("deal", "$4,600", "01:04:00"),
    )

    assert known.deal == Decimal("4950.00")


def test_a_corrected_fact_stays_corrected() -> None:
    known = merged(
        said("estate_value", "$2 million", kind="corrected"),
        said("estate_value", "$3 million", "01:04:00", kind="quoted"),
    )

    assert known.estate_value == Decimal("2000000.00")


def test_the_order_findings_come_in_does_not_matter() -> None:
    findings = [
        said("deal", "$1,000", "00:01:00"),
        said("deal", "$2,000", "00:59:00"),
        said("deal", "$3,000", "00:30:00"),
    ]

    assert {merged(*order).deal for order in (findings, findings[::-1])} == {Decimal("2000.00")}


def test_a_fact_said_more_often_beats_one_said_later() -> None:
    known = merged(*(said("children_count", value, f"00:0{n}:00") for n, value in enumerate(["3", "three", "5"])))

    assert known.children_count == 3


def test_what_code_reads_in_its_quote_beats_what_it_cannot() -> None:
    guess = said("client_phone_number", "715-555-0142", "00:09:00", quote="that one")

    assert merged(said("client_phone_number", "608-555-0117"), guess).client_phone == "+16085550117"


def test_an_address_that_code_reads_too_beats_a_later_guess() -> None:
    guess = said("client_email", "ann@example.org", "00:09:00", quote="that one")

    known = merged(said("client_email", "ann@example.com"), guess, transcript=without_header(CALL))

    assert known.client_email == "ann@example.com"


def test_without_a_header_the_day_of_the_meeting_is_the_one_that_was_said() -> None:
    known = merged(said("meeting_date", "May 7, 2026"), transcript=without_header(CALL))

    assert known.meeting_date == date(2026, 5, 7)
    assert known.provenance["meeting_date"].source == "dialogue"


def test_what_is_not_understood_is_left_out_and_named() -> None:
    findings = said("estate_value", "quite a lot"), said("client_state", "unknown"), said("client_email", "the old one")

    known = merged(*findings, transcript=without_header(CALL))

    assert (known.estate_value, known.client_state, known.client_email) == (None, None, None)
    for field in ("estate_value", "client_email"):
        assert known.provenance[field].passed_over[0].reason == "not understood"


def test_a_spouse_joins_the_household_once() -> None:
    assert merged(said("spouse_name", "Bo")).persons == ["Ann Lee", "Bo"]
    assert merged(said("spouse_name", "Ann")).persons == ["Ann Lee"]
    assert merged(said("spouse_name", "my husband")).persons == ["Ann Lee"]


def test_without_a_header_a_speakers_name_is_the_clients() -> None:
    names = [said("client_name", name) for name in ("Annie", "Ann Lee", "Annie")]

    known = merged(*names, transcript=without_header(CALL))

    assert known.persons == ["Ann Lee"]


def test_the_advisor_is_who_speaks_most_of_the_others() -> None:
    assert merged().advisor == "Milo Serrano"
    assert merged(transcript=without_header(CALL)).advisor is None


def test_words_of_nobody_make_no_advisor() -> None:
    call = read_text("[00:00:01] A voice from the lobby.\n[00:00:02] Milo: One.\n[00:00:03] Ann Lee: Hi.\n")

    assert merged(said("client_name", "Ann Lee"), transcript=call).advisor == "Milo"


def test_two_who_speak_alike_are_no_advisor() -> None:
    call = read_text("[00:00:01] Milo: One two three.\n[00:00:02] Dawn: One two three.\n[00:00:03] Ann Lee: Hi.\n")

    assert merged(said("client_name", "Ann Lee"), transcript=call).advisor is None


@pytest.mark.parametrize(
    "quote",
    [
        "The bank approved our mortgage last year, so forty-six fifty is fine",
        "We'll run the card tomorrow, the payment is taken then.",
        "The payment is processed next week.",
        "Was the payment made?",
        "The deposit is taken and charged tomorrow.",
    ],
)
def test_a_payment_to_come_or_of_something_else_wins_no_sale(quote: str) -> None:
    assert merged(said("deal", "$100", kind="agreed"), said("meeting_outcome", "Won", quote=quote)).outcome == "Pending"


@pytest.mark.parametrize(
    "quote",
    [
        "Your card was approved, I'll mail it.",
        "Your card was approved and I'll email you the receipt.",
        "The deposit was paid and we'll send it",
        "Okay the card has been charged and our team will call you next week.",
        "Payment's been received.",
    ],
)
def test_what_follows_a_payment_does_not_put_it_off(quote: str) -> None:
    assert merged(said("deal", "$100", kind="agreed"), said("meeting_outcome", "Won", quote=quote)).outcome == "Won"


def test_a_sale_is_won_only_with_a_payment() -> None:
    agreed = said("deal", "$3,000", kind="agreed")

    assert merged(agreed, said("meeting_outcome", "Won")).outcome == "Pending"
    assert merged(agreed, said("meeting_outcome", "Won", quote="once the deposit is paid")).outcome == "Pending"
    assert merged(agreed, said("meeting_outcome", "Won", quote="it says payment received")).outcome == "Won"
    assert merged(agreed, said("meeting_outcome", "Won"), said("deposit", "$500", kind="paid")).outcome == "Won"


def test_a_promised_sale_with_a_date_is_a_follow_up() -> None:
    known = merged(said("meeting_outcome", "Won"), said("next_meeting", "May 12 at 2 pm"))

    assert known.outcome == "Follow-up Scheduled"
    assert known.provenance["meeting_outcome"].passed_over[-1].reason == "payment was not taken in the call"


def test_the_zone_follows_from_what_was_said() -> None:
    assert merged(said("next_meeting", "Tuesday at two Eastern"), zone=None).timezone == "America/New_York"
    assert merged(said("client_state", "Wisconsin"), zone=None).timezone == "America/Chicago"
    assert merged(said("client_phone_number", "608-555-0117"), zone=None).timezone == "America/Chicago"


def test_the_next_meeting_takes_its_time_from_the_quote() -> None:
    known = merged(said("next_meeting", "Tuesday the 12th", quote="Tuesday the twelfth at nine-thirty"))

    assert known.next_meeting == datetime(2026, 5, 12, 14, 30, tzinfo=UTC)


def test_what_the_agent_said_badly_is_read_in_its_quote() -> None:
    known = merged(said("next_meeting", "next week or so", quote="Tuesday the twelfth at two"))

    assert known.next_meeting == datetime(2026, 5, 12, 19, tzinfo=UTC)


def test_a_meeting_without_a_time_of_day_keeps_its_day_and_is_not_put_at_midnight() -> None:
    known = merged(said("next_meeting", "Tuesday the 12th"))

    assert (known.next_meeting, known.next_meeting_on) == (None, date(2026, 5, 12))


def test_the_day_of_the_next_meeting_is_that_of_its_own_zone() -> None:
    known = merged(said("next_meeting", "May 12 at 8 pm"))

    assert (known.next_meeting, known.next_meeting_on) == (datetime(2026, 5, 13, 1, tzinfo=UTC), date(2026, 5, 12))


def test_a_header_that_has_only_the_day_gives_it_and_what_is_counted_from_it() -> None:
    call = read_text(CALL.text.replace("2026-05-06T15:00:00Z", "May 6, 2026"))

    known = merged(said("next_meeting", "next Tuesday"), transcript=call)
    meeting = assemble(call, known).meeting

    assert (meeting.started_at, meeting.held_on, meeting.next_meeting_on) == (None, date(2026, 5, 6), date(2026, 5, 12))


def test_a_deposit_is_paid_only_when_that_sum_was() -> None:
    quoted, paid = said("deposit", "$500", kind="quoted"), said("deposit", "$500", "00:00:09", kind="paid")
    other = said("deposit", "$400", kind="paid")
    by_card = said("meeting_outcome", "Won", quote="it says payment received")

    assert merged(quoted).deposit_status == "quoted"
    assert merged(quoted, paid).deposit_status == "paid"
    assert (
        merged(quoted.model_copy(update={"kind": "corrected", "timestamp": "00:00:12"}), other).deposit_status is None
    )
    assert merged(quoted, by_card).deposit_status is None
    assert merged(by_card).deposit_status is None
