"""The many ways a model writes that something was not said."""

import re

_ALONE = ["null", "none", "nil", "na", "unknown", "unspecified", "undefined", "unclear", "missing", "tbd", "empty"]
_NOT = ["not", "none", "not explicitly", "not yet", "never"]
_VERBS = ["stated", "mentioned", "specified", "provided", "given", "available", "applicable", "discussed", "known"]
_ABSENT = frozenset(_ALONE) | {f"{start} {verb}" for start in _NOT for verb in [*_VERBS, "said", "determined"]}


def stated(text: str | None, longest: int = 2_000) -> str | None:
    """`text` in one line without outer quotation marks, at most `longest` characters, or None when it says nothing."""
    if text is None:
        return None
    clean = " ".join(text.replace("\0", "").split()).strip("\"'“”‘’` ")
    words = re.sub(r"[^a-z ]", "", clean.lower()).strip()
    if words in _ABSENT or not any(char.isalnum() for char in clean):
        return None
    return clean[:longest]
