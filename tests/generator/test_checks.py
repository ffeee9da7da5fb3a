"""Rules several stages share, and amounts of money in texts."""

import pytest

from flows.generator.checks import amounts_agree, clearly_different, distinct, texts, within, words
from flows.generator.money import amounts
from flows.generator.stage import Problem


def severities(problems: list[Problem]) -> list[str]:
    return [problem.severity for problem in problems]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$48,000-$66,000 over four years", [48_000, 66_000]),
        ("$45-75K over 3-5 years", [45_000, 75_000]),
        ("between $1.5 million and $2M", [1_500_000, 2_000_000]),
        ("$900 to $1,200.50 a month", [900, 1200.5]),
        ("$800-$1.2K", [800, 1200]),
        ("€30 thousand", [30_000]),
        ("about 12 payments over 4 years", []),
    ],
)
def test_amounts_are_figures_with_a_currency_sign(text: str, found: list[float]) -> None:
    assert amounts(text) == found


def test_items_are_compared_without_case_and_punctuation() -> None:
    assert severities(distinct("names", ["Know by Monday", "know, by monday!", "other"])) == ["warning"]


def test_too_few_different_items_are_one_error() -> None:
    assert severities(distinct("names", ["a", "A", "a."], least=3)) == ["error"]


def test_different_items_are_no_problem() -> None:
    assert distinct("names", ["a", "b", "c"], least=3) == []


def test_options_may_not_be_equal_or_nearly_so() -> None:
    options = {
        "1": "the end of the Friday guess",
        "2": "The end of the Friday guess.",
        "3": "the end of a Friday guess",
    }
    assert severities(clearly_different(options)) == ["error", "warning", "warning"]


@pytest.mark.parametrize(("count", "problems"), [(9, 1), (10, 0), (15, 0), (16, 1)])
def test_word_counts_include_their_limits(count: int, problems: int) -> None:
    assert len(words("headline", "word " * count, 10, 15)) == problems


@pytest.mark.parametrize(("value", "problems"), [(2.99, 1), (3, 0), (10, 0), (10.01, 1)])
def test_ranges_include_their_limits(value: float, problems: int) -> None:
    assert len(within("ratio", value, 3, 10, "the rule")) == problems


def test_a_figure_that_stands_nowhere_else_is_named() -> None:
    [problem] = amounts_agree("summary", "Worth $900 and $1,000 in all", [900])
    assert (problem.field, "$1,000" in problem.message) == ("summary", True)


def test_every_text_comes_with_its_path() -> None:
    assert list(texts({"a": [{"b": "x"}, "y"], "c": 1})) == [("a[0].b", "x"), ("a[1]", "y")]
