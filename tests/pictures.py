"""Takes the README's pictures from a finished `make run`: `python -m tests.pictures` (needs Debian's chromium).

The table of the newest run as SVG, the head of its report, and the two forms of the Prefect UI on a temporary server. The
pictures of a gate are those that the tests in a browser have taken: `pytest tests/browser` first.
"""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

from deployments.settings import apply_settings
from tests.browser.ui import SCREENSHOTS

DOCS = Path(__file__).resolve().parent.parent / "docs"
WIDTH, HEIGHT = 1200, 860
OF_A_GATE = ("approval-form", "gate")


def main() -> None:
    apply_settings(quiet=True)
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("The pictures need Debian's chromium: apt-get install chromium")
    _of_a_gate()
    report = _table_and_report()
    from playwright.sync_api import sync_playwright

    from deployments.prefect_server import prefect_api

    with prefect_api() as api:
        pages = asyncio.run(_forms())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            _take(browser, report.as_uri(), "report")
            for name, path in pages.items():
                _take(browser, api.removesuffix("/api") + path, name)
            browser.close()


def _of_a_gate() -> None:
    missing = [name for name in OF_A_GATE if not (SCREENSHOTS / f"{name}.png").exists()]
    if missing:
        raise SystemExit(f"The tests in a browser have not taken {missing} yet: .venv/bin/pytest tests/browser")
    for name in OF_A_GATE:
        shutil.copyfile(SCREENSHOTS / f"{name}.png", DOCS / f"{name}.png")


def _table_and_report() -> Path:
    """Writes the table as SVG; the path of the newest run's HTML report."""
    from rich.console import Console

    from blocks.home import folder
    from flows.generator.view import run_view
    from tasks.records.database import engine
    from tasks.records.runs import latest_run
    from tasks.reports.generator import write_generator_report
    from tasks.reports.terminal import terminal_table

    newest = latest_run(engine(), "generator")
    if newest is None:
        raise SystemExit("There is no completed run to take pictures of: make run")
    view = run_view(engine(), newest["id"])
    console = Console(record=True, width=100, file=open(os.devnull, "w"))  # noqa: SIM115 - until the program ends
    console.print(terminal_table(view))
    console.save_svg(str(DOCS / "run.svg"), title="make run")
    return write_generator_report(view, folder("reports", newest["id"]))[1]


async def _forms() -> dict[str, str]:
    """Bootstraps the server; the pages of the run form and of the lineup form."""
    from prefect.client.orchestration import get_client

    from blocks.lineups import GeneratorLineup
    from blocks.loading import documents_of
    from deployments.applying import bootstrap

    await bootstrap()
    async with get_client() as client:
        deployment = await client.read_deployment_by_name("generator/generate")
        lineup = next(one for one in await documents_of(client, GeneratorLineup) if one.name == "preview")
    return {
        "run-form": f"/deployments/deployment/{deployment.id}/run",
        "lineup-form": f"/v2/blocks/block/{lineup.id}/edit",
    }


def _take(browser: Any, address: str, name: str) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.goto(address, wait_until="load")
    page.wait_for_timeout(5000)
    page.screenshot(path=str(DOCS / f"{name}.png"))
    page.close()


if __name__ == "__main__":
    main()
