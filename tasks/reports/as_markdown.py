"""Blocks written as Markdown. Every text is escaped; only the forms of the blocks themselves are markup."""

import re

from tasks.reports.document import (
    Block,
    Blocks,
    Code,
    CodeBlock,
    Facts,
    Heading,
    Inline,
    Items,
    Line,
    LineBreak,
    Paragraph,
    Quote,
    Rule,
    Styled,
    Table,
    Text,
)
from tasks.reports.text import escape_markdown, one_line, visible

_MARKS = {"strong": "**", "em": "*", "s": "~~"}


def as_markdown(blocks: Blocks) -> str:
    """Blocks with a blank line between them."""
    return "\n\n".join(written for block in blocks if (written := _block(block)))


def _block(block: Block) -> str:
    match block:
        case Heading(level, line):
            return f"{'#' * level} {_flat(line)}"
        case Paragraph(line):
            return _line(line)
        case Items(items, first):
            marks = ["-" if first is None else f"{first + index}." for index in range(len(items))]
            return "\n".join(_item(mark, as_markdown(item)) for mark, item in zip(marks, items, strict=True))
        case Facts(rows):
            return "\n".join(_item("-", _fact(label, value)) for label, value in rows)
        case Rule():
            return "---"
        case Quote(inside):
            return "\n".join(f"> {line}".rstrip() for line in as_markdown(inside).split("\n"))
        case CodeBlock(text):
            return _fenced(visible(text).rstrip("\n"))
    return _table(block)


def _fenced(text: str) -> str:
    """Between fences longer than any row of backticks in the text. Indented code would become part of a list before it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"


def _item(mark: str, text: str) -> str:
    first, *others = text.split("\n")
    return "\n".join([f"{mark} {first}".rstrip(), *(f"{' ' * (len(mark) + 1)}{line}".rstrip() for line in others)])


def _fact(label: str, value: Blocks) -> str:
    """The label, with a single paragraph beside it and anything else below it."""
    beside, below = (value[:1], value[1:]) if isinstance(value[0], Paragraph) else ((), value)
    start = f"**{escape_markdown(label)}:** {as_markdown(beside)}".rstrip()
    return f"{start}\n\n{as_markdown(below)}" if below else start


def _table(table: Table) -> str:
    rule = ["---:" if index in table.numeric else "---" for index in range(len(table.head))]
    rows = [[_flat(cell) for cell in row] for row in (table.head, *table.rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:]))


def _flat(line: Line) -> str:
    """Where a line break would end the heading or the cell."""
    return _line(tuple(Text(" ") if isinstance(inline, LineBreak) else inline for inline in line))


def _line(line: Line) -> str:
    return "".join(map(_inline, line)).strip()


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text):
            # Blanks at either end separate this text from its neighbours.
            before, after = (" " if end.isspace() else "" for end in (text[:1], text[-1:]))
            return f"{before}{escape_markdown(text)}{after}" if text.strip() else before
        case Styled(style, inside):
            return f"{_MARKS[style]}{_line(inside)}{_MARKS[style]}" if _line(inside) else ""
        case Code(text):
            # A backtick or a bar would end the code or the cell it stands in; HTML is escaped wherever it stands.
            return escape_markdown(text) if set("`|<&") & set(text) else f"`{one_line(text)}`"
        case LineBreak():
            return "\\\n"
    return f"[{escape_markdown(inline.text)}]({inline.address})"
