"""The Prefect UI in headless Chromium, both versions of it: pages, form fields by their titles, screenshots."""

import shutil
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page

from blocks.home import PROJECT_ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SCREENSHOTS = PROJECT_ROOT / "ci-output" / "screenshots"
"""What CI keeps of these tests, and where the README's pictures of forms come from."""
PATIENCE = 60_000
"""Milliseconds that anything may take to appear on a busy machine."""
IN_BROWSER = [
    pytest.mark.server,
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing: apt-get install -y chromium"),
]


class Ui:
    """One page of the UI at `root`."""

    def __init__(self, page: Page, root: str) -> None:
        self.page, self.root = page, root
        page.set_default_timeout(PATIENCE)

    def open(self, path: str, shows: str) -> None:
        """Opens a page and waits until it shows this text."""
        self.page.goto(f"{self.root}/{path}")
        self.sees(shows)

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def press(self, button: str) -> None:
        """The newest of the buttons of this name: that of a dialog, if one is open."""
        self.page.get_by_role("button", name=button, exact=True).last.click()

    def shoot(self, name: str) -> None:
        self.page.wait_for_timeout(500)  # dialogs fade in
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


class Classic(Ui):
    """The UI people see first."""

    def field(self, title: str) -> Locator:
        label = self.page.locator("label").filter(has_text=title).locator("visible=true").first
        return label.locator("xpath=ancestor::div[contains(concat(@class, ' '), 'p-label ')][1]//textarea")

    def open_approval(self, run: UUID) -> None:
        self.open(f"runs/flow-run/{run}", "Suspended")
        self.press("Resume")
        self.sees("One-time code")

    def send(self) -> None:
        self.press("Submit")


class Newer(Ui):
    """The UI behind "Switch to V2 UI"."""

    def field(self, title: str) -> Locator:
        return self.page.get_by_label(title)

    def open_approval(self, run: UUID) -> None:
        self.open(f"v2/runs/flow-run/{run}", "Suspended")
        self.page.locator("button[aria-haspopup=menu]").first.click()
        self.page.get_by_role("menuitem", name="Resume").click()
        self.sees("One-time code")

    def send(self) -> None:
        self.press("Resume")
