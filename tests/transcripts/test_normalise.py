"""Values as people say them. Sure or None, never a guess, never "" and never 0 for nothing."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from tasks.transcripts.normalise import categories
from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.normalise.counts import parse_count
from tasks.transcripts.normalise.dates import Moment, local_date, parse_date, parse_moment
from tasks.transcripts.normalise.emails import find_emails, parse_email, valid_email
from tasks.transcripts.normalise.money import find_sums, parse_money
from tasks.transcripts.normalise.numbers import words_to_number
from tasks.transcripts.normalise.persons import same_person, split_persons
from tasks.transcripts.normalise.phones import parse_phone
from tasks.transcripts.normalise.states import find_states, parse_state
from tasks.transcripts.normalise.times import parse_time
from tasks.transcripts.normalise.zones import meeting_zone, spoken_zone

TUESDAY = date(2026, 2, 17)

NOTHING = ["", "  ", "null", "N/A", "unknown", "Not stated", "none mentioned", "-", "“”", None]


@pytest.mark.parametrize("parse", [parse_email, parse_money, parse_count, parse_phone, parse_state, stated])
@pytest.mark.parametrize("text", NOTHING)
def test_nothing_said_is_none(parse, text: str | None) -> None:  # type: ignore[no-untyped-def]
    assert parse(text) is None


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
    assert words_to_number(()) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("six oh eight, five five five, zero one one seven", "+16085550117"),
        ("seven fifteen, five fifty-five, oh one forty-two", "+17155550142"),
        ("eight hundred, five five five, zero one nine nine", "+18005550199"),
        ("608 triple five 0117", "+16085550117"),
        ("(608) 555-0117", "+16085550117"),
        ("+1 608 555 0117", "+16085550117"),
        ("one six oh eight, five five five, zero one one seven", "+16085550117"),
        ("zero one four two", None),
        ("608-555-0117 or 715-555-0142", None),
        ("one one one, one one one, one one one one", None),
    ],
)
def test_phones_are_complete_and_valid(text: str, number: str | None) -> None:
    assert parse_phone(text) == number


TED = "ted.lindqvist88@northwoodspiano.example"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("t e d dot lindqvist eighty-eight at northwoods piano dot example", TED),
        ("Ted dot Lindqvist eighty-eight, at northwoods piano dot example. And that's with a Q V, not a Q U.", TED),
        ("T as in Tom, E, D, dot, L, I, N, D, Q, V, I, S, T, 88 at northwoods piano, all one word, dot example", TED),
        ("ted dot lindquist, l i n d q v i s t, eighty-eight, at northwoods piano dot example", TED),
        ("The address is intake at harrowgate legacy dot example.", "intake@harrowgatelegacy.example"),
        ("j underscore doe nineteen eighty-four at mail dot co dot uk", "j_doe1984@mail.co.uk"),
        ("It's A.B@Example.NET, thanks", "a.b@example.net"),
        ("mailto:<ann@example.net>", "ann@example.net"),
        ("ann@example.net or bo@example.net", None),
        ("I was at the dentist, and the dot on the map moved", None),
        ("look at northwoods dot example", None),
        ("ann@localhost", None),
        ("northwoods piano dot example", None),
    ],
)
def test_emails_are_one_address_or_none(text: str, address: str | None) -> None:
    assert parse_email(text) == address


def test_an_email_is_checked_by_syntax() -> None:
    assert valid_email(" <Ann@Example.net>. ") == "ann@example.net"
    assert valid_email("ann@@example.net") is None
    assert valid_email("a" * 300 + "@example.net") is None


def test_a_long_sentence_is_no_address() -> None:
    assert find_emails("we talked about what she wants for the house at the lake dot com") == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("next Tuesday, the twenty-fourth, at two Central", "2026-02-24"),
        ("next Tuesday", "2026-02-24"),
        ("Thursday", "2026-02-19"),
        ("Monday the second", "2026-03-02"),
        ("the 31st", "2026-03-31"),
        ("in the week of April thirteenth", "2026-04-13"),
        ("the eleventh of March", "2026-03-11"),
        ("January 5", "2027-01-05"),
        ("October 3rd, 2025", "2025-10-03"),
        ("2026-03-16", "2026-03-16"),
        ("03/24/2026", "2026-03-24"),
        ("tonight", "2026-02-17"),
        ("tomorrow at noon", "2026-02-18"),
        ("in two weeks", "2026-03-03"),
    ],
)
def test_dates_are_counted_from_the_meeting(text: str, day: str) -> None:
    assert parse_date(text, TUESDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    [
        "next Thursday",  # in two days for some, in nine for others
        "Wednesday the twenty-fourth",  # it is a Tuesday
        "Monday, March 3rd",  # so is that
        "Monday or Tuesday",
        "03/10/2026",
        "next week",
        "end of the month",
        "after the first draft, a third of it",
        "ten business days from today",
        "February 30",
        "2026-13-45",
        "x" * 400,
    ],
)
def test_dates_that_are_not_sure_are_none(text: str) -> None:
    assert parse_date(text, TUESDAY) is None


def test_without_the_day_of_the_meeting_only_full_dates_are_known() -> None:
    assert parse_date("Tuesday the twenty-fourth", None) is None
    assert parse_date("the eleventh of March", None) is None
    assert parse_date("March 11, 2026", None) == date(2026, 3, 11)


def test_a_meeting_at_two_central_is_eight_in_the_evening_utc() -> None:
    moment = parse_moment("next Tuesday, the twenty-fourth, at two Central", TUESDAY)

    assert moment == Moment(date(2026, 2, 24), time(14), "America/Chicago")
    assert moment.in_utc(None) == datetime(2026, 2, 24, 20, tzinfo=UTC)


def test_a_moment_in_utc_is_read_in_the_meetings_zone() -> None:
    moment = parse_moment("2026-02-25T03:00:00Z", TUESDAY, "America/Chicago")

    assert moment == Moment(date(2026, 2, 24), time(21), "America/Chicago")


def test_without_time_or_zone_there_is_no_moment() -> None:
    assert Moment(TUESDAY).in_utc("America/Chicago") is None
    assert Moment(TUESDAY, time(14)).in_utc(None) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("at two", "14:00"),
        ("at nine-thirty", "09:30"),
        ("nine-thirty in the morning", "09:30"),
        ("2:30 p.m.", "14:30"),
        ("14:00", "14:00"),
        ("7 pm", "19:00"),
        ("noon", "12:00"),
        ("12 am", "00:00"),
        ("at seven", None),
        ("at two or at three", None),
        ("two of us", None),
        ("at 25:00", None),
    ],
)
def test_times_are_read_within_a_business_day(text: str, moment: str | None) -> None:
    assert parse_time(text) == (time.fromisoformat(moment) if moment else None)


def test_the_day_of_the_meeting_is_the_one_where_it_was_held() -> None:
    late = datetime(2026, 2, 18, 3, tzinfo=UTC)

    assert local_date(late, "America/Chicago") == date(2026, 2, 17)
    assert local_date(late, None) == date(2026, 2, 17)
    assert local_date(late.replace(hour=7), None) is None  # the 18th in New York, the 17th in Honolulu
    assert local_date(None, "America/Chicago") is None


def test_a_zone_is_named_with_a_time_or_follows_from_the_place() -> None:
    assert spoken_zone("at two Central") == "America/Chicago"
    assert spoken_zone("the bank on Central is closed") is None
    assert meeting_zone("", "Wisconsin", None) == "America/Chicago"
    assert meeting_zone("", "Texas", "+16085550117") == "America/Chicago"
    assert meeting_zone("", None, "+18005550199") is None


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
    ],
)
def test_counts_are_one_number_or_none(text: str, count: int | None) -> None:
    assert parse_count(text) == count


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Wisconsin", "Wisconsin"),
        ("WI", "Wisconsin"),
        ("Madison, WI 53703", "Wisconsin"),
        ("Charleston, west virginia", "West Virginia"),
        ("Wisconsin and Minnesota", None),
        ("OR maybe IN the house", None),
        ("Eau Claire", None),
    ],
)
def test_states_are_named_and_not_guessed(text: str, state: str | None) -> None:
    assert parse_state(text) == state


def test_states_are_found_in_order_once() -> None:
    assert find_states("Ely, MN, and Wisconsin; Minnesota again") == ["Minnesota", "Wisconsin"]


@pytest.mark.parametrize(
    ("text", "persons"),
    [
        ("Theodore and Rosalind Lindqvist", ["Theodore Lindqvist", "Rosalind Lindqvist"]),
        ("Ann & Bo Lee", ["Ann Lee", "Bo Lee"]),
        ("Ann Lee, Bo Ray", ["Ann Lee", "Bo Ray"]),
        ("Dr. Ann O'Neil, Jr.", ["Ann O'Neil"]),
        ("Graham", ["Graham"]),
        ("Ann's iPhone", []),
        ("unknown", []),
        ("=cmd()", []),
        ("ann@example.net", []),
    ],
)
def test_couples_are_taken_apart(text: str, persons: list[str]) -> None:
    assert split_persons(text) == persons


def test_the_same_person_may_be_written_differently() -> None:
    assert same_person("Mrs. Rosalind Mae Lindqvist", "rosalind lindqvist")
    assert same_person("Zoë", "Zoe Adler")
    assert not same_person("Ann Lee", "Ann Ray")
    assert not same_person("", "Ann")


def test_closed_lists_take_synonyms_and_refuse_what_is_unclear() -> None:
    assert categories.marital_status("thirty years of marriage") == "Married"
    assert categories.marital_status("never married") == "Single"
    assert categories.marital_status("divorced, now married again") is None
    assert categories.outcome("second meeting booked") == "Follow-up Scheduled"
    assert categories.outcome("Closed won") == "Won"
    assert categories.outcome("It was a nice call") is None
    assert categories.product_category("spendthrift sub-trusts") == "Sub-trusts"
    assert categories.product_category("health care power of attorney") == "Estate Planning"
    assert categories.product_category("a boat") == "Other"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("That's more than I expected", "Price"),
        ("can't say yes without my husband", "Spouse"),
        ("never again sign on the same day", "Trust"),
        ("should we wait until June?", "Timing"),
        ("I have to ask my accountant", "Authority"),
        ("I do not like your tie", "Other"),
        ("wait, what does it cost", None),
    ],
)
def test_objections_have_the_category_their_words_have(text: str, category: str | None) -> None:
    assert categories.objection_category(text) == category


def test_an_owner_is_a_side_of_the_table() -> None:
    assert categories.owner("clients") == "client"
    assert categories.owner("all") == "both"
    assert categories.owner("Priya", "Priya Nand") == "advisor"
    assert categories.owner("Ann", "Priya Nand", ("Ann Lee",)) == "client"
    assert categories.owner("the weather") is None
