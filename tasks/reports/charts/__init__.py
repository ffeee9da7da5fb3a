"""Charts as static SVG: no script, no network, the same on paper as on screen.

A chart library would bring several megabytes of script into each report and need it for reading; the charts wanted
here are few and plain. Colours are classes, so that the page's style sheet decides them for light, dark and print.
"""

from typing import TypeAlias

from markupsafe import Markup

from tasks.reports.charts.bars import Bar as Bar
from tasks.reports.charts.bars import Bars as Bars
from tasks.reports.charts.bars import draw_bars
from tasks.reports.charts.curves import Curve as Curve
from tasks.reports.charts.curves import Curves as Curves
from tasks.reports.charts.curves import draw_curves
from tasks.reports.charts.grid import Cells as Cells
from tasks.reports.charts.grid import Grid as Grid
from tasks.reports.charts.grid import draw_grid
from tasks.reports.charts.ranges import Point as Point
from tasks.reports.charts.ranges import Points as Points
from tasks.reports.charts.ranges import Ranges as Ranges
from tasks.reports.charts.ranges import draw_ranges
from tasks.reports.charts.svg import tick_step as tick_step

Chart: TypeAlias = Bars | Ranges | Curves | Grid


def draw(chart: Chart, name: str) -> Markup:
    """The chart as an `<svg>`; `name` makes the ids of its title and description unique on the page."""
    match chart:
        case Bars():
            return draw_bars(chart, name)
        case Ranges():
            return draw_ranges(chart, name)
        case Curves():
            return draw_curves(chart, name)
    return draw_grid(chart, name)


def legend(chart: Chart) -> tuple[str, ...]:
    """Names of the colours; none where there is only one."""
    return chart.series if len(chart.series) > 1 else ()


def known(*charts: Chart) -> tuple[Chart, ...]:
    """Those of which anything is known."""
    return tuple(chart for chart in charts if not chart.is_empty)
