"""Findings become values by rules: the header first, then what was corrected or agreed last."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tasks.transcripts.assemble import assemble
from tasks.transcripts.findings import KNOWLEDGE_FIELDS, Finding, FindingField
from tasks.transcripts.knowledge import Knowledge
from tasks.transcripts.merge import merge
from tasks.transcripts.reading import read_text
from tasks.transcripts.record import CrmRecord
from tasks.transcripts.transcript import Transcript, without_header
from tests.transcripts.perfect import LONG, proven, sample

CALL = read_text(
    "Ann Lee: Planning Meeting\nAnn Lee\nann@example.net\n2026-05-06T15:00:00Z\n81234567\n"
    "[00:00:04] Milo Serrano: Good morning, and thank you so much for making the time today.\n"
    "[00:00:09] Ann Lee: Good morning.\n[00:00:12] Dawn: Bye.\n"
)


def said(field: FindingField, value: str, at: str = "00:00:04", **more: object) -> Finding:
    return Finding.model_validate({"field": field, "value": value, "quote": value, "timestamp": at} | more)


def merged(*findings: Finding, transcript: Transcript = CALL, zone: str | None = "America/Chicago") -> Knowledge:
    return merge(transcript, findings, zone=zone)


def test_an_extraction_has_nineteen_fields() -> None:
    assert len(KNOWLEDGE_FIELDS) == 19


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


def test_what_is_not_understood_is_left_out_and_named() -> None:
    known = merged(said("estate_value", "quite a lot"), said("client_state", "unknown"))

    assert (known.estate_value, known.client_state) == (None, None)
    assert known.provenance["estate_value"].passed_over[0].reason == "not understood"


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


def test_lists_are_united_by_what_they_say() -> None:
    known = merged(
        said("products_discussed", "Living trust", window=0),
        said("products_discussed", "living  trust.", window=1),
        said("products_discussed", "an LLC", window=1),
        said("real_estate_locations", "Madison, WI", window=0),
        said("real_estate_locations", "Wisconsin", window=1),
        said("real_estate_locations", "the lake", window=1),
    )

    assert known.products_mentioned == ["Living trust", "an LLC"]
    assert known.products == ["Estate Planning", "LLC"]
    assert known.real_estate_locations == ["Wisconsin"]


def test_an_objection_that_is_answered_later_is_resolved() -> None:
    known = merged(
        said("objections_raised", "It costs too much", "00:10:00", resolved=False),
        said("objections_raised", "it costs too much!", "00:40:00", resolved=True),
        said("objections_raised", "It costs too much", "00:50:00"),
    )

    assert [(one.category, one.resolved) for one in known.objections] == [("Price", True)]


def test_an_agents_category_counts_when_it_is_one() -> None:
    known = merged(
        said("objections_raised", "Hmm", category="Timing"), said("objections_raised", "Oh", category="Vibes")
    )

    assert [one.category for one in known.objections] == ["Timing", "Other"]


def test_a_step_said_twice_keeps_what_is_known_of_it() -> None:
    known = merged(
        said("next_steps", "Send the deed", owner="client"),
        said("next_steps", "send the deed", "00:50:00", due="by Tuesday the twelfth"),
    )

    assert [(step.owner, step.due) for step in known.next_steps] == [("client", date(2026, 5, 12))]


def test_lists_and_texts_are_bounded() -> None:
    known = merged(*(said("next_steps", f"step {n} " + "x" * 900) for n in range(200)))

    assert len(known.next_steps) == 50
    assert max(len(step.action) for step in known.next_steps) <= 500


def test_hostile_values_are_only_text() -> None:
    words = "=cmd() <b>'; DROP TABLE x; MATCH (n) DETACH DELETE n"

    known = merged(
        said("next_steps", words), said("llc_interest", words), said("deal", words), said("client_name", words)
    )

    assert known.next_steps[0].action == known.llc_interest == words
    assert (known.deal, known.persons) == (None, ["Ann Lee"])


def test_merging_twice_gives_the_same_record() -> None:
    transcript = sample("long")
    findings = proven(transcript, LONG)

    records = {assemble(transcript, merge(transcript, order)).model_dump_json() for order in (findings, findings)}

    assert len(records) == 1
    assert CrmRecord.model_validate_json(records.pop()).deal.amount == Decimal("4650.00")


def test_a_spouse_the_header_names_stands_on_the_header() -> None:
    couple = CALL.model_copy(update={"header": CALL.header.model_copy(update={"client_name": "Ann and Bo Lee"})})

    known = merged(said("spouse_name", "Karl"), said("spouse_name", "Bo"), transcript=couple)

    assert known.persons == ["Ann Lee", "Bo Lee"]
    origin = known.provenance["spouse_name"]
    assert (origin.source, [one.value for one in origin.passed_over]) == ("header", ["Karl"])


def test_objections_of_a_record_have_as_many_ids_in_the_graph() -> None:
    wordings = [
        "The add-on fee",
        "the add on fee",
        "Too much, at $3,200",
        "Too much at $3 200",
        "It’s too much",
        "it's too much",
    ]
    known = merged(*(said("objections_raised", text, category="Price") for text in wordings))

    assert len(known.objections) == 3
    assert len({one.id_in("81234567") for one in known.objections}) == 3
