"""File names made safe: exports are named after the meeting, with colons, blanks and whatever a client typed."""

import re
import unicodedata
from pathlib import PurePosixPath

LONGEST = 120

_FORBIDDEN = re.compile(r'[<>:"|?*\\/]+')
_BLANK_BEFORE_SUFFIX = re.compile(r"\s+(?=\.\w{1,8}$)")


def safe_filename(name: str, *, default: str = "transcript.txt") -> str:
    """One path part of printable characters, at most 120 long, suffix kept; NFC, so that equal names are equal."""
    # Names of a file system may hold bytes that are no UTF-8; Python smuggles them in as surrogates.
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    name = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = "".join(char for char in name if char == " " or unicodedata.category(char)[0] not in "CZ")
    name = _FORBIDDEN.sub("-", " ".join(name.split()))
    name = _BLANK_BEFORE_SUFFIX.sub("", name).strip(". ") if name.strip(". ") else ""
    if not name:
        return default
    suffix = PurePosixPath(name).suffix[:9]
    stem = name[: len(name) - len(suffix)] if suffix else name
    return stem[: LONGEST - len(suffix)].rstrip() + suffix
