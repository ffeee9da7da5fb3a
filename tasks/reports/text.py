"""Texts of strangers made safe to show. Stored text stays as it was said; only what is shown goes through here.

A model, a brief or an error message may hold HTML, Markdown, terminal codes or characters that turn a line around.
None of them may do anything where a person reads it, and none may vanish: what was hidden is shown by its code point.
"""

import re
import unicodedata

_JOINERS = "\u200c\u200d\u00ad"
"""Format characters that words and emoji of honest texts need."""
_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\v\f\x85]")
_MARKS = re.compile(r"[\\`*_\[\]|~$]|:(?=//)|(?<=:)/(?=/)|(?<=www)\.|(?<=\w)@(?=\w)", re.IGNORECASE)
_OPENING = re.compile(r"^(\d+(?=[.)](?: |$))|(?=[#+=-]))")


def visible(text: str) -> str:
    """`text` without characters that act instead of showing; each of them becomes its code point, `[U+202E]`."""
    return "".join(_shown(character) for character in _BREAKS.sub("\n", text))


def _shown(character: str) -> str:
    if character == "\n" or character in _JOINERS or unicodedata.category(character)[0] != "C":
        return character
    return " " if character == "\t" else f"[U+{ord(character):04X}]"


def one_line(text: str) -> str:
    """Visible characters only, every stretch of white space one blank."""
    return " ".join(visible(text).split())


def escape_markdown(text: str) -> str:
    """Plain text as one line of Markdown: no link, image, heading, list, cell, formula or HTML comes of it."""
    line = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _OPENING.sub(r"\1\\", _MARKS.sub(r"\\\g<0>", line))
