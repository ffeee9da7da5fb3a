"""What a run of the generator leaves to read: its report, as files and as a page of its run in Prefect."""

import asyncio

from blocks.home import folder
from flows.generator.view import run_view
from flows.showing import TROUBLE, log_trouble, show_markdown
from tasks.records.database import engine, usable
from tasks.records.runs import read_run
from tasks.reports.generator import write_generator_report

KEY = "generator-report"


async def show_run(run_id: str) -> None:
    """Writes the report and shows it, finished or not. Trouble with it is logged: the answers are in the records.

    A run whose lineup or brief was refused has left nothing to show.
    """
    try:
        with usable(engine()):
            begun = await asyncio.to_thread(read_run, engine(), run_id)
            if not begun:
                return
            view = await asyncio.to_thread(run_view, engine(), run_id)
        markdown, html = await asyncio.to_thread(write_generator_report, view, folder("reports", run_id))
        where = f"With charts, on the machine that ran it: `{html}`"
        await show_markdown(KEY, f"{where}\n\n{markdown.read_text(encoding='utf-8')}", f"Run {run_id}: {view.status}")
    except TROUBLE as error:
        log_trouble("The report", error)
