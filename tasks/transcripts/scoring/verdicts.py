"""What a score is made of: one cell a value, one list score a list."""

from dataclasses import dataclass
from typing import Literal

from tasks.transcripts.scoring.drafts import DraftCheck

Condition = Literal["pipeline", "dialogue-only"]
"""The file as it is, or without its header lines: two of the three key fields stand in most headers, and reading
them there says nothing about a model."""

Verdict = Literal["correct", "wrong", "missed", "invented", "correctly null"]
"""Missed: gold has a value, the record has none. Invented: the other way round; the dangerous one."""

VERDICTS: tuple[Verdict, ...] = ("correct", "correctly null", "wrong", "missed", "invented")
"""In the order they are shown: the right ones first, the dangerous one last."""

Group = Literal["key", "scalar", "header"]

RIGHT: frozenset[Verdict] = frozenset(("correct", "correctly null"))


@dataclass(frozen=True)
class Cell:
    """One value of one record, judged."""

    transcript: str
    condition: Condition
    field: str
    group: Group
    expected: str
    """As text, empty for null."""
    predicted: str
    verdict: Verdict
    decoy: bool = False
    """The value is one the gold lists as a trap: a deposit, a superseded quote, somebody else's address."""
    near: bool = False
    """Wrong but close (name ≥ 0.92 Jaro-Winkler, amount within 0.5 %, same day at another time). Reported, never counted."""

    @property
    def right(self) -> bool:
        return self.verdict in RIGHT


@dataclass(frozen=True)
class ListScore:
    """One list of one record against gold, matched one to one."""

    transcript: str
    condition: Condition
    field: str
    matched: int
    predicted: int
    expected: int

    @property
    def precision(self) -> float:
        return self.matched / self.predicted if self.predicted else float(not self.expected)

    @property
    def recall(self) -> float:
        return self.matched / self.expected if self.expected else float(not self.predicted)

    @property
    def f1(self) -> float:
        """1 when both are empty."""
        total = self.predicted + self.expected
        return 2 * self.matched / total if total else 1.0


@dataclass(frozen=True)
class StepDetails:
    """Of the next steps that were matched: whose they are and until when."""

    matched: int
    owners_right: int
    due_right: int
    due_scored: int


@dataclass(frozen=True)
class TranscriptScore:
    """One record against its gold."""

    transcript: str
    condition: Condition
    cells: tuple[Cell, ...]
    lists: tuple[ListScore, ...]
    steps: StepDetails
    drafts: tuple[DraftCheck, ...] = ()
    """Checks of what the agents wrote; empty where nothing was asked to be written."""
