"""Sums, counts and number words. Exact or None, never a guess, never 0 for nothing."""

import time
from decimal import Decimal

import pytest

from tasks.transcripts.normalise.counts import parse_count
from tasks.transcripts.normalise.money import find_sums, parse_money
from tasks.transcripts.normalise.numbers import words_to_number


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$4,650", "4650"),
        ("4650.00", "4650"),
        ("$ 4,650.5", "4650.50"),
        ("4.65k", "4650"),
        ("forty-six fifty", "4650"),
        ("forty six fifty", "4650"),
        ("four thousand six hundred and fifty", "4650"),
        ("forty-six hundred", "4600"),
        ("fifteen hundred", "1500"),
        ("a hundred and sixty", "160"),
        ("two sixty-five", "265"),
        ("roughly one point two nine million", "1290000"),
        ("$1.29 million", "1290000"),
        ("half a million", "500000"),
        ("a million and a half", "1500000"),
        ("two and a half thousand", "2500"),
        ("forty-six dollars and fifty cents", "46.50"),
        ("4650 dollars and 50 cents", "4650.50"),
        ("come to $3,200 flat for both of the 2 deeds", "3200"),
        ("zero dollars", "0"),
        ("4 hundred", "400"),
    ],
)
def test_money_is_exact(text: str, amount: str) -> None:
    assert parse_money(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    [
        "two and a half to three thousand",
        "$2,500 or $3,000",
        "$3,200 flat, with $800 down",
        "-$300",
        "$4.650",
        "€4650",
        "4650 pounds",
        "50%",
        "my 401k and the 403b",
        "$ 4 650",
        "a million things and a thousand more",
        "=cmd()",
        "3 million two hundred thousand",
        "$5,000,000,000,000",
        "two thousand billion dollars",
    ],
)
def test_money_that_is_not_sure_is_none(text: str) -> None:
    assert parse_money(text) is None


def test_sums_know_whether_they_sound_like_money() -> None:
    found = find_sums(
        "Since two thousand nine we did four hundred plans at $4,950, or 46 of them in nineteen eighty-four"
    )

    assert [(str(sum_.value), sum_.sure) for sum_ in found] == [
        ("2009.00", False),
        ("400.00", True),
        ("4950.00", True),
        ("46.00", False),
        ("1984.00", False),
    ]


def test_number_words_that_make_no_number_are_none() -> None:
    assert words_to_number(("five", "five", "five")) is None
    assert words_to_number(("million",)) is None
    assert words_to_number(("one", "hundred", "five", "fifty")) is None
    assert words_to_number(()) is None


def test_counting_aloud_is_neither_a_number_nor_slow() -> None:
    start = time.process_time()

    assert find_sums("one " * 50_000) == []
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("We have three between us", 3),
        ("one son, Theo", 1),
        ("3", 3),
        ("3.0", 3),
        ("0", 0),
        ("no children", 0),
        ("two sons and one daughter", None),
        ("$4", None),
        ("a house and a cabin", None),
        ("two boys and a girl", None),
        ("three here and another house", None),
        ("three children and a house", 3),
        ("three kids and a family home", 3),
        ("two properties and a daughter", 2),
        ("two kids, a farm and a son", None),
        ("our house, two rentals and a small cabin", None),
        ("three children and a grandson", 3),
    ],
)
def test_counts_are_one_number_or_none(text: str, count: int | None) -> None:
    assert parse_count(text) == count
