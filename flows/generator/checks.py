"""Rules that several stages share."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

from pydantic import BaseModel
from rapidfuzz import fuzz

from flows.answers import texts as texts
from flows.generator.money import amounts
from flows.generator.stage import Problem, error, warning
from tasks.answering.faults import find_placeholders

ALIKE = 85
"""Similarity in per cent from which two texts count as the same idea in other words."""


def placeholders(output: BaseModel) -> list[Problem]:
    """One error for every field that still holds a placeholder."""
    return [
        error(path, f"holds a placeholder: {found[0]}")
        for path, text in texts(output)
        if (found := find_placeholders(text))
    ]


def same(text: str) -> str:
    """The form in which two texts are compared: no case, no punctuation, single blanks."""
    return re.sub(r"\W+", " ", text.casefold()).strip()


def distinct(path: str, items: Sequence[str], least: int = 0) -> list[Problem]:
    """A warning for each item said more than once; one error instead if fewer than `least` different items remain."""
    counts = Counter(same(item) for item in items)
    if len(counts) < least:
        return [error(path, f"holds {len(counts)} different items, at least {least} are wanted")]
    return [warning(path, f"says the same {count} times: {item}") for item, count in counts.items() if count > 1]


def at_least(path: str, items: Sequence[object], least: int, wanted: str) -> list[Problem]:
    """A warning for a list with fewer than `least` items: its form takes fewer, for the sake of small models."""
    return [] if len(items) >= least else [warning(path, f"holds {len(items)}, {wanted} are wanted")]


def clearly_different(items: Mapping[str, str]) -> list[Problem]:
    """Path -> text: an error for two equal texts, a warning for two that differ in a few words only."""
    problems = []
    for (_, first), (path, second) in combinations(items.items(), 2):
        if same(first) == same(second):
            problems.append(error(path, "says the same as an option before it"))
        elif fuzz.token_sort_ratio(same(first), same(second)) >= ALIKE:
            problems.append(warning(path, "differs from an option before it in a few words only"))
    return problems


def words(path: str, text: str, low: int, high: int) -> list[Problem]:
    """A warning unless `text` has `low` to `high` words."""
    count = len(text.split())
    return [] if low <= count <= high else [warning(path, f"has {count} words, {low} to {high} are wanted")]


def within(path: str, value: float, low: float, high: float, what: str) -> list[Problem]:
    """A warning unless low <= value <= high; `what` names the rule."""
    if low <= value <= high:
        return []
    return [warning(path, f"is {value:,g}; {what} wants {low:,g} to {high:,g}")]


def amounts_agree(path: str, text: str, known: Collection[float]) -> list[Problem]:
    """A warning for each amount of money in `text` that is none of the `known` figures of the same output."""
    return [
        warning(path, f"names ${amount:,g}, a figure that stands nowhere else")
        for amount in amounts(text)
        if amount not in known
    ]
