"""Names of people: couples taken apart, names compared."""

import re
import unicodedata
from functools import lru_cache

from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.normalise.letters import fold, is_letter

LONGEST_NAME = 80

_TITLE = re.compile(r"\b(?:mr|mrs|ms|miss|mx|dr|prof|professor|rev)\b\.?\s*", re.IGNORECASE)
_SUFFIX = re.compile(r",?\s+(?:jr|sr|ii|iii|iv|phd|md|esq|cpa)\b\.?", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:&|/|\+|;|,\s*and\b|\band\b|,)\s*", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][^\d@<>\[\]{}=|\\]*")
_NO_PERSON = re.compile(
    r"iphone|ipad|android|galaxy|caller|client|unknown|speaker|customer|prospect|husband|wife|spouse", re.IGNORECASE
)


def split_persons(text: str | None) -> list[str]:
    """One name a person; a lone first name takes the surname its partner has. [] when it is no name."""
    text = stated(text)
    if text is None or len(text) > 3 * LONGEST_NAME:
        return []
    text = _SUFFIX.sub("", _TITLE.sub("", text))
    names = [name for part in _BETWEEN.split(text) if (name := _name(part))]
    shared = next((name.split()[-1] for name in reversed(names) if " " in name), None)
    whole = [f"{name} {shared}" if shared and " " not in name else name for name in names]
    return list(dict.fromkeys(whole))


def same_person(one: str, other: str) -> bool:
    """Equal after normalisation; a lone first name is the same person as that first name with a surname."""
    left, right = plain_name(one).split(), plain_name(other).split()
    if not left or not right:
        return False
    if min(len(left), len(right)) == 1:
        return left[0] == right[0]
    # A middle name may be missing on one side.
    return left[0] == right[0] and left[-1] == right[-1]


@lru_cache(maxsize=512)  # the few names of a call are compared turn by turn
def plain_name(name: str) -> str:
    """NFKC, lower case, without titles, suffixes, accents and punctuation."""
    folded = fold(_SUFFIX.sub("", _TITLE.sub("", unicodedata.normalize("NFKC", name))))
    return " ".join("".join(char for char in folded if is_letter(char) or char.isalnum() or char.isspace()).split())


def _name(part: str) -> str | None:
    name = " ".join(part.split()).strip(" .,'\"")
    if not _NAME.fullmatch(name) or _NO_PERSON.search(name) or len(name) > LONGEST_NAME or len(name.split()) > 5:
        return None
    return name
