"""A generator run as a table in the terminal."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from tasks.reports.figures import NONE, stage_row, token_sum, totals, totals_row
from tasks.reports.generator_content import DEMO
from tasks.reports.text import one_line
from tasks.reports.views import RunView

_NUMBER: Mapping[str, Any] = {"justify": "right", "no_wrap": True}
_LAYOUT: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("Stage", {"min_width": 14, "max_width": 23}),
    # A long name goes on in the next line: its end may be what tells two models apart.
    ("Model", {"min_width": 10, "max_width": 26, "overflow": "fold"}),
    ("Seconds", _NUMBER),
    ("Tokens", _NUMBER),
    ("Answer", {"width": 12}),
    ("Score", _NUMBER),
    ("Cost", {"justify": "right", "width": 9}),
)
_COST = len(_LAYOUT) - 1
_STYLES = {"first pass": "green", "repaired": "yellow", "failed": "bold red", "not finished": "red"}


def terminal_table(view: RunView) -> Table:
    """Stage, model, seconds, tokens, answer, score, and cost where any is known; the totals last. Fits 100 columns.

    The colour says nothing that the words do not.
    """
    columns = len(_LAYOUT) if any(stage.cost is not None for stage in view.stages) else _COST
    rows, total = _rows(view)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_footer=True, header_style="bold", footer_style="bold")
    table.caption, table.caption_justify = (DEMO if view.demo else None), "left"
    for (name, layout), total_cell in zip(_LAYOUT[:columns], total, strict=False):
        table.add_column(name, footer=_text(total_cell), **layout)
    for row, stage in zip(rows, view.stages, strict=True):
        cells = [_text(cell) for cell in row[:columns]]
        cells[4].stylize(_STYLES.get(stage.state, "dim"))
        table.add_row(*cells)
    return table


def _rows(view: RunView) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The cells of the stages and of the totals, as in the report but shorter.

    The block's name stands for the model: it is what a lineup is made of. Tokens are one sum.
    """
    rows = []
    for stage in view.stages:
        name, model, seconds, _, *others = stage_row(stage)
        spent = token_sum(stage.prompt_tokens, stage.completion_tokens) if stage.asked else NONE
        rows.append((name, stage.model_block or model, seconds, spent, *others))
    name, model, seconds, _, *others = totals_row(view)
    sums = totals(view)
    return rows, (name, model, seconds, token_sum(sums.prompt_tokens, sums.completion_tokens), *others)


def _text(value: str) -> Text:
    """Plain text: neither rich's markup nor a terminal code in a name does anything."""
    return Text(one_line(value))
