"""Any output is laid out by its shape alone."""

from typing import Any

import pytest

from tasks.reports.document import Facts, Heading, Items, Table, Text, paragraph
from tasks.reports.from_output import label, output_blocks, scalar


def kinds(body: dict[str, Any]) -> list[type]:
    return [type(block) for block in output_blocks(body, 4)]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("core_offer", "Core offer"), ("whats_covered", "What's covered"), ("url", "URL"), ("top_3_fears", "Top 3 fears")],
)
def test_labels_are_words(name: str, shown: str) -> None:
    assert label(name) == shown


@pytest.mark.parametrize(
    ("value", "dollars", "shown"),
    [
        (15000, True, "$15,000"), (1762.5, True, "$1,762.50"), (2300.0, True, "$2,300"), (15000, False, "15,000"),
        (6.5, False, "6.5"), (True, True, "yes"), (None, True, "not stated"), ("", False, "not stated"), (0, True, "$0"),
    ],
)  # fmt: skip
def test_a_missing_value_is_never_a_zero(value: Any, dollars: bool, shown: str) -> None:
    assert scalar(value, dollars) == shown


def test_short_fields_stand_together() -> None:
    found = output_blocks({"name": "A", "prices": [1, 2]}, 4, frozenset({"prices"}))

    prices = Items(((paragraph("$1"),), (paragraph("$2"),)))
    assert found == (Facts((("Name", (paragraph("A"),)), ("Prices", (prices,)))),)


def test_a_long_text_has_a_heading_and_its_paragraphs() -> None:
    found = output_blocks({"story": "word " * 200 + "\n\n" + "end"}, 4)

    assert found[0] == Heading(4, (Text("Story"),))
    assert len(found) == 3


def test_flat_records_become_a_table() -> None:
    found = output_blocks({"plans": [{"plan_name": "A", "price": 5, "for": ["x", "y"]}] * 2}, 4, frozenset({"price"}))

    assert isinstance(found[1], Table)
    assert found[1].rows[0] == ((Text("A"),), (Text("$5"),), (Text("x; y"),))
    assert found[1].numeric == {1}


@pytest.mark.parametrize(
    "records",
    [
        [{f"field_{number}": 1 for number in range(7)}],
        [{"text": "long " * 40}],
        [{"a": 1}, {"b": 2}],
        [{"a": {"b": 1}}],
        [{"a": [{"b": 1}]}],
        [{"a": 1}, "text"],
    ],
)
def test_records_that_fit_no_table_stand_one_after_the_other(records: list[Any]) -> None:
    assert Table not in kinds({"records": records})[:2]


def test_a_record_is_headed_by_its_own_name() -> None:
    found = output_blocks({"bonuses": [{"bonus_name": "Calculator", "more": {"a": 1}}, {"more": {"a": 1}}]}, 4)

    assert [block.line for block in found if isinstance(block, Heading) and block.level == 5] == [
        (Text("Calculator"),), (Text("Bonuses 2"),),
    ]  # fmt: skip


def test_nothing_goes_deeper_than_a_heading_can() -> None:
    body: dict[str, Any] = {"leaf": 1}
    for _ in range(8):
        body = {"level": body}

    assert max(block.level for block in output_blocks(body, 4) if isinstance(block, Heading)) == 6


@pytest.mark.parametrize("empty", [None, "", [], {}, "\n\n"])
def test_what_is_empty_says_so(empty: Any) -> None:
    assert output_blocks({"field": empty}, 4) == (Facts((("Field", (paragraph("not stated"),)),)),)
