"""Placeholders and echoes: what a model writes when it has nothing to say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.answering.faults import find_echoes, find_placeholders


@pytest.mark.parametrize(
    "text",
    [
        "[INSERT name here]", "[insert price]", "[TODO]", "[TBD]", "[PLACEHOLDER]", "[Add two examples]",
        "The price is to be determined.", "More details coming soon!", "We help [target audience] grow.",
        "Get [specific outcome] in days", "TBD", "n/a", "N/A.", "Not specified", "unknown", "null", "undefined",
        "From research", "Lorem ipsum dolor", "It works because...", "It works because…", "and so on ...\n",
    ],
)  # fmt: skip
def test_a_placeholder_is_found(text: str) -> None:
    assert find_placeholders(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "Clinics lose $1,200 a week.", "Wait... there is more to it.", "Well… it depends on the clinic.",
        "See [the clinic's page](https://clinic.example/).", "Ticked: [x] and [ ].", "As shown in [1] and [2019].",
        "Insert the key.", "An unknown brand at first", "A to-do list for owners", "Null hypothesis and all",
        "The soonest opening is coming.", "rows[i][j]",
    ],
)  # fmt: skip
def test_an_honest_text_holds_none(text: str) -> None:
    assert find_placeholders(text) == []


def test_the_same_text_is_judged_the_same_twice() -> None:
    assert find_placeholders("[TODO] and [TODO]") == find_placeholders("[TODO] and [TODO]") != []


def test_a_placeholder_is_quoted_as_it_stands() -> None:
    assert find_placeholders("We help [target audience] grow.") == ["[target audience]"]


@given(st.text(max_size=300))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert all(isinstance(found, str) for found in find_placeholders(text))
    assert find_echoes(text, "") == find_echoes("", text) == []


INSTRUCTIONS = "Name the three strongest fears. Be short; use the words buyers use themselves: no jargon.\nNever guess."


def test_instructions_given_back_are_found_in_their_order() -> None:
    said = "Use the words  buyers\nuse themselves, and NAME THE THREE STRONGEST FEARS."
    assert find_echoes(said, INSTRUCTIONS) == ["name the three strongest fears", "use the words buyers use themselves"]


def test_an_echo_counts_once_and_a_short_clause_never() -> None:
    said = "Name the three strongest fears. Name the three strongest fears. Never guess. No jargon."
    assert find_echoes(said, INSTRUCTIONS * 2) == ["name the three strongest fears"]


def test_own_words_are_no_echo() -> None:
    assert find_echoes("Owners fear an empty waiting room.", INSTRUCTIONS) == []
