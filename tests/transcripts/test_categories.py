"""States and closed lists: what is clear is mapped, what is not is None."""

import pytest

from tasks.transcripts.normalise import categories
from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.normalise.counts import parse_count
from tasks.transcripts.normalise.emails import parse_email
from tasks.transcripts.normalise.money import parse_money
from tasks.transcripts.normalise.phones import parse_phone
from tasks.transcripts.normalise.states import find_states, parse_state

NOTHING = ["", "  ", "null", "N/A", "unknown", "Not stated", "none mentioned", "-", "“”", None]


@pytest.mark.parametrize("parse", [parse_email, parse_money, parse_count, parse_phone, parse_state, stated])
@pytest.mark.parametrize("text", NOTHING)
def test_nothing_said_is_none(parse, text: str | None) -> None:  # type: ignore[no-untyped-def]
    assert parse(text) is None


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


def test_closed_lists_take_synonyms_and_refuse_what_is_unclear() -> None:
    assert categories.marital_status("thirty years of marriage") == "Married"
    assert categories.marital_status("never married") == "Single"
    assert categories.marital_status("I'm not divorced, my husband is downstairs") == "Married"
    assert categories.marital_status("divorced, now married again") is None
    assert categories.outcome("second meeting booked") == "Follow-up Scheduled"
    assert categories.outcome("Closed won") == "Won"
    assert categories.outcome("They are not interested.") == "Lost"
    assert categories.outcome("It was a nice call") is None
    assert categories.product_category("spendthrift sub-trusts") == "Sub-trusts"
    assert categories.product_category("health care power of attorney") == "Estate Planning"
    assert categories.product_category("a boat") == "Other"


@pytest.mark.parametrize(
    "text",
    [
        "we're not married",
        "isn’t married",
        "They aren't really married",
        "not yet divorced",
        "I don't think she's married",
    ],
)
def test_a_marriage_that_is_denied_is_none(text: str) -> None:
    assert categories.marital_status(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "unpaid",
        "not signed",
        "Not won",
        "no deposit taken",
        "never declined",
        "not lost",
        "Nothing signed",
        "no follow-up scheduled",
    ],
)
def test_an_outcome_that_is_denied_is_none(text: str) -> None:
    assert categories.outcome(text) is None


def test_no_problem_denies_nothing() -> None:
    assert categories.outcome("No problem she signed today") == "Won"


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
