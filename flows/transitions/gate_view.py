"""A gate as its page shows it, read from the ledger and the calls; also of gates that ended long ago."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flows.transitions.checklist import checklist
from flows.transitions.facts import evidence_since_promotion, window_evidence, window_of, window_slice
from flows.transitions.machine import approvals_needed, override_refused, valid_approvals
from flows.transitions.preconditions import stale
from flows.transitions.story import Gate
from flows.transitions.telling import events, means, next_step, notices, serving, trouble
from flows.transitions.world import World
from tasks.judging.evidence import Circumstances, Evidence
from tasks.judging.observations import Call
from tasks.judging.tracing import Trace, spread, trace
from tasks.judging.verdict import Verdict, judge
from tasks.records.ledger import Entry
from tasks.records.ledger_calls import observed
from tasks.reports.gate_views import AnswerView, ChangeView, GateView, figures_of

MOMENTS = 25
"""At which the evidence of harm is drawn."""


def gate_view(world: World, gate: Gate) -> GateView:
    """Everything that is said of it. Figures are of now, or of the moment the gate was decided."""
    o, entries = gate.opening, world.read(gate_id=gate.id)
    as_of, evidence, verdict = judged(world, gate)
    return GateView(
        id=gate.id, title=o.title, phase=o.phase, pipeline=o.pipeline, state=gate.state, means=means(gate),
        since=gate.since, reason=gate.reason, failure=trouble(gate), starter=o.starter, opened_at=gate.opened_at,
        as_of=as_of, serving=serving(gate), plan=o.plan, change_digest=o.change_digest,
        changes=tuple(ChangeView(c.role, o.plan.label(c.role), c.incumbent, c.candidate) for c in o.changes),
        window_start=gate.window_start, testing_since=gate.testing_since, promoted_at=gate.promoted_at,
        overridden=gate.overridden, verdict=verdict, recorded=_recorded(gate, entries), evidence=evidence,
        afterwards=_afterwards(world, gate), checklist=checklist(world, gate, entries, verdict, evidence), answers=_answers(entries),
        approvals_needed=approvals_needed(gate), approved_by=_approved_by(gate, entries, verdict), asked=o.human,
        events=events(entries), next_step=next_step(world, gate), notices=notices(o),
        override_refused=override_refused(gate),
    )  # fmt: skip


def page_view(world: World, gate: Gate) -> GateView:
    """The same with what only the page shows: charts and money, of which every single call is read."""
    view = gate_view(world, gate)
    if not view.evidence:
        return view
    calls = _observed(world, gate, view.as_of)
    return replace(view, figures=figures_of(calls), traces=_traces(gate, calls, view.as_of))


def decided_at(gate: Gate) -> datetime | None:
    """When nothing more could be learned from the window: promotion or end. None while the gate is undecided."""
    return gate.promoted_at or (None if gate.open else gate.since)


def judged(world: World, gate: Gate) -> tuple[datetime, Evidence | None, Verdict | None]:
    """The moment figures are of, what the calls had said by then, and the verdict; nothing of what was never tested."""
    decided = decided_at(gate)
    as_of = decided or world.clock()
    if not gate.testing_since:
        return as_of, None, None
    evidence = window_evidence(world, gate, as_of)
    doubts = () if decided else stale(world, gate.opening, as_of)
    circumstances = Circumstances(as_of, (), doubts, exposed=gate.weight > 0)
    return as_of, evidence, judge(gate.plan, evidence, circumstances)


def _observed(world: World, gate: Gate, as_of: datetime) -> list[Call]:
    """Single calls of the roles that change."""
    return observed(world.database, replace(window_slice(gate, as_of), roles=gate.opening.plan.changed))


def _traces(gate: Gate, calls: Sequence[Call], as_of: datetime) -> tuple[Trace, ...]:
    window = window_of(gate)
    start, end = gate.testing_since or gate.opened_at, min(as_of, window.end)
    moments = spread(start, max(start, end), MOMENTS)
    return trace(gate.opening.plan, calls, window, moments)


def _afterwards(world: World, gate: Gate) -> Evidence | None:
    if gate.promoted_at is None:
        return None
    return evidence_since_promotion(world, gate, world.clock() if gate.open else gate.since)


def _recorded(gate: Gate, entries: Sequence[Entry]) -> dict[str, Any] | None:
    """The verdict a decided gate was decided on: the last one before promotion, or before its end."""
    if decided_at(gate) is None:
        return None
    found = None
    for entry in entries:
        if entry.kind == "judged":
            found = dict(entry.body)
        if entry.kind == "moved" and entry.body["to"] == "PROMOTED":
            break
    return found


def _answers(entries: Sequence[Entry]) -> tuple[AnswerView, ...]:
    return tuple(
        AnswerView(entry.at, entry.body["approver"], entry.body.get("decision", "not accepted"),
                   entry.kind == "answered", entry.body["reason"])
        for entry in entries if entry.kind in ("answered", "refused")
    )  # fmt: skip


def _approved_by(gate: Gate, entries: Sequence[Entry], verdict: Verdict | None) -> tuple[str, ...]:
    """Who approved what was promoted, or has approved so far."""
    if gate.promoted_at is None:
        return valid_approvals(gate, verdict.evidence_digest if verdict else None)
    promoted = next(e for e in entries if e.kind == "moved" and e.body["to"] == "PROMOTED")
    return tuple(dict.fromkeys(promoted.body.get("approvers", ())))
