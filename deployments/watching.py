"""Progress of a run on the terminal: what is being asked right now and for how long, what is done."""

import contextlib
from collections.abc import Iterator
from contextvars import Context, copy_context

from rich.markup import escape
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from deployments.terminal import console
from flows.progress import WATCHER, Progress


@contextlib.contextmanager
def watching() -> Iterator[Context]:
    """A context to run a flow in, whose progress is shown: live on a terminal, a line each where there is none."""
    context = copy_context()
    if not console.is_terminal:
        context.run(WATCHER.set, _print)
        yield context
        return
    bars = Bars(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True)
    with bars:
        context.run(WATCHER.set, _Live(bars))
        yield context


def _print(progress: Progress) -> None:
    if progress.state != "started":
        console.print(escape(f"{progress.state:>7}  {progress.what}  {progress.detail}"), soft_wrap=True)


class _Live:
    """One spinner for each question under way; a line stays for each one that ended."""

    def __init__(self, bars: Bars) -> None:
        self._bars, self._under_way = bars, dict[str, TaskID]()

    def __call__(self, progress: Progress) -> None:
        if progress.state == "started":
            self._under_way[progress.what] = self._bars.add_task(
                escape(f"{progress.what} ({progress.detail})"), total=None
            )
            return
        if progress.what in self._under_way:
            self._bars.remove_task(self._under_way.pop(progress.what))
        sign = "[green]done[/]" if progress.state == "done" else "[red]failed[/]"
        self._bars.console.print(f"{sign}  {escape(progress.what)}  [dim]{escape(progress.detail)}[/]")
