"""Findings become lists and texts: united by what they say, bounded, and only text."""

from datetime import date
from decimal import Decimal

from tasks.transcripts.assemble import assemble
from tasks.transcripts.merge import merge
from tasks.transcripts.record import CrmRecord
from tests.transcripts.merging import CALL, merged, said
from tests.transcripts.perfect import LONG, proven, sample


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


def test_what_says_that_there_is_none_is_no_item() -> None:
    known = merged(said("objections_raised", "not stated"), said("next_steps", "n/a"))

    assert (known.objections, known.next_steps) == ([], [])


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
