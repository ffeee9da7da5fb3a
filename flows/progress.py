"""What a long run tells whoever watches it in the same process. Nobody watching is the usual case."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

State = Literal["run", "note", "started", "done", "failed"]
"""run: a run is in the records from here on. note: people should know this. The others: of one piece of work."""


@dataclass(frozen=True)
class Progress:
    """One thing that began or ended."""

    what: str
    """Name of the stage, section or transcript; the run's id; the note."""
    state: State
    detail: str = ""


def _nobody(progress: Progress) -> None:
    return


WATCHER: ContextVar[Callable[[Progress], None]] = ContextVar("progress_watcher", default=_nobody)


def tell(what: str, state: State, detail: str = "") -> None:
    WATCHER.get()(Progress(what, state, detail))
