"""Tables in a terminal of any width: text wraps between words, and what people copy and type is never cut."""

from collections.abc import Sequence
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, MarkdownElement, TableElement
from rich.table import Table
from rich.text import Text

from deployments.terminal import console, say
from tasks.reports.text import visible

GAP = 2
PROSE = 24
"""Signs a column of prose has at least; narrower is not read."""

Rows = Sequence[Sequence[str | Text]]


def show_table(headings: Sequence[str], rows: Rows, prose: Sequence[str] = (), title: str = "") -> None:
    """Prints rows below their headings, or a paragraph a row where the terminal is too narrow for the longest words.

    Args:
        prose: Headings of the columns whose longest words may be broken; all others hold names, whole in one line.
    """
    if title:
        say(f"\n{title}")
    for part in laid_out(headings, rows, console.width, prose):
        console.print(part, soft_wrap=isinstance(part, Text))


def show_markdown(text: str) -> None:
    """Prints a page of Markdown."""
    console.print(Page(text))


def laid_out(headings: Sequence[str], rows: Rows, room: int, prose: Sequence[str] = ()) -> Sequence[Table | Text]:
    """A table of at most `room` columns of signs, or a paragraph for each row, which may be wider."""
    cells = [[cell if isinstance(cell, Text) else Text(visible(cell)) for cell in row] for row in rows]
    spans = [
        _span([Text(heading), *(row[place] for row in cells)], heading in prose)
        for place, heading in enumerate(headings)
    ]
    widths = shared_out(spans, room - GAP * (len(headings) - 1))
    if not widths:
        return [_paragraph(headings, row) for row in cells]
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(Text(heading), width=width, overflow="fold")
    for row in cells:
        table.add_row(*row)
    return [table]


def shared_out(spans: Sequence[tuple[int, int]], room: int) -> list[int]:
    """Widths for columns of which each has a least and a greatest; none if the room is too small for the least.

    What is left over goes to the columns in equal shares, none above its greatest.
    """
    widths = [least for least, _ in spans]
    left = room - sum(widths)
    if left < 0:
        return []
    by_want = sorted(range(len(spans)), key=lambda place: spans[place][1] - spans[place][0])
    for done, place in enumerate(by_want):
        more = min(spans[place][1] - widths[place], left // (len(spans) - done))
        widths[place] += more
        left -= more
    return widths


def _span(cells: Sequence[Text], prose: bool) -> tuple[int, int]:
    """Least and greatest width of a column: of its longest word, and of its longest line."""
    measured = [cell.__rich_measure__(console, console.options) for cell in cells]
    greatest = max(one.maximum for one in measured)
    return min(PROSE, greatest) if prose else max(one.minimum for one in measured), greatest


def _paragraph(headings: Sequence[str], row: Sequence[Text]) -> Text:
    """The row's first words, and below them a line for each other cell that has any."""
    first, *others = [(heading, cell) for heading, cell in zip(headings, row, strict=True) if cell.plain]
    told = [Text.assemble(f"{heading}: " if heading else "", cell) for heading, cell in others]
    return Text("\n  ").join([first[1], *(Text("\n    ").join(one.split("\n")) for one in told)])


class _WholeTable(TableElement):
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        head = self.header.row.cells if self.header and self.header.row else []
        rows = [[cell.content for cell in row.cells] for row in self.body.rows] if self.body else []
        yield from laid_out([cell.content.plain for cell in head], rows, options.max_width)


class Page(Markdown):
    """Markdown whose tables cut nothing either."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "table_open": _WholeTable}
