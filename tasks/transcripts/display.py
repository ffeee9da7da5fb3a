"""Text of strangers, shown safely. What a transcript or a model says is data: it may hold HTML, formulas, terminal
codes or characters that reorder a line, and none of them may do anything where a person reads it.

Stored text stays as it was said; only what is shown goes through here.
"""

import html
import re
import unicodedata

LONGEST = 2_000

# Anywhere; underscores and colons only where they mean something; at the start what opens a block; what makes a link.
_MARKDOWN = re.compile(
    r"([\\`*{}\[\]()|~>$@]|(?<!\w)_|_(?!\w)|:(?=//)|(?<=^)[#+=-]|(?<=www)\.|(?<=^\d)[.)]|(?<=^\d\d)[.)])", re.IGNORECASE
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "|")


def visible(text: str, longest: int = LONGEST) -> str:
    """One line of printable characters, at most `longest`; control, format and direction characters are taken out."""
    if longest < 1:
        return ""
    kept = "".join(char for char in text[: 4 * longest] if char.isspace() or unicodedata.category(char)[0] != "C")
    line = " ".join(kept.split())
    cut = len(line) > longest or len(text) > 4 * longest
    return line[: longest - 1] + "…" if cut else line


def for_markdown(text: str, longest: int = LONGEST) -> str:
    """Plain text in Markdown, also in a table cell: no link, image, heading, HTML or mention comes of it."""
    return _MARKDOWN.sub(r"\\\1", visible(text, longest).replace("&", "&amp;").replace("<", "&lt;"))


def for_html(text: str, longest: int = LONGEST) -> str:
    return html.escape(visible(text, longest), quote=True)


def for_terminal(text: str, longest: int = LONGEST) -> str:
    """Without escape codes, and with the square brackets of rich's markup escaped."""
    return re.sub(r"(\\*)(\[)", lambda match: match[1] * 2 + "\\[", visible(text, longest))


def for_csv(text: str, longest: int = LONGEST) -> str:
    """A cell no spreadsheet computes: what looks like the start of a formula gets a quote in front (OWASP, CSV injection).

    A plain number keeps its sign.
    """
    line = visible(text, longest)
    if line.startswith(_FORMULA) and not re.fullmatch(r"[+-]\d+(\.\d+)?", line, re.ASCII):
        return f"'{line}"
    return line
