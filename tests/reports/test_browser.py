"""Every kind of page in a real browser: nothing is fetched, nothing is refused, everything is drawn."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tasks.reports.comparison import write_comparison
from tasks.reports.gate import write_gate_report
from tasks.reports.gate_views import GateView
from tasks.reports.generator import write_generator_report
from tasks.reports.tracker import write_tracker
from tasks.reports.tracker_views import TrackerView
from tasks.reports.views import RunView
from tests.reports.comparisons import scores

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install -y chromium"),
]
CHARTS = {
    "generator": [14, 13, 26],
    "gate": [6, 6, 6, 6, 3, 3, 3, 66],
    "gate taken back": [6, 6, 6, 6, 3, 3, 3, 12],
    "gate that is stable": [6, 6, 6, 6, 3, 3, 3, 66],
    "comparison": [4, 12, 12, 14],
    "tracker": [],
}
"""Kind of page -> marks of each of its charts."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def files(
    demo: RunView, waiting: GateView, taken_back: GateView, served: tuple[GateView, TrackerView],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:  # fmt: skip
    """Kind of page -> a page of it."""
    place = tmp_path_factory.mktemp("pages")
    return {
        "generator": write_generator_report(demo, place / "generator")[1],
        "gate": write_gate_report(waiting, place / "waiting")[1],
        "gate taken back": write_gate_report(taken_back, place / "back")[1],
        "gate that is stable": write_gate_report(served[0], place / "stable")[1],
        "comparison": write_comparison(scores(), "run-1", place)[1],
        "tracker": write_tracker(served[1], place)[1],
    }


@pytest.fixture(params=CHARTS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser, files: dict[str, Path], kind: str) -> Iterator[Page]:
    """A page, opened; it fails at the end if the console said anything or anything was fetched."""
    opened, said, fetched = browser.new_page(viewport={"width": 1180, "height": 900}), list[str](), list[str]()
    opened.on("console", lambda message: said.append(message.text))
    opened.on("request", lambda request: fetched.append(request.url))
    opened.goto(files[kind].as_uri())
    yield opened
    opened.close()
    assert said == []
    assert fetched == [files[kind].as_uri()]


def test_every_chart_has_marks_of_some_size(page: Page, kind: str) -> None:
    marks = page.eval_on_selector_all(
        "svg.chart",
        "charts => charts.map(c => [...c.querySelectorAll('.mark')].map(m => m.getBoundingClientRect().width))",
    )

    assert [len(widths) for widths in marks] == CHARTS[kind]
    assert all(width > 0 for widths in marks for width in widths)


def test_no_text_of_a_chart_leaves_it(page: Page) -> None:
    assert page.eval_on_selector_all(
        "svg.chart",
        """charts => charts.flatMap(c => {
            const box = c.getBoundingClientRect();
            return [...c.querySelectorAll('text')].filter(t => {
                const own = t.getBoundingClientRect();
                return own.left < box.left - 1 || own.right > box.right + 1 || own.bottom > box.bottom + 1;
            }).map(t => t.textContent);
        })""",
    ) == []  # fmt: skip


def test_light_and_dark_differ_and_paper_is_light(page: Page) -> None:
    def paper() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    page.emulate_media(color_scheme="light")
    light = paper()
    page.emulate_media(color_scheme="dark")
    assert paper() != light
    page.emulate_media(color_scheme="dark", media="print")
    assert paper() == light


def test_the_page_never_scrolls_sideways(page: Page) -> None:
    for width in (390, 768, 1180):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints(page: Page) -> None:
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_a_link_of_the_contents_leads_to_its_section(page: Page) -> None:
    last = page.eval_on_selector_all("nav .chapters > li > a", "links => links.map(a => a.getAttribute('href'))")[-1]
    page.click(f"nav a[href='{last}']")

    assert page.evaluate(f"document.querySelector('{last}').getBoundingClientRect().top") < 900
