"""Bars as long as what they stand for."""

import re

import pytest

from tasks.reports.charts import Bar, Bars, Cells, Grid, Point, Points, Ranges, draw, tick_step
from tasks.reports.generator_charts import charts
from tasks.reports.views import RunView
from tests.reports.pages import Page, read_page


def drawn(*bars: Bar) -> Page:
    return read_page(draw(Bars("Time", "About time.", ("Read", "Written"), bars), "one"))


def widths(page: Page) -> list[float]:
    return [float(attributes["width"] or 0) for name, attributes in page.elements if name == "rect"]


def test_bars_are_as_long_as_their_values() -> None:
    assert widths(drawn(Bar("a", (4, 1), "5"), Bar("b", (2, 0), "2"))) == [374.4, 93.6, 187.2]


def test_an_unknown_value_has_no_bar_and_says_so() -> None:
    page = drawn(Bar("a", (None,), "unknown"), Bar("b", (1,), "1"))

    assert len(widths(page)) == 1
    assert "unknown" in page.text


@pytest.mark.parametrize("highest", [0.0004, 0.7, 1, 5.9, 60, 61, 12345.0])
def test_the_axis_reaches_the_longest_bar_in_few_round_steps(highest: float) -> None:
    step = tick_step(highest)

    assert highest <= 6 * step * (1 + 1e-9)
    assert re.fullmatch(r"[125]e[+-]\d\d", f"{step:.0e}")


def test_nothing_at_all_still_makes_a_chart() -> None:
    assert widths(drawn()) == []
    assert widths(drawn(Bar("a", (0,), "0"))) == []


def test_a_chart_tells_a_screen_reader_what_it_shows() -> None:
    page = drawn(Bar("<b>", (1, 2), "3"))

    assert page.elements[0][1]["aria-labelledby"] == "one-title one-about"
    assert page.text.startswith("TimeAbout time.")
    assert "<b>: 2 (Written)" in page.text


def test_what_was_not_measured_has_no_point() -> None:
    rows = (Points("a", (Point(1, "one"), None)), Points("b", (None, Point(2, "two"))))
    page = read_page(draw(Ranges("Time", "About time.", ("before", "now"), rows), "one"))

    assert [name for name, _ in page.elements].count("circle") == 2


def test_counts_stand_in_cells_that_are_wide_enough_and_have_come() -> None:
    def written(*counts: int | None) -> list[str]:
        grid = Grid("Window", "Calls.", (Cells("a", counts, "end"),), 2)
        return re.findall(r"<text[^>]*>([^<]*)</text>", draw(grid, "one"))

    assert written(3, 0, None) == ["3", "0", "end"]
    assert written(*[3] * 100) == ["end"]


def test_a_run_has_charts_of_what_is_known(demo: RunView) -> None:
    assert [chart.title for chart in charts(demo)] == ["Time by stage", "Quality by stage", "Tokens by stage"]


def test_time_lost_before_the_answer_is_a_part_of_its_own(demo: RunView) -> None:
    repaired = charts(demo)[0].bars[3]

    assert repaired == Bar("4. Avatar Creation", (7, 7), "14.0 s")
