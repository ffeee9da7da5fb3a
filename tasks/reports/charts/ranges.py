"""Points with the range around them, one below the other for each series: figures compared with their uncertainty."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tasks.reports.charts.svg import BOTTOM, LEFT, TOP, WIDTH, frame, label, line, number, text, ticks_to, together
from tasks.reports.text import one_line

WORDS = 150
"""Room for the words at the right."""
STEP, GAP = 17, 13
_PLOT = WIDTH - LEFT - WORDS


@dataclass(frozen=True)
class Point:
    """One figure, the range it lies in, and how it is written."""

    value: float
    shown: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Points:
    """One row: a point for each series, None where nothing was measured."""

    label: str
    points: tuple[Point | None, ...]


@dataclass(frozen=True)
class Ranges:
    title: str
    description: str
    series: tuple[str, ...]
    rows: tuple[Points, ...]
    unit: str = ""
    lowest: float = 0.0
    """Where the axis begins: points, unlike bars, may stand on another ground than 0."""
    highest: float | None = None
    """Fixed end of the axis; by default the next round figure above everything shown."""
    limit: float | None = None
    """An agreed limit, drawn through all rows."""
    limit_label: str = ""

    @property
    def is_empty(self) -> bool:
        return all(point is None for row in self.rows for point in row.points)


def draw_ranges(chart: Ranges, name: str) -> Markup:
    ticks = [chart.lowest + tick for tick in ticks_to(_highest(chart) - chart.lowest)]
    tall = STEP * len(chart.series) + GAP
    top = TOP + (16 if chart.limit is not None else 0)
    bottom = top + tall * len(chart.rows)
    parts = [line("grid", x, top, x, bottom) + text("tick", x, bottom + 17, f"{tick:,.10g}{chart.unit}")
             for tick in ticks for x in [_x(tick, ticks)]]  # fmt: skip
    if chart.limit is not None:
        x = _x(chart.limit, ticks)
        parts += [line("limit", x, top - 4, x, bottom), text("tick", x, top - 7, chart.limit_label)]
    for index, row in enumerate(chart.rows):
        parts += _row(row, top + tall * index, chart.series, ticks)
    return frame(name, chart.title, chart.description, bottom + BOTTOM, together(parts))


def _highest(chart: Ranges) -> float:
    if chart.highest is not None:
        return chart.highest
    points = [point for row in chart.rows for point in row.points if point is not None]
    return max([chart.limit or 0.0, *(max(point.value, point.high or 0.0) for point in points)])


def _x(value: float, ticks: Sequence[float]) -> float:
    share = (value - ticks[0]) / (ticks[-1] - ticks[0])
    return LEFT + _PLOT * min(1.0, max(0.0, share))


def _row(row: Points, top: float, series: tuple[str, ...], ticks: Sequence[float]) -> Iterator[Markup]:
    middle = top + GAP / 2 + STEP * len(series) / 2
    yield label(LEFT - 12, middle + 4, row.label)
    for index, point in enumerate(row.points):
        if point is not None:
            yield _mark(row.label, point, series[index], index, top + GAP / 2 + STEP * (index + 0.5), ticks)


def _mark(name: str, point: Point, series: str, index: int, y: float, ticks: Sequence[float]) -> Markup:
    x = _x(point.value, ticks)
    low, high = (_x(point.value if end is None else end, ticks) for end in (point.low, point.high))
    return (
        line(f"line line-{index}", low, y, high, y)
        + Markup('<circle class="mark series-{}" cx="{}" cy="{}" r="4.5"><title>{}</title></circle>').format(
            index, number(x), number(y), one_line(f"{name}, {series}: {point.shown}")
        )
        + text("value", LEFT + _PLOT + 14, y + 4, point.shown)
    )
