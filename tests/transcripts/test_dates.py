"""Days, times and zones as people say them, seen from the day of the meeting."""

from datetime import UTC, date, datetime, time
from time import process_time

import pytest

from tasks.transcripts.normalise.dates import Moment, find_dates, local_date, parse_date, parse_moment
from tasks.transcripts.normalise.times import parse_time
from tasks.transcripts.normalise.zones import meeting_zone, spoken_zone

TUESDAY = date(2026, 2, 17)


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
        ("Feb. 28th", "2026-02-28"),
        ("in two weeks", "2026-03-03"),
        ("in 30 days", "2026-03-19"),
        ("the day after tomorrow", "2026-02-19"),
        ("a week from Thursday at two Central", "2026-02-26"),
        ("Tuesday, a week from today", "2026-02-24"),
        ("Thursday next week", "2026-02-26"),
    ],
)
def test_dates_are_counted_from_the_meeting(text: str, day: str) -> None:
    assert parse_date(text, TUESDAY) == date.fromisoformat(day)


def test_months_end_when_they_end_and_years_at_the_last() -> None:
    assert parse_date("in one month", date(2026, 1, 31)) == date(2026, 2, 28)
    assert parse_date("February 29", date(2027, 5, 1)) == date(2028, 2, 29)
    assert parse_date("the day after tomorrow", date.max) is None


@pytest.mark.parametrize("word", ["tomorrow", "March 3rd", "a week from Thursday", "in two weeks"])
def test_days_without_end_are_read_at_once(word: str) -> None:
    text = f"{word} " * (20_000 // len(word))
    begun = process_time()

    assert len({mention.day for mention in find_dates(text, TUESDAY)}) == 1
    assert process_time() - begun < 1


@pytest.mark.parametrize(
    "text",
    [
        "next Thursday",  # in two days for some, in nine for others
        "Wednesday the twenty-fourth",  # it is a Tuesday
        "Monday, March 3rd",  # so is that
        "Monday or Tuesday",
        "March 3rd or 4th",
        "two weeks from Tuesday",  # counted from today for some, from the next one for others
        "a week after the signing on Thursday",
        "the day before tomorrow",
        "I'm away next week, so Thursday",
        "last Thursday",
        "03/10/2026",
        "next week",
        "end of the month",
        "after the first draft, a third of it",
        "by the first draft",
        "ten business days from today",
        "the week after Friday",
        "Monday or Tuesday next week",
        "the 32nd",
        "February 30",
        "2026-13-45",
        "0001-01-01",  # what programs write for no date
        "9999-12-31",
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
    assert meeting_zone("at two Eastern", "Wisconsin", None) == "America/New_York"
    assert meeting_zone("", "Wisconsin", None) == "America/Chicago"
    assert meeting_zone("", "Texas", "+16085550117") == "America/Chicago"
    assert meeting_zone("", None, "+18005550199") is None
