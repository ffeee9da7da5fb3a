"""A generator run as a table in the terminal."""

from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from tasks.reports.figures import COLUMNS, stage_row, totals_row
from tasks.reports.text import one_line
from tasks.reports.views import RunView, StageView

_STYLES = {"first pass": "green", "repaired": "yellow", "failed": "bold red", "not finished": "red"}
_COST = len(COLUMNS) - 1


def terminal_table(view: RunView) -> Table:
    """Stage, model, seconds, tokens, answer, score, and cost where any is known; the totals last. Fits 100 columns.

    The colour says nothing that the words do not.
    """
    columns = len(COLUMNS) if any(stage.cost is not None for stage in view.stages) else _COST
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True, header_style="bold", footer_style="bold")
    for index, (name, total) in enumerate(zip(COLUMNS[:columns], totals_row(view), strict=False)):
        table.add_column(
            name, footer=_text(total), justify="right" if index in (2, 3, 5, 6) else "left",
            no_wrap=index != 4, overflow="ellipsis", max_width={0: 24, 1: 26, 4: 14}.get(index),
        )  # fmt: skip
    for stage in view.stages:
        table.add_row(*_cells(stage, columns))
    return table


def _cells(stage: StageView, columns: int) -> Iterable[Text]:
    """The block's name stands for the model: it is shorter than the id and what a lineup is made of."""
    row = list(stage_row(stage))
    row[1] = stage.model_block or row[1]
    cells = [_text(cell) for cell in row[:columns]]
    cells[4].stylize(_STYLES.get(stage.state, "dim"))
    return cells


def _text(value: str) -> Text:
    """Plain text: neither rich's markup nor a terminal code in a name does anything."""
    return Text(one_line(value))
