"""Evidence against time: steps on a logarithmic axis, and the threshold at which it raises the alarm."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor, log

from markupsafe import Markup

from tasks.reports.charts.svg import WIDTH, frame, line, number, text, together
from tasks.reports.text import one_line

LEFT, RIGHT, TOP, HEIGHT, BOTTOM = 70, 24, 26, 210, 40
_PLOT = WIDTH - LEFT - RIGHT
LOWEST = -3.0
"""Power of ten at which the axis begins: less evidence of harm than that tells nobody more."""
ABOVE = 1.0
"""Powers of ten shown above the threshold; what is beyond runs along the edge."""
STEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 10080))


@dataclass(frozen=True)
class Curve:
    label: str
    points: tuple[tuple[datetime, float], ...]
    """Moments and natural logarithms of e-values, in order."""


@dataclass(frozen=True)
class Curves:
    title: str
    description: str
    curves: tuple[Curve, ...]
    threshold: float
    """Natural logarithm of the e-value that raises the alarm."""
    threshold_label: str
    start: datetime
    end: datetime
    moments: tuple[tuple[datetime, str], ...] = ()
    """What happened meanwhile, marked on the time."""

    @property
    def series(self) -> tuple[str, ...]:
        return tuple(curve.label for curve in self.curves)

    @property
    def is_empty(self) -> bool:
        return not any(curve.points for curve in self.curves)


def draw_curves(chart: Curves, name: str) -> Markup:
    top = chart.threshold / log(10) + ABOVE
    lowest = max(
        LOWEST, floor(min((value for curve in chart.curves for _, value in curve.points), default=0) / log(10))
    )
    scale = _Scale(chart.start, max(chart.end, chart.start + timedelta(seconds=1)), min(lowest, -1.0), top)
    parts = [*_powers(scale), *_times(scale), *_moments(chart, scale)]
    y = scale.y(chart.threshold)
    parts += [line("limit", LEFT, y, WIDTH - RIGHT, y), text("note", LEFT + 6, y - 5, chart.threshold_label)]
    parts += [_curve(curve, index, scale) for index, curve in enumerate(chart.curves) if curve.points]
    return frame(name, chart.title, chart.description, TOP + HEIGHT + BOTTOM, together(parts))


@dataclass(frozen=True)
class _Scale:
    start: datetime
    end: datetime
    lowest: float
    highest: float

    def x(self, at: datetime) -> float:
        return LEFT + _PLOT * min(1.0, max(0.0, (at - self.start) / (self.end - self.start)))

    def y(self, log_e: float) -> float:
        power = min(self.highest, max(self.lowest, log_e / log(10)))
        return TOP + HEIGHT * (self.highest - power) / (self.highest - self.lowest)


def _powers(scale: _Scale) -> Iterator[Markup]:
    for power in range(ceil(scale.lowest), floor(scale.highest) + 1):
        y = scale.y(power * log(10))
        yield line("grid", LEFT, y, WIDTH - RIGHT, y) + text("end", LEFT - 8, y + 4, f"{10.0**power:,.10g}")


def _times(scale: _Scale) -> Iterator[Markup]:
    span = scale.end - scale.start
    step = next((step for step in STEPS if span / step <= 8), STEPS[-1])
    midnight = scale.start.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + step * ceil((scale.start - midnight) / step)
    while at <= scale.end:
        x = scale.x(at)
        written = f"{at:%d %b}" if (at.hour, at.minute) == (0, 0) else f"{at:%H:%M}"
        yield line("grid", x, TOP, x, TOP + HEIGHT) + text("tick", x, TOP + HEIGHT + 17, written)
        at += step
    yield text("tick", LEFT + _PLOT / 2, TOP + HEIGHT + 35, f"UTC, from {scale.start:%Y-%m-%d %H:%M}")


def _moments(chart: Curves, scale: _Scale) -> Iterator[Markup]:
    for at, what in chart.moments:
        x = scale.x(at)
        kind = "note" if x < LEFT + 0.8 * _PLOT else "note end"
        yield line("moment", x, TOP, x, TOP + HEIGHT) + text(kind, x + (4 if kind == "note" else -4), TOP - 8, what)


def _curve(curve: Curve, index: int, scale: _Scale) -> Markup:
    """Evidence stands still until the next call, so it is drawn in steps."""
    (first, value), *others = curve.points
    steps = [f"M{number(scale.x(first))} {number(scale.y(value))}"]
    steps += [f"H{number(scale.x(at))}V{number(scale.y(later))}" for at, later in others]
    last_at, last = curve.points[-1]
    return Markup(
        '<path class="mark line line-{index}" d="{d}"><title>{title}</title></path>'
        '<circle class="series-{index}" cx="{x}" cy="{y}" r="3.5"/>'
    ).format(
        index=index, d=" ".join(steps), title=one_line(curve.label), x=number(scale.x(last_at)), y=number(scale.y(last))
    )  # fmt: skip
