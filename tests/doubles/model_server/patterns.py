"""Strings that match a regular expression, for the `pattern` keyword of a JSON schema."""

import importlib
import re
import string
from functools import lru_cache
from random import Random
from typing import Any

# The standard library's own reading of a pattern. Not a public module, but stable since Python 3.11 and only tests
# depend on it here; the alternative is a second regular-expression parser.
_parser: Any = importlib.import_module("re._parser")

_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_NOT_DIGIT": string.ascii_lowercase,
    "CATEGORY_WORD": string.ascii_lowercase,
    "CATEGORY_NOT_WORD": " -",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": string.ascii_lowercase,
}
_ATTEMPTS = 300


class NoMatchFoundError(ValueError):
    """No string for this pattern and these lengths was found; a test should give the answer itself."""


def matching(pattern: str, random: Random, shortest: int, longest: int) -> str:
    """A string that `re.search` finds the pattern in, within the two lengths."""
    tree, checked = _parsed(pattern), re.compile(pattern)
    for attempt in range(_ATTEMPTS):
        # Repetitions without an upper bound stay short at first and grow when the text proves too short.
        text = _Walk(random, stretch=6 + attempt * max(1, shortest // 50)).all(tree)
        if shortest <= len(text) <= longest and checked.search(text):
            return text
    raise NoMatchFoundError(f"no string of {shortest} to {longest} characters found for the pattern {pattern!r}")


@lru_cache(maxsize=512)
def _parsed(pattern: str) -> Any:
    return _parser.parse(pattern)


class _Walk:
    """One random way through a parsed pattern. Anchors and look-arounds add nothing: the caller checks the result."""

    def __init__(self, random: Random, stretch: int) -> None:
        self.random, self.stretch = random, stretch
        self.groups: dict[int, str] = {}

    def all(self, tree: Any) -> str:
        return "".join(self.one(str(operation), value) for operation, value in tree)

    def one(self, operation: str, value: Any) -> str:
        match operation:
            case "LITERAL":
                return chr(value)
            case "ANY":
                return self.random.choice(string.ascii_lowercase)
            case "NOT_LITERAL":
                return next(letter for letter in self._shuffled() if ord(letter) != value)
            case "IN":
                return self._one_of(value)
            case "BRANCH":
                return self.all(self.random.choice(value[1]))
            case "SUBPATTERN":
                return self._group(value[0], value[-1])
            case "ATOMIC_GROUP":
                return self.all(value)
            case "GROUPREF":
                return self.groups.get(value, "")
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, part = value
                count = self.random.randint(least, max(least, min(int(most), least + self.stretch)))
                return "".join(self.all(part) for _ in range(count))
            case _:
                return ""

    def _group(self, number: int | None, tree: Any) -> str:
        text = self.all(tree)
        if number is not None:
            self.groups[number] = text
        return text

    def _one_of(self, members: Any) -> str:
        (first, _), *rest = members
        if str(first) == "NEGATE":
            banned = set("".join(map(self._letters, rest)))
            return next(letter for letter in self._shuffled() if letter not in banned)
        return self.random.choice(self._letters(self.random.choice(members)))

    def _letters(self, member: Any) -> str:
        operation, value = str(member[0]), member[1]
        if operation == "RANGE":
            return "".join(map(chr, range(value[0], min(value[1], value[0] + 400) + 1)))
        return _CATEGORIES[str(value)] if operation == "CATEGORY" else chr(value)

    def _shuffled(self) -> list[str]:
        letters = list(string.ascii_letters + string.digits + " ")
        self.random.shuffle(letters)
        return letters
