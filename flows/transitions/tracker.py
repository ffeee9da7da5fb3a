"""The tracker: where every phase stands, generated from the ledger and the blocks, never edited.

The history is part of it and has no page of its own: what happened and where that led are read together, and one page
cannot contradict itself.
"""

from pathlib import Path

from prefect import flow

from blocks.home import folder
from flows.run_names import dated
from flows.showing import TROUBLE, log_trouble, show_markdown
from flows.transitions.tracker_view import tracker_view
from flows.transitions.world import World, real_world
from tasks.reports.page import page_markdown
from tasks.reports.tracker import NAME, tracker_page, write_tracker


@flow(name="tracker", flow_run_name=dated("tracker"), retries=1, retry_delay_seconds=30, timeout_seconds=600)
async def tracker() -> str:
    """Writes the page of all phases anew: state, checklist, which model serves what since when, next step, history.

    Returns:
        The HTML page's file.
    """
    return str(await write(real_world()))


async def write(world: World) -> Path:
    """Writes the page's files and shows it as an artifact; the HTML page."""
    view = await tracker_view(world)
    html = write_tracker(view, folder("reports"))[1]
    await show_markdown(NAME, page_markdown(tracker_page(view)), view.summary)
    return html


async def refresh(world: World) -> None:
    """The same where something else is being done, which must not fail for it."""
    try:
        await write(world)
    except TROUBLE as error:
        log_trouble("The tracker", error)
