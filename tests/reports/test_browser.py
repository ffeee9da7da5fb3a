"""The page in a real browser: nothing is fetched, nothing is refused, everything is drawn."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tasks.reports.generator import write_generator_report
from tasks.reports.views import RunView

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install -y chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, demo: RunView, tmp_path: Path) -> Iterator[Page]:
    """The report of a run, opened; it fails at the end if the console said anything or anything was fetched."""
    opened, said, fetched = browser.new_page(viewport={"width": 1180, "height": 900}), list[str](), list[str]()
    opened.on("console", lambda message: said.append(message.text))
    opened.on("request", lambda request: fetched.append(request.url))
    path = write_generator_report(demo, tmp_path / "reports")[1]
    opened.goto(path.as_uri())
    yield opened
    opened.close()
    assert said == []
    assert fetched == [path.as_uri()]


def test_every_chart_has_marks_of_some_size(page: Page) -> None:
    marks = page.eval_on_selector_all(
        "svg.chart",
        "charts => charts.map(c => [...c.querySelectorAll('.mark')].map(m => m.getBoundingClientRect().width))",
    )

    assert [len(widths) for widths in marks] == [14, 13, 26]
    assert all(width > 0 for widths in marks for width in widths)


def test_light_and_dark_differ_and_paper_is_light(page: Page) -> None:
    def paper() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    page.emulate_media(color_scheme="light")
    light = paper()
    page.emulate_media(color_scheme="dark")
    assert paper() != light
    page.emulate_media(color_scheme="dark", media="print")
    assert paper() == light


@pytest.mark.parametrize("width", [390, 768, 1180])
def test_the_page_never_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints(page: Page) -> None:
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_a_link_of_the_contents_leads_to_its_section(page: Page) -> None:
    page.click("nav a[href='#offer']")

    assert page.evaluate("document.querySelector('#offer').getBoundingClientRect().top") < 900
