"""Telephone numbers, e-mail addresses and names as people say them: complete or None."""

import pytest

from tasks.transcripts.normalise.emails import find_emails, parse_email, valid_email
from tasks.transcripts.normalise.persons import same_person, split_persons
from tasks.transcripts.normalise.phones import parse_phone

TED = "ted.lindqvist88@northwoodspiano.example"


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
        ("oh one one, nine nine nine, one two three four five", None),
    ],
)
def test_phones_are_complete_and_valid(text: str, number: str | None) -> None:
    assert parse_phone(text) == number


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
        ("bo at lake house dot", None),
        ("bo oh hundred at lake house dot example", None),
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
    assert find_emails("people like nice quiet mornings at lakehouse dot com") == []


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
