"""What a benchmark gives back, and how much it measures."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict

RATIO = "×"
"""Unit of what was measured side by side in one run. Only such figures outlive the machine and are compared with accepted
ones; anything in seconds depends on who else was at work."""


class Figure(BaseModel):
    """One measured number."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    """What it is of; the same in every run."""
    value: float
    unit: str
    how: str
    """What was measured, in the words of the run: sizes, seconds, what it was divided by."""
    better: Literal["less", "more"] = "less"
    wanted: float | None = None
    """The bound it has to keep: at most this if less is better, else at least."""
    tolerance: float = 0.25
    """How much worse than the accepted figure it may be before that is a regression; 0.25 is a quarter."""

    @property
    def met(self) -> bool:
        """Whether the bound is kept, if there is one."""
        if self.wanted is None:
            return True
        return self.value <= self.wanted if self.better == "less" else self.value >= self.wanted

    @property
    def compared(self) -> bool:
        """Whether it can be compared with what was accepted, on another machine and another day."""
        return self.unit == RATIO


def steepest(took: Mapping[int, float]) -> float:
    """The worst growth between neighbours in size, as a share of the growth in size; 1 is linear, less is better.

    From the first to the last alone, a step that explodes hides behind others that cost nothing.
    """
    steps = pairwise(sorted(took.items()))
    return max((after / before) / (larger / smaller) for (smaller, before), (larger, after) in steps)


class Sizes(BaseModel):
    """How much is measured."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    seconds_of_forty: float = 1.0
    """(a) How long forty seconds of the original system's log take here."""
    runs: tuple[int, ...] = (1, 10, 100)
    """(b) Generator runs that have been made when the cost of one is looked at."""
    tokens: int = 800
    """(c) Tokens of the window that all agents are asked about."""
    answer_tokens: int = 8
    """(c) Longest answer; what is measured is reading, not writing."""
    baserow_transcripts: int = 1000
    """(d) Calls brought to Baserow in batches."""
    baserow_sample: int = 20
    """(d) Calls of those brought row by row, to be multiplied up."""
    graph_rows: int = 1000
    """(d) Rows of the bare statement, each way."""
    graph_transcripts: int = 100
    graph_sample: int = 5
    """(d) Calls written to the graph, and those written row by row."""
    recorded: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    """(e) Calls in the record store when a gate is judged, in ascending order."""
    window: tuple[int, ...] = (1_000, 10_000, 100_000)
    """(e) Calls of a gate's own window, in ascending order."""
    workers: tuple[int, ...] = (1, 2, 4)
    """(f) Processes that work through a folder each at the same time."""
    transcripts: int = 60
    """(f) Calls in each folder."""
    starts: int = 7
    """(g) How often each command is started; the fastest counts."""
    lengths: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
    """(h) Bytes of the transcripts, in ascending order."""
    batches: tuple[int, ...] = (50, 200)
    """(h) Sales calls in a batch whose memory is looked at."""
    rollbacks: int = 20
    """(i) Alarms that are answered by a rollback."""


SMALLEST = Sizes(
    seconds_of_forty=0.02, runs=(1, 2), tokens=200, answer_tokens=1, baserow_transcripts=20, baserow_sample=1, graph_rows=20,
    graph_transcripts=5, graph_sample=1,
    recorded=(100, 1_000), window=(100, 200), workers=(2,), transcripts=2, starts=1, lengths=(1_000, 5_000), batches=(1, 2), rollbacks=2,
)  # fmt: skip
"""Enough to run every line, and for nothing else."""
