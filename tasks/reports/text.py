"""Texts of strangers made safe to show. Stored text stays as it was said; only what is shown goes through here.

A model, a brief or an error message may hold HTML, Markdown, terminal codes or characters that turn a line around.
None of them may do anything where a person reads it, and none may vanish: what was hidden is shown by its code point.
"""

import re
import unicodedata

LONGEST = 2_000
"""Characters of a text in a list or a cell, where nothing else is said."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "|")
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


def shortened(text: str, longest: int = LONGEST) -> str:
    """One line of visible characters, at most `longest`, with an ellipsis where something is left out."""
    line = one_line(text[: 4 * longest])  # nobody waits for megabytes to be looked through for one line
    cut = len(line) > longest or len(text) > 4 * longest
    return line[: max(0, longest - 1)] + "…" if cut and longest > 0 else line[:longest]


def for_csv(text: str, longest: int = LONGEST) -> str:
    """A cell no spreadsheet computes: what looks like the start of a formula gets a quote in front (OWASP, CSV injection).

    A plain number keeps its sign.
    """
    line = shortened(text, longest)
    if line.startswith(_FORMULA) and not re.fullmatch(r"[+-]\d+(\.\d+)?", line, re.ASCII):
        return f"'{line}"
    return line


def escape_markdown(text: str) -> str:
    """Plain text as one line of Markdown: no link, image, heading, list, cell, formula or HTML comes of it."""
    line = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _OPENING.sub(r"\1\\", _MARKS.sub(r"\\\g<0>", line))
