"""Bar charts as static SVG: no script, no network, the same on paper as on screen.

A chart library would bring several megabytes of script into each report and need it for reading; the charts wanted
here are rows of bars. Colours are classes, so that the page's style sheet decides them for light, dark and print.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tasks.reports.text import one_line

WIDTH, ROW, BAR = 760, 28, 16
LEFT, RIGHT, TOP, BOTTOM = 196, 96, 8, 26
_PLOT = WIDTH - LEFT - RIGHT


@dataclass(frozen=True)
class Bar:
    """One row: its label, a value per series (None where unknown) and the words at the end of the bar."""

    label: str
    values: tuple[float | None, ...]
    shown: str


@dataclass(frozen=True)
class Chart:
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


def draw(chart: Chart, name: str) -> Markup:
    """The chart as an `<svg>`; `name` makes the ids of its title and description unique on the page."""
    longest = chart.highest or max((_length(bar) for bar in chart.bars), default=0)
    step = tick_step(longest)
    ticks = [step * number for number in range(max(1, math.ceil(longest / step - 1e-9)) + 1)]
    bottom = TOP + ROW * len(chart.bars)
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}-title {name}-about">'
        '<title id="{name}-title">{title}</title><desc id="{name}-about">{about}</desc>{axis}{rows}</svg>'
    ).format(
        width=WIDTH, height=bottom + BOTTOM, name=name, title=one_line(chart.title), about=one_line(chart.description),
        axis=_axis(ticks, bottom, chart.unit),
        rows=Markup("").join(_row(bar, number, chart.series, ticks[-1]) for number, bar in enumerate(chart.bars)),
    )  # fmt: skip


def tick_step(highest: float, most: int = 6) -> float:
    """Distance of the axis's figures: 1, 2 or 5 times a power of ten, so that at most `most` steps reach `highest`."""
    if highest <= 0:
        return 1.0
    rough = highest / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))


def _length(bar: Bar) -> float:
    return sum(value or 0 for value in bar.values)


def _axis(ticks: Sequence[float], bottom: int, unit: str) -> Markup:
    lines = (
        Markup('<line class="grid" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/><text class="tick" x="{x}" y="{y}">{text}</text>').format(
            x=_number(LEFT + _PLOT * tick / ticks[-1]), top=TOP, bottom=bottom, y=bottom + 17, text=f"{tick:,.10g}{unit}"
        )
        for tick in ticks
    )  # fmt: skip
    return Markup("").join(lines)


def _row(bar: Bar, number: int, series: Sequence[str], highest: float) -> Markup:
    middle = TOP + ROW * number + ROW / 2
    marks, x = [], float(LEFT)
    for index, value in enumerate(bar.values):
        width = _PLOT * (value or 0) / highest
        if width > 0:
            marks.append(_mark(bar, series[index], index, x, middle, width))
        x += width
    words = Markup(
        '<text class="label" x="{left}" y="{y}">{label}</text><text class="value" x="{x}" y="{y}">{shown}</text>'
    )
    return Markup("").join(marks) + words.format(
        left=LEFT - 10, y=_number(middle + 4), label=one_line(bar.label), x=_number(x + 7), shown=one_line(bar.shown)
    )


def _mark(bar: Bar, series: str, index: int, x: float, middle: float, width: float) -> Markup:
    return Markup(
        '<rect class="mark series-{index}" x="{x}" y="{y}" width="{width}" height="{height}" rx="2"><title>{title}</title></rect>'
    ).format(
        index=index, x=_number(x), y=_number(middle - BAR / 2), width=_number(max(width, 1)), height=BAR,
        title=one_line(f"{bar.label}: {bar.values[index]:,.6g} ({series})"),
    )  # fmt: skip


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
