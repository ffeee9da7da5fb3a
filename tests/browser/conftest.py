"""One house for all tests in a browser: a real server with the bootstrapped deployments, a worker, headless Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from deployments.applying import bootstrap
from tests.browser.ui import CHROMIUM, SCREENSHOTS, Classic, Newer
from tests.doubles.model_server import ModelServer
from tests.house import House, closing, furnish


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory, model_server: ModelServer) -> Iterator[House]:
    """Nothing runs by schedule: what runs is what a test has started."""
    place = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as patch:
        settings = {
            "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        }
        with closing(House(patch, place, **settings)) as opened:
            opened.start()
            opened.do(lambda: furnish(model_server, "incumbent", "candidate"))
            opened.do(bootstrap)
            opened.hire("worker")  # with a limit, Prefect 3.8.8 ends it where a run is resumed at once
            yield opened


@pytest.fixture(autouse=True)
def home(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The records here are those the worker writes."""
    from tasks.records.database import close_databases

    monkeypatch.setenv("PHASEGATE_HOME", str(house.place))
    yield house.place
    close_databases()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page; what it shows in the end is kept, for whoever wonders why a test failed."""
    opened = browser.new_page(viewport={"width": 1200, "height": 1000})
    yield opened
    opened.screenshot(path=SCREENSHOTS / f"end-of-{request.node.name}.png")
    opened.close()


@pytest.fixture
def classic(page: Page, house: House) -> Classic:
    return Classic(page, house.url.removesuffix("/api"))


@pytest.fixture
def newer(page: Page, house: House) -> Newer:
    return Newer(page, house.url.removesuffix("/api"))
