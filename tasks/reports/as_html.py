"""Blocks written as HTML. `Markup.format` escapes every text; no script can be written, no address but one of ours."""

from markupsafe import Markup

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
from tasks.reports.text import visible

FEW = 6
"""Columns a table has room for in letters of the usual size."""


def as_html(blocks: Blocks) -> Markup:
    return Markup("\n").join(map(_block, blocks))


def _block(block: Block) -> Markup:
    match block:
        case Heading(level, line):
            return _element(f"h{level}", _line(line))
        case Paragraph(line):
            return _element("p", _line(line))
        case Items(items, first):
            inside = Markup("").join(_element("li", _item(item)) for item in items)
            return _element("ul", inside) if first is None else Markup('<ol start="{}">{}</ol>').format(first, inside)
        case Facts(rows):
            pairs = (
                _element("div", _element("dt", _text(name)) + _element("dd", _item(value))) for name, value in rows
            )
            return Markup('<dl class="facts">{}</dl>').format(Markup("").join(pairs))
        case Rule():
            return Markup("<hr>")
        case Quote(inside):
            return _element("blockquote", as_html(inside))
        case CodeBlock(text):
            return _element("pre", _element("code", _text(text)))
    return _table(block)


def _item(blocks: Blocks) -> Markup:
    """A single paragraph, or one with only a list below it, needs no element of its own."""
    match blocks:
        case (Paragraph(line),):
            return _line(line)
        case (Paragraph(line), Items()):
            return _line(line) + as_html(blocks[1:])
        case _:
            return as_html(blocks)


def _table(table: Table) -> Markup:
    head = Markup("").join(_cell("th", index, cell, table) for index, cell in enumerate(table.head))
    rows = [Markup("").join(_cell("td", index, cell, table) for index, cell in enumerate(row)) for row in table.rows]
    last = len(rows) - 1
    body = Markup("").join(
        Markup('<tr class="total">{}</tr>').format(row) if table.total and number == last else _element("tr", row)
        for number, row in enumerate(rows)
    )
    many = Markup(' class="many"') if len(table.head) > FEW else ""
    return Markup('<div class="wide"><table{}><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>').format(
        many, head, body
    )


def _cell(name: str, index: int, cell: Line, table: Table) -> Markup:
    if index in table.numeric:
        return Markup('<{0} class="number">{1}</{0}>').format(name, _line(cell))
    return _element(name, _line(cell))


def _line(line: Line) -> Markup:
    return Markup("").join(map(_inline, line))


def _inline(inline: Inline) -> Markup:
    match inline:
        case Text(text):
            return _text(text)
        case Styled(style, inside):
            return _element("del" if style == "s" else style, _line(inside))
        case Code(text):
            return _element("code", _text(text))
        case LineBreak():
            return Markup("<br>")
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(inline.address, visible(inline.text))


def _text(text: str) -> Markup:
    return Markup("{}").format(visible(text))


def _element(name: str, inside: Markup) -> Markup:
    return Markup("<{0}>{1}</{0}>").format(name, inside)
