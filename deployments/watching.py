"""Progress of a run on the terminal: what is being asked right now and for how long, what is done."""

import contextlib
from collections.abc import Iterator
from contextvars import Context, copy_context

from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from deployments.terminal import console, harmless, say
from flows.progress import WATCHER, Progress


@contextlib.contextmanager
def watching() -> Iterator[Context]:
    """A context to run a flow in, whose progress is shown: live on a terminal, a line each where there is none."""
    context = copy_context()
    if not console.is_terminal:
        context.run(WATCHER.set, Lines())
        yield context
        return
    bars = Bars(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True)
    with bars:
        context.run(WATCHER.set, Live(bars))
        yield context


def run_in(context: Context) -> str:
    """Id of the run that began in a context of `watching`; empty if none came as far as the records."""
    watcher = context[WATCHER]
    return watcher.run_id if isinstance(watcher, Lines) else ""


class Lines:
    """A line for each piece of work that ended."""

    def __init__(self) -> None:
        self.run_id = ""

    def __call__(self, progress: Progress) -> None:
        match progress.state:
            case "run":
                self.run_id = progress.what
            case "note":
                say(f"note: {progress.what}")
            case "started":
                self.started(progress)
            case "done" | "failed":
                self.ended(progress)

    def started(self, progress: Progress) -> None:
        return

    def ended(self, progress: Progress) -> None:
        say(f"{progress.state:>7}  {progress.what}  {progress.detail}")


class Live(Lines):
    """One spinner for each question under way; a line stays for each one that ended."""

    def __init__(self, bars: Bars) -> None:
        super().__init__()
        self._bars, self._under_way = bars, dict[str, TaskID]()

    def started(self, progress: Progress) -> None:
        shown = harmless(f"{progress.what} ({progress.detail})")
        self._under_way[progress.what] = self._bars.add_task(shown, total=None)

    def ended(self, progress: Progress) -> None:
        if progress.what in self._under_way:
            self._bars.remove_task(self._under_way.pop(progress.what))
        sign = "[green]done[/]" if progress.state == "done" else "[red]failed[/]"
        self._bars.console.print(f"{sign}  {harmless(progress.what)}  [dim]{harmless(progress.detail)}[/]")
