"""What all charts share: measures, the frame with its title, round figures for an axis."""

import math
import textwrap

from markupsafe import Markup

from tasks.reports.text import one_line

WIDTH, ROW = 760, 28
LEFT, RIGHT, TOP, BOTTOM = 196, 96, 8, 26
FITS, LINE = 25, 13
"""Characters and height of a line of a row's name."""


def frame(name: str, title: str, about: str, height: float, inside: Markup) -> Markup:
    """The `<svg>`; `name` makes the ids of its title and description unique on the page."""
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}-title {name}-about">'
        '<title id="{name}-title">{title}</title><desc id="{name}-about">{about}</desc>{inside}</svg>'
    ).format(
        width=WIDTH, height=number(height), name=name, title=one_line(title), about=one_line(about), inside=inside
    )  # fmt: skip


def tick_step(highest: float, most: int = 6) -> float:
    """Distance of the axis's figures: 1, 2 or 5 times a power of ten, so that at most `most` steps reach `highest`."""
    if highest <= 0:
        return 1.0
    rough = highest / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))


def ticks_to(highest: float, most: int = 6) -> list[float]:
    """Round figures from 0 to the first that reaches `highest`."""
    step = tick_step(highest, most)
    return [step * count for count in range(max(1, math.ceil(highest / step - 1e-9)) + 1)]


def text(kind: str, x: float, y: float, words: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, number(x), number(y), one_line(words))


def label(x: float, y: float, words: str) -> Markup:
    """The name of a row, ending at `x`: on two lines if it is long, and in full where a pointer rests on it."""
    whole = one_line(words)
    lines = textwrap.wrap(whole, FITS, max_lines=2, placeholder="…", break_on_hyphens=False) or [""]
    start = y - LINE * (len(lines) - 1) / 2
    spans = [Markup('<tspan x="{}" y="{}">{}</tspan>').format(number(x), number(start + LINE * n), part)
             for n, part in enumerate(lines)]  # fmt: skip
    return Markup('<text class="label">{}<title>{}</title></text>').format(together(spans), whole)


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(kind, *map(number, (x1, y1, x2, y2)))


def together(parts: "list[Markup]") -> Markup:
    return Markup("").join(parts)


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
