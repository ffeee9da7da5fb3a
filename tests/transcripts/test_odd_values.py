"""Values that are written like one and are none, and what identifies a household: branches no other test came by."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tasks.transcripts.normalise.categories import marital_status, outcome, product_category
from tasks.transcripts.normalise.dates import parse_date, parse_moment
from tasks.transcripts.normalise.letters import plain
from tasks.transcripts.normalise.numbers import digits_of, words_to_number
from tasks.transcripts.normalise.phones import parse_phone
from tasks.transcripts.normalise.times import parse_time
from tasks.transcripts.normalise.zones import zone_of_phone
from tasks.transcripts.record import Client, Objection
from tasks.transcripts.transcript import Turn


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (product_category, None),
        (product_category, "unknown"),
        (marital_status, "not stated"),
        (outcome, None),
        (parse_time, "13:00 pm"),
        (parse_time, "25:00"),
        (parse_phone, "five five five oh one"),
        (zone_of_phone, None),
        (zone_of_phone, "no number"),
    ],
)
def test_what_is_none_is_none(read: Callable[[str | None], Any], text: str | None) -> None:
    assert read(text) is None


@pytest.mark.parametrize("text", ["02/30/2026", "30/02/2026", "03/10/2026", "2026-02-30"])
def test_a_day_that_is_none_or_could_be_two_is_none(text: str) -> None:
    assert parse_date(text, date(2026, 11, 22)) is None


def test_a_moment_with_an_impossible_hour_is_none() -> None:
    assert parse_moment("2026-05-04T25:00:00Z", None) is None


def test_the_leap_day_is_not_moved_into_a_year_without_one() -> None:
    assert parse_date("February 29th", date(2026, 11, 22)) in (None, date(2028, 2, 29))


@pytest.mark.parametrize("words", [["area", "code"], ["one", "banana"]])
def test_words_that_are_no_digits_are_no_number(words: list[str]) -> None:
    assert digits_of(words) is None


@pytest.mark.parametrize("words", [("two", "point"), ("two", "point", "banana"), ("banana", "point", "two")])
def test_half_a_decimal_is_none(words: tuple[str, ...]) -> None:
    assert words_to_number(words) is None


def test_a_turn_knows_its_second() -> None:
    assert Turn(timestamp="01:02:03", speaker=None, text="Hello.").seconds == 3723


def test_a_household_is_known_by_its_address_else_by_its_names() -> None:
    assert Client(email="Ann@Example.com", persons=["Ann Lee"]).key == "ann@example.com"
    assert (
        Client(persons=["Zoë  Lee", "Ann Lee"]).key == Client(persons=["ANN LEE", "Zoe Lee"]).key == "ann lee|zoe lee"
    )
    assert Client().key is None


def test_an_objection_has_the_same_id_however_it_is_written() -> None:
    first, second = (Objection(category="Price", text=text) for text in ("Too dear!", "too  DEAR"))
    assert first.id_in("1") == second.id_in("1") != first.id_in("2")


def test_letters_alone_remain() -> None:
    assert plain("  Ünder—Score_9!  ") == "under score 9"
