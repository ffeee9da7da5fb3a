"""Rows of stacked bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tasks.reports.charts.svg import (
    BOTTOM,
    LEFT,
    RIGHT,
    ROW,
    TOP,
    WIDTH,
    frame,
    label,
    number,
    text,
    ticks_to,
    together,
)
from tasks.reports.text import one_line

BAR = 16
_PLOT = WIDTH - LEFT - RIGHT


@dataclass(frozen=True)
class Bar:
    """One row: its label, a value per series (None where unknown) and the words at the end of the bar."""

    label: str
    values: tuple[float | None, ...]
    shown: str


@dataclass(frozen=True)
class Bars:
    """A row of stacked bars for each label. `series` names the parts of a bar."""

    title: str
    description: str
    series: tuple[str, ...]
    bars: tuple[Bar, ...]
    unit: str = ""
    """Written after the figures of the axis."""
    highest: float | None = None
    """Fixed end of the axis; by default the next round figure above the longest bar."""

    @property
    def is_empty(self) -> bool:
        """No value is known."""
        return all(value is None for bar in self.bars for value in bar.values)


def draw_bars(chart: Bars, name: str) -> Markup:
    ticks = ticks_to(chart.highest or max((_length(bar) for bar in chart.bars), default=0))
    bottom = TOP + ROW * len(chart.bars)
    rows = [_row(bar, number, chart.series, ticks[-1]) for number, bar in enumerate(chart.bars)]
    inside = _axis(ticks, bottom, chart.unit) + together(rows)
    return frame(name, chart.title, chart.description, bottom + BOTTOM, inside)


def _length(bar: Bar) -> float:
    return sum(value or 0 for value in bar.values)


def _axis(ticks: Sequence[float], bottom: int, unit: str) -> Markup:
    lines = [
        Markup('<line class="grid" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>').format(
            x=number(LEFT + _PLOT * tick / ticks[-1]), top=TOP, bottom=bottom
        )
        + text("tick", LEFT + _PLOT * tick / ticks[-1], bottom + 17, f"{tick:,.10g}{unit}")
        for tick in ticks
    ]
    return together(lines)


def _row(bar: Bar, index: int, series: Sequence[str], highest: float) -> Markup:
    middle = TOP + ROW * index + ROW / 2
    marks, x = [], float(LEFT)
    for part, value in enumerate(bar.values):
        width = _PLOT * (value or 0) / highest
        if width > 0:
            marks.append(_mark(bar, series[part], part, x, middle, width))
        x += width
    return together(marks) + label(LEFT - 10, middle + 4, bar.label) + text("value", x + 7, middle + 4, bar.shown)


def _mark(bar: Bar, series: str, part: int, x: float, middle: float, width: float) -> Markup:
    return Markup(
        '<rect class="mark series-{part}" x="{x}" y="{y}" width="{width}" height="{height}" rx="2"><title>{title}</title></rect>'
    ).format(
        part=part, x=number(x), y=number(middle - BAR / 2), width=number(max(width, 1)), height=BAR,
        title=one_line(f"{bar.label}: {bar.values[part]:,.6g} ({series})"),
    )  # fmt: skip
