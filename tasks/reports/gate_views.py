"""What the page of a gate shows, as data. Whoever knows the ledger and the calls fills it; the page only lays it out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles
from typing import Literal

from tasks.judging.evidence import Evidence
from tasks.judging.observations import Arm, Call
from tasks.judging.planning import GatePlan
from tasks.judging.tracing import Trace
from tasks.judging.verdict import Verdict

Check = Literal["done", "open", "failed"]


@dataclass(frozen=True)
class ChangeView:
    """One role that moves; names as people know them."""

    role: str
    label: str
    incumbent: str
    candidate: str


@dataclass(frozen=True)
class CheckView:
    """One line of the checklist."""

    text: str
    by: str
    """Who or what sees to it."""
    state: Check
    detail: str = ""


@dataclass(frozen=True)
class AnswerView:
    """A person's decision, taken or not."""

    at: datetime
    approver: str
    decision: str
    accepted: bool
    reason: str


@dataclass(frozen=True)
class EventView:
    """Something that happened to the gate."""

    at: datetime
    what: str
    detail: str
    actor: str


@dataclass(frozen=True)
class Spread:
    """Median, and what nine of ten calls stay within."""

    median: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Figures:
    """Single calls of one role under one model, summed up."""

    seconds: Spread | None = None
    cost: float | None = None
    """Mean of a call in USD; None where one is unknown."""
    spent: float = 0.0
    unpriced: int = 0
    """Calls of unknown cost."""


@dataclass(frozen=True)
class GateView:
    id: str
    title: str
    phase: str
    pipeline: str
    state: str
    means: str
    """What the state says to somebody who does not know the states."""
    since: datetime
    reason: str
    failure: str
    starter: str
    opened_at: datetime
    as_of: datetime
    """The moment the figures are of: now, or when the gate was decided."""
    serving: str
    """Which model serves users because of this gate, in a sentence."""
    changes: tuple[ChangeView, ...]
    plan: GatePlan
    change_digest: str
    window_start: datetime | None = None
    testing_since: datetime | None = None
    promoted_at: datetime | None = None
    overridden: bool = False
    verdict: Verdict | None = None
    """On the calls up to `as_of`; None where nothing was tested."""
    recorded: Mapping[str, object] | None = None
    """The verdict the ledger has, for a gate that was decided."""
    evidence: Evidence | None = None
    afterwards: Evidence | None = None
    """Since promotion."""
    traces: tuple[Trace, ...] = ()
    figures: Mapping[tuple[str, Arm], Figures] | None = None
    checklist: tuple[CheckView, ...] = ()
    answers: tuple[AnswerView, ...] = ()
    approvals_needed: int = 1
    approved_by: tuple[str, ...] = ()
    override_refused: str = ""
    """Why nobody may approve it although it is held; empty if people may."""
    asked: tuple[str, ...] = ()
    """Checklist items people confirm by number."""
    events: tuple[EventView, ...] = ()
    next_step: str = ""
    notices: tuple[str, ...] = ()
    """What is unusual about how it was started; shown wherever the gate is, for ever."""
    links: tuple[tuple[str, str], ...] = ()
    """What, and its address in the Prefect UI."""
    places: tuple[tuple[str, str], ...] = ()
    """What, and the file or the command that has it."""

    @property
    def sentence(self) -> str:
        """The verdict in one sentence: as recorded, if it was decided."""
        if self.recorded:
            return str(self.recorded["sentence"])
        return self.verdict.sentence if self.verdict else self.reason

    @property
    def differs(self) -> bool:
        """Whether the calls that are stored are no longer those the recorded verdict was about."""
        return bool(self.recorded and self.verdict and self.recorded["evidence_digest"] != self.verdict.evidence_digest)


def figures_of(calls: Sequence[Call]) -> dict[tuple[str, Arm], Figures]:
    """Role and arm -> figures; calls of failed attempts to answer have no latency."""
    found: dict[tuple[str, Arm], list[Call]] = {}
    for call in calls:
        found.setdefault((call.role, call.arm), []).append(call)
    return {key: _figures(of_one) for key, of_one in found.items()}


def _figures(calls: Sequence[Call]) -> Figures:
    costs = [call.cost for call in calls if call.cost is not None]
    seconds = sorted(call.seconds for call in calls if call.seconds is not None and not call.failed and not call.cold)
    return Figures(
        seconds=_spread(seconds),
        cost=sum(costs) / len(costs) if costs and len(costs) == len(calls) else None,
        spent=sum(costs),
        unpriced=len(calls) - len(costs),
    )


def _spread(values: Sequence[float]) -> Spread | None:
    if len(values) < 2:
        return Spread(values[0], values[0], values[0], 1) if values else None
    cuts = quantiles(values, n=20, method="inclusive")
    return Spread(cuts[9], cuts[0], cuts[18], len(values))
