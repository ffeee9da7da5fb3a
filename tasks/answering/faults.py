"""What a model writes when it has nothing to say: placeholders, and the prompt's own words given back.

The patterns are those of the original validator, made stateless, and the ones it missed: bracketed template text,
bare TBD and its kin. An ellipsis counts only where a value ends with it.
"""

import re
from functools import lru_cache

_PLACEHOLDERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\[INSERT\s",
        r"\[(?:TODO|TBD|PLACEHOLDER|FILL IN|DETAILS)\]",
        r"\[ADD\s",
        r"\bTO BE DETERMINED\b",
        r"\bCOMING SOON\b",
        r"\[[a-z][^\]\n]{1,60}\](?!\()",  # template text such as [specific outcome]; not a Markdown link
        r"^\W*(?:TBD|TODO|N/?A|not specified|not available|unknown|from research|undefined|null)\W*$",
        r"\blorem ipsum\b",
        r"(?:\.\.\.|…)\s*$",
    )
)

ECHO_CHARACTERS = 25
"""Shortest run of the prompt's instructions that counts as an echo when it comes back word for word."""


def find_placeholders(text: str) -> list[str]:
    """The placeholders in `text`, each as it stands there; empty if there is none."""
    return [found.group(0).strip() for pattern in _PLACEHOLDERS if (found := pattern.search(text))]


def find_echoes(text: str, instructions: str) -> list[str]:
    """Sentences and clauses of `instructions` that stand word for word in `text`, in their order.

    `instructions` is the part of a prompt that is the same for every input (task and field descriptions), never the
    user's own material, which an answer may well quote.
    """
    flat = _flatten(text)
    return [clause for clause in _clauses(instructions) if clause in flat]


@lru_cache(maxsize=64)  # an answer has dozens of texts, all looked through for the same instructions
def _clauses(instructions: str) -> tuple[str, ...]:
    clauses = (_flatten(clause) for clause in re.split(r"[.;:!?\n]+", instructions))
    return tuple(clause for clause in dict.fromkeys(clauses) if len(clause) >= ECHO_CHARACTERS)


def _flatten(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().lower()
