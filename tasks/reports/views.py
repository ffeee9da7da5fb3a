"""What a report shows, as data. Whoever knows the stages and the database fills these; reports only lay them out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Group = Literal["research", "report", "offer"]
Source = Literal["asked", "reused", "overridden"]
Outcome = Literal["first_pass", "repaired", "failed"]
State = Literal["first pass", "repaired", "failed", "reused", "overridden", "not finished", "not reached"]


@dataclass(frozen=True)
class ProblemView:
    """One rule an output breaks."""

    severity: str
    field: str
    message: str


@dataclass(frozen=True)
class SectionView:
    """One section of the written report, as the model wrote it."""

    title: str
    markdown: str


@dataclass(frozen=True)
class ReportView:
    """The written report."""

    headline: str
    sections: tuple[SectionView, ...]
    words: int
    target_words: int


@dataclass(frozen=True)
class ModelView:
    """A model block as the run pinned it."""

    block: str
    provider: str
    model: str
    digest: str | None
    withdrawn_on: str | None = None


@dataclass(frozen=True)
class StageView:
    """One stage of a run: who answered, what it took, how good it was, what came of it."""

    number: int
    key: str
    name: str
    group: Group
    model: str = ""
    """Model id; empty if no model was asked. Several ids are joined by " + "."""
    model_block: str = ""
    provider: str = ""
    demo: bool = False
    """The embedded demo model wrote it, or a part of it."""
    source: Source | None = None
    """None for a stage that was not reached."""
    outcome: Outcome | None = None
    """Of the question that gave the output; the worst one of several parts. None if no model was asked."""
    seconds: float | None = None
    """Of the attempt that gave the answer; of a stage asked in parts, as long as one of them was being asked."""
    total_seconds: float | None = None
    """The same with failed attempts and waits."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    """USD in this run; None where unknown. A reused or overridden stage costs nothing."""
    score: int | None = None
    problems: tuple[ProblemView, ...] = ()
    placeholders: int = 0
    echoes: int = 0
    truncated: bool = False
    error: str | None = None
    output: Mapping[str, Any] | None = None
    """What is stored, as JSON."""
    dollars: frozenset[str] = frozenset()
    """Names of the output's fields that hold an amount in dollars."""

    @property
    def asked(self) -> bool:
        """This run asked a model for it, so it took time, tokens and money."""
        return self.source == "asked"

    @property
    def state(self) -> State:
        """How the stage stands, in words."""
        if self.source is None:
            return "not reached"
        if self.source != "asked":
            return self.source
        if self.outcome == "failed":
            return "failed"
        if self.output is None:
            return "not finished"
        return "repaired" if self.outcome == "repaired" else "first pass"


@dataclass(frozen=True)
class RunView:
    """One run of the generator."""

    id: str
    title: str
    """Whose market and offer it is about."""
    status: str
    lineup: str
    purpose: str
    started_at: datetime
    stages: tuple[StageView, ...]
    ended_at: datetime | None = None
    error: str | None = None
    parent_id: str | None = None
    """The run this one went on from."""
    brief: Mapping[str, Any] = field(default_factory=dict)
    report: ReportView | None = None
    models: tuple[ModelView, ...] = ()

    @property
    def seconds(self) -> float | None:
        """Wall time; None while the run goes on."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None

    @property
    def demo(self) -> bool:
        """The embedded demo model wrote at least a part."""
        return any(stage.demo for stage in self.stages)

    def group(self, group: Group) -> tuple[StageView, ...]:
        return tuple(stage for stage in self.stages if stage.group == group)
