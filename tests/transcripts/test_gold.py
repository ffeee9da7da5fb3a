"""Perfect findings give the gold record; the scorer sees every way of being wrong."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from blocks.errors import TranscriptError
from tasks.transcripts.assemble import assemble
from tasks.transcripts.merge import merge
from tasks.transcripts.record import CrmRecord, NextStep
from tasks.transcripts.scoring.gold import LONGEST_GOLD, Gold, read_gold
from tasks.transcripts.scoring.lists import match
from tasks.transcripts.scoring.score import score
from tasks.transcripts.scoring.verdicts import Cell, Condition, TranscriptScore
from tasks.transcripts.transcript import without_header
from tests.transcripts.perfect import DATA, LONG, SHORT, proven, sample

SAID = {"short": SHORT, "long": LONG}


def gold(name: str) -> Gold:
    return read_gold(DATA / f"{name}.gold.json")


def record(name: str, condition: Condition = "pipeline") -> CrmRecord:
    transcript = sample(name) if condition == "pipeline" else without_header(sample(name))
    return assemble(transcript, merge(transcript, proven(transcript, SAID[name])))


def changed(name: str, part: str, **values: Any) -> TranscriptScore:
    """The score of the perfect record with some values of one part replaced."""
    right = record(name)
    wrong = right.model_copy(update={part: getattr(right, part).model_copy(update=values)})
    return score(wrong, gold(name), "pipeline")


def cell(result: TranscriptScore, field: str) -> Cell:
    return next(cell for cell in result.cells if cell.field == field)


@pytest.mark.parametrize("condition", ["pipeline", "dialogue-only"])
@pytest.mark.parametrize("name", ["short", "long"])
def test_perfect_findings_score_everything(name: str, condition: Condition) -> None:
    result = score(record(name, condition), gold(name), condition)

    assert [cell for cell in result.cells if not cell.right] == []
    assert [one for one in result.lists if one.f1 < 1] == []
    assert len(result.cells) >= (20 if condition == "pipeline" else 14)


def test_owners_and_due_dates_of_steps_are_right_too() -> None:
    steps = score(record("long"), gold("long"), "pipeline").steps

    assert (steps.matched, steps.due_right, steps.due_scored) == (7, 7, 7)
    assert steps.owners_right == 7


def test_the_price_said_only_in_words_is_the_deal() -> None:
    deal = record("long").deal

    assert (deal.amount, deal.deposit, deal.status) == (Decimal("4650.00"), Decimal("1500.00"), "agreed")
    assert (deal.deposit_status, record("short").deal.deposit_status) == ("paid", "quoted")


def test_the_email_spelled_at_the_end_is_the_clients() -> None:
    assert record("long").client.email == "ted.lindqvist88@northwoodspiano.example"


def test_header_fields_are_read_by_code_and_not_by_a_model() -> None:
    transcript = sample("short")

    result = score(assemble(transcript, merge(transcript, [])), gold("short"), "pipeline")

    assert all(cell.right for cell in result.cells if cell.group == "header")
    assert cell(result, "client_name").verdict == cell(result, "client_email").verdict == "correct"


def test_without_the_header_its_email_is_rightly_null() -> None:
    result = score(record("short", "dialogue-only"), gold("short"), "dialogue-only")

    assert cell(result, "client_email").verdict == "correctly null"
    assert {"meeting_title", "meeting_date", "next_meeting"}.isdisjoint(cell.field for cell in result.cells)


@pytest.mark.parametrize(
    ("name", "part", "values", "field", "verdict", "decoy"),
    [
        ("long", "client", {"email": "ted.lindquist88@northwoodspiano.example"}, "client_email", "wrong", True),
        ("long", "client", {"email": "ted.lindqvist@northwoodspiano.example"}, "client_email", "wrong", False),
        ("long", "client", {"email": None}, "client_email", "missed", False),
        ("long", "deal", {"amount": Decimal(4600)}, "deal_amount", "wrong", True),
        ("long", "deal", {"amount": Decimal("4650.01")}, "deal_amount", "wrong", False),
        ("short", "deal", {"amount": Decimal(800)}, "deal_amount", "wrong", True),
        ("long", "client", {"persons": ["Priya Venkataraman"]}, "client_name", "wrong", True),
        ("long", "client", {"persons": ["Theodore Lindqvist"]}, "client_name", "wrong", False),
        ("long", "client", {"persons": ["Roz Lindqvist", "Ted Lindqvist"]}, "client_name", "correct", False),
        ("short", "client", {"persons": ["Nadia Whitcombe"]}, "client_name", "correct", False),
        ("short", "client", {"persons": ["Nadia Whitcombe"]}, "spouse_name", "missed", False),
        ("short", "client", {"llc_interest": "A farm LLC"}, "llc_interest", "invented", False),
        ("short", "client", {"estate_value": None}, "estate_value", "correctly null", False),
        ("long", "client", {"estate_value": Decimal(1_250_000)}, "estate_value", "correct", False),
        ("long", "client", {"estate_value": Decimal(1_000_000)}, "estate_value", "wrong", False),
        ("long", "client", {"children_count": 5}, "children_count", "wrong", True),
        ("long", "client", {"children_count": 0}, "children_count", "wrong", False),
        ("long", "client", {"phone": "+18005550199"}, "client_phone", "wrong", True),
        ("long", "meeting", {"outcome": "Pending"}, "deal_stage", "wrong", False),
        ("short", "deal", {"close_date": None}, "close_date", "correctly null", False),
    ],
)  # fmt: skip
def test_every_way_of_being_wrong_is_seen(
    name: str, part: str, values: dict[str, Any], field: str, verdict: str, decoy: bool
) -> None:
    judged = cell(changed(name, part, **values), field)

    assert (judged.verdict, judged.decoy) == (verdict, decoy)


def test_near_is_reported_and_not_counted() -> None:
    amount = cell(changed("long", "deal", amount=Decimal(4660)), "deal_amount")
    name = cell(changed("short", "client", persons=["Nadia Witcombe"]), "client_name")

    assert (amount.verdict, amount.near) == (name.verdict, name.near) == ("wrong", True)


def test_the_same_day_at_another_time_is_right() -> None:
    start = record("short").meeting.next_meeting
    assert start is not None

    assert cell(changed("short", "meeting", next_meeting=start + timedelta(hours=2)), "next_meeting").right
    assert not cell(changed("short", "meeting", next_meeting=start + timedelta(hours=12)), "next_meeting").right


def test_a_day_without_a_time_is_right_and_another_day_is_not() -> None:
    day = date(2026, 2, 24)

    assert cell(changed("short", "meeting", next_meeting=None, next_meeting_on=day), "next_meeting").right
    other = cell(changed("short", "meeting", next_meeting=None, next_meeting_on=date(2026, 2, 23)), "next_meeting")
    assert (other.verdict, other.near) == ("wrong", False)
    assert cell(changed("short", "meeting", started_at=None, held_on=date(2026, 2, 17)), "meeting_date").right


def test_a_deposit_that_was_only_asked_for_is_not_paid() -> None:
    assert cell(changed("short", "deal"), "deposit_status").right
    assert cell(changed("short", "deal", deposit_status="paid"), "deposit_status").verdict == "wrong"
    assert cell(changed("long", "deal", deposit_status=None), "deposit_status").verdict == "missed"


def listed(result: TranscriptScore, field: str) -> tuple[int, int, int]:
    one = next(one for one in result.lists if one.field == field)
    return one.matched, one.predicted, one.expected


def test_one_vague_step_does_not_stand_for_all() -> None:
    vague = NextStep(action="deed questionnaire Annika 403 recap meeting sign")

    assert listed(changed("long", "deal", next_steps=[vague]), "next_steps") == (1, 1, 7)


def test_an_optional_step_neither_helps_nor_hurts() -> None:
    steps = record("long").deal.next_steps
    assert any("Family call" in step.action for step in steps)

    assert listed(changed("long", "deal", next_steps=steps), "next_steps") == (7, 7, 7)
    assert listed(changed("long", "deal", next_steps=[*steps, NextStep(action="Buy a canoe")]), "next_steps") == (
        7,
        8,
        7,
    )


def test_an_item_that_fits_two_is_given_to_the_one_nothing_else_fits() -> None:
    fits = {"trust": ["a sub-trust", "a trust"], "sub-trust": ["a sub-trust"]}

    pairs = match(["trust", "sub-trust"], ["a sub-trust", "a trust"], lambda wanted, given: given in fits[wanted])

    assert sorted(pairs) == [("sub-trust", "a sub-trust"), ("trust", "a trust")]


def test_categories_are_compared_as_sets() -> None:
    assert listed(changed("long", "deal", products=["LLC", "Other"]), "product_categories") == (1, 2, 3)


def rewritten(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    data = json.loads((DATA / "short.gold.json").read_text())
    change(data)
    (tmp_path / "call.gold.json").write_text(json.dumps(data))
    return tmp_path / "call.gold.json"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data.update(client_emial="x"), "client_emial"),
        (lambda data: data.update(schema="transcript-gold/2"), "schema"),
        (lambda data: data.update(timezone="Central"), "IANA"),
        (lambda data: data.pop("transcript_id"), "transcript_id"),
    ],
)
def test_a_gold_file_with_a_mistake_is_refused_by_name(
    change: Callable[[dict[str, Any]], object], says: str, tmp_path: Path
) -> None:
    with pytest.raises(TranscriptError, match=says):
        read_gold(rewritten(tmp_path, change))


def test_a_gold_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match="cannot be read"):
        read_gold(tmp_path / "none.gold.json")


def test_a_file_longer_than_any_gold_is_refused(tmp_path: Path) -> None:
    (tmp_path / "call.gold.json").write_text(" " * (LONGEST_GOLD + 1))

    with pytest.raises(TranscriptError, match="longer than"):
        read_gold(tmp_path / "call.gold.json")


def test_a_quote_that_was_taken_back_is_a_trap_without_being_listed(tmp_path: Path) -> None:
    history = [{"amount": 2900, "kind": "quoted_in_error"}, {"amount": 3200, "kind": "quoted"}]
    path = rewritten(tmp_path, lambda data: data.update(deal_amount_history=history, decoys={}))
    wrong = record("short").model_copy(
        update={"deal": record("short").deal.model_copy(update={"amount": Decimal(2900)})}
    )

    assert cell(score(wrong, read_gold(path), "pipeline"), "deal_amount").decoy


@pytest.mark.parametrize(
    ("expected", "predicted", "verdict", "decoy"),
    [
        ("(608) 555-0117", "+16085550117", "correct", False),
        ("608-555-0117", "+18005550199", "wrong", True),
        ("608-555-0117", "+16085550118", "wrong", False),
    ],
)
def test_a_telephone_number_is_the_same_however_it_is_written(
    tmp_path: Path, expected: str, predicted: str, verdict: str, decoy: bool
) -> None:
    traps = {"client_phone": ["800-555-0199"]}
    path = rewritten(tmp_path, lambda data: data.update(client_phone=expected, decoys=traps))

    right = record("short")
    heard = right.model_copy(update={"client": right.client.model_copy(update={"phone": predicted})})

    judged = cell(score(heard, read_gold(path), "pipeline"), "client_phone")

    assert (judged.verdict, judged.decoy) == (verdict, decoy)


def test_a_key_that_is_left_out_is_not_scored(tmp_path: Path) -> None:
    lists = ("real_estate_locations", "product_categories", "products_discussed", "objections", "next_steps")
    path = rewritten(tmp_path, lambda data: [data.pop(key) for key in ("client_state", *lists)])

    result = score(record("short"), read_gold(path), "pipeline")

    assert "client_state" not in {cell.field for cell in result.cells}
    assert result.lists == ()
