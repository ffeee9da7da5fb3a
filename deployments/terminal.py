"""How commands speak: one console, errors as people should read them, progress on long work."""

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape

from blocks.errors import PhasegateError
from tasks.reports.text import visible

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

INTERRUPTED, TERMINATED = 130, 143
"""Exit statuses after Ctrl-C and SIGTERM, as shells have them."""
STOPPED = "Stopped. What was finished is kept."


def harmless(text: str) -> str:
    """Words of people, models and servers inside markup: they neither are markup nor do anything to a terminal."""
    return escape(visible(text))


def say(text: str) -> None:
    """One line or paragraph; nothing in it is taken for markup."""
    console.print(harmless(text), soft_wrap=True)


@contextlib.contextmanager
def speaking() -> Iterator[None]:
    """Turns what goes wrong into one readable message and an exit status: 1 for an error, 130 for Ctrl-C."""
    try:
        yield
    except PhasegateError as error:
        show_error(error)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        errors.print(STOPPED)
        raise SystemExit(INTERRUPTED) from None
    except SystemExit as ended:
        if ended.code == INTERRUPTED:  # typer turns Ctrl-C into this status without a word
            errors.print(STOPPED)
        raise
    except BaseException as error:
        # By name: importing Prefect here would cost every command a second.
        if type(error).__name__ != "TerminationSignal":
            raise
        errors.print("Ended from outside. What was finished is kept.")
        raise SystemExit(TERMINATED) from None


def show_error(error: PhasegateError) -> None:
    errors.print(f"[bold red]Error:[/] {harmless(error.happened)}", soft_wrap=True)
    for label, text in (("It means", error.means), ("Next", error.do)):
        if text:
            errors.print(f"[bold]{label}:[/] {harmless(text)}", soft_wrap=True)
