"""What a long run tells whoever watches it in the same process. Nobody watching is the usual case."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Progress:
    """One thing that began or ended."""

    what: str
    """Name of the stage, section or transcript."""
    state: Literal["started", "done", "failed"]
    detail: str = ""


def _nobody(progress: Progress) -> None:
    return


WATCHER: ContextVar[Callable[[Progress], None]] = ContextVar("progress_watcher", default=_nobody)


def tell(what: str, state: Literal["started", "done", "failed"], detail: str = "") -> None:
    WATCHER.get()(Progress(what, state, detail))
