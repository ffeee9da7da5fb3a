"""Hours as cells: how many calls each part of a window has, and whether they are enough."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from tasks.reports.charts.svg import BOTTOM, LEFT, TOP, WIDTH, frame, label, number, text, together
from tasks.reports.text import one_line

TALL, GAP, WORDS = 26, 2, 96
LEGIBLE = 14
"""Width of a cell from which its count is written into it."""
_PLOT = WIDTH - LEFT - WORDS


@dataclass(frozen=True)
class Cells:
    label: str
    counts: tuple[int | None, ...]
    """None for a part that has not come yet."""
    shown: str
    """At the end of the row."""


@dataclass(frozen=True)
class Grid:
    title: str
    description: str
    rows: tuple[Cells, ...]
    enough: int
    """Calls that cover a part."""
    columns: tuple[str, ...] = ()
    """Name of each part, written below every few."""

    @property
    def series(self) -> tuple[str, ...]:
        return ("covered", "too few calls")

    @property
    def is_empty(self) -> bool:
        return not any(row.counts for row in self.rows)


def draw_grid(chart: Grid, name: str) -> Markup:
    parts = max(len(row.counts) for row in chart.rows)
    wide = _PLOT / parts
    bottom = TOP + TALL * len(chart.rows)
    marks = [mark for index, row in enumerate(chart.rows) for mark in _row(row, TOP + TALL * index, wide, chart)]
    every = max(1, round(parts / 8))
    marks += [
        text("tick", LEFT + wide * (index + 0.5), bottom + 17, name)
        for index, name in enumerate(chart.columns) if index % every == 0
    ]  # fmt: skip
    return frame(name, chart.title, chart.description, bottom + BOTTOM, together(marks))


def _row(row: Cells, top: float, wide: float, chart: Grid) -> Iterator[Markup]:
    yield label(LEFT - 10, top + TALL / 2 + 4, row.label)
    for index, count in enumerate(row.counts):
        yield _cell(row, index, count, LEFT + wide * index, top, wide, chart)
    yield text("value", WIDTH - WORDS + 10, top + TALL / 2 + 4, row.shown)


def _cell(row: Cells, index: int, count: int | None, x: float, top: float, wide: float, chart: Grid) -> Markup:
    kind = "cell" if not count else "mark series-0" if count >= chart.enough else "mark series-1"
    column = chart.columns[index] if index < len(chart.columns) else str(index + 1)
    title = f"{row.label}, {column}: {'not yet' if count is None else count}"
    cell = Markup(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>'
    ).format(kind, number(x), number(top + GAP / 2), number(max(1, wide - GAP)), TALL - GAP, one_line(title))  # fmt: skip
    if wide < LEGIBLE or count is None:
        return cell
    return cell + text("inside" if count else "tick", x + (wide - GAP) / 2, top + TALL / 2 + 4, str(count))
