"""What the tracker shows, as data: the living form of the document that tracked the upgrade by hand."""

from dataclasses import dataclass
from datetime import datetime

from tasks.reports.gate_views import CheckView


@dataclass(frozen=True)
class AttemptView:
    """One gate of a phase."""

    gate: str
    opened_at: datetime
    state: str
    since: datetime
    reason: str


@dataclass(frozen=True)
class PhaseView:
    key: str
    title: str
    state: str
    """As people say it; "Not begun" where there is no gate."""
    since: datetime | None
    stages: tuple[str, ...]
    target: str
    after: tuple[str, ...]
    protected: bool
    remark: str
    next_step: str
    checklist: tuple[CheckView, ...]
    attempts: tuple[AttemptView, ...]


@dataclass(frozen=True)
class ServingView:
    """Who serves one role."""

    label: str
    production: str
    since: datetime | None
    """None where the ledger does not reach back to the change."""
    preview: str
    target: str
    """What the plan moves it to; empty where the plan names nothing."""


@dataclass(frozen=True)
class PipelineView:
    key: str
    summary: str
    """Where it stands, in a sentence."""
    next_step: str
    phases: tuple[PhaseView, ...]
    serving: tuple[ServingView, ...]


@dataclass(frozen=True)
class IncidentView:
    opened_at: datetime
    opened_by: str
    reason: str
    closed_at: datetime | None = None
    closed_by: str = ""
    findings: str = ""


@dataclass(frozen=True)
class HistoryView:
    when: str
    what: str
    subject: str
    outcome: str
    detail: str


@dataclass(frozen=True)
class TrackerView:
    as_of: datetime
    pipelines: tuple[PipelineView, ...]
    incidents: tuple[IncidentView, ...]
    history: tuple[HistoryView, ...]
    unread: tuple[str, ...] = ()
    """Gates of another release that are not over: what each is, and its way back."""
    edited: tuple[str, ...] = ()
    """Blocks that are not what the ledger says, one sentence each."""
    readiness: tuple[tuple[str, str], ...] = ()
    """Baselines and drills: what, and how old."""

    @property
    def frozen(self) -> IncidentView | None:
        """The incident that is open."""
        return next((one for one in self.incidents if one.closed_at is None), None)

    @property
    def summary(self) -> str:
        return " ".join(f"{pipeline.key.capitalize()}: {pipeline.summary}" for pipeline in self.pipelines)
