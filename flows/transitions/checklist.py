"""The documents' checklist of a phase, line by line: who sees to it, and whether it is done.

A line is done only where something was looked at that proves it; that a gate has come past a place proves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from blocks.lineups import lineup_kinds
from flows.transitions.known import known_lineups
from flows.transitions.plans import phases
from flows.transitions.plans.phase import Checked, Item, Phase
from flows.transitions.story import Gate
from flows.transitions.suite_lines import Asked, Line, look
from flows.transitions.world import World
from tasks.crm.status import PLACES
from tasks.judging.coverage import coverage
from tasks.judging.evidence import Evidence
from tasks.judging.requirements import Proof
from tasks.judging.verdict import Verdict
from tasks.judging.wording import many, spoken_list, spoken_time
from tasks.records.ledger import Entry
from tasks.records.trials import Trial, projected, read_trial, whole_outputs
from tasks.reports.gate_views import CheckView

BY: dict[Checked, str] = {
    "precondition": "phasegate, before testing",
    "suite": "phasegate, by the suite's runs",
    "crm": "phasegate, by what reached the CRM",
    "verdict": "phasegate, by the calls of the window",
    "window": "phasegate, by the time it watched",
    "person": "a person, on the form",
}
REPORT = "report_synthesis"
"""The role whose outputs have a length."""


@dataclass(frozen=True)
class _Looked:
    """A gate with everything its lines are read from."""

    world: World
    gate: Gate
    entries: Sequence[Entry]
    verdict: Verdict | None
    evidence: Evidence | None
    asked: Asked


def checklist(
    world: World, gate: Gate, entries: Sequence[Entry], verdict: Verdict | None, evidence: Evidence | None
) -> tuple[CheckView, ...]:
    """Every line as it stands. A phase that is no longer in the plan has only what people confirm."""
    known = phases().get(gate.opening.phase)
    items = known.checklist if known else tuple(Item(text=text, by="person") for text in gate.opening.human)
    asked = _asked(world, gate.opening.pipeline, _suite(gate, entries))
    looked = _Looked(world, gate, entries, verdict, evidence, asked)
    return tuple(CheckView(item.text, BY[item.by], *_state(item, looked)) for item in items)


def unbegun(items: Sequence[Item]) -> tuple[CheckView, ...]:
    """The lines of a phase that no gate has taken up."""
    return tuple(CheckView(item.text, BY[item.by], "open") for item in items)


def recorded(world: World, phase: Phase, baseline: Entry | None) -> tuple[CheckView, ...]:
    """The lines of a phase that changes nothing, by its newest baseline."""
    run_ids = list(baseline.body.get("runs", ())) if baseline else []
    asked = _asked(world, phase.pipeline, run_ids)
    moved = _moved_since(world, baseline, asked.trial) if baseline else []
    late: Line = ("open", f"asked before {spoken_list(moved)} moved to another model")
    return tuple(CheckView(item.text, BY[item.by], *(late if moved else look(item, asked))) for item in phase.checklist)


def _suite(gate: Gate, entries: Sequence[Entry]) -> list[str]:
    """Runs of the gate's suite under the lineup that names the candidate."""
    tested = [run for entry in entries if entry.kind == "tested" for run in entry.body.get("runs", ())]
    return [run["run_id"] for run in tested if run["lineup"] == gate.opening.preview]


def _asked(world: World, pipeline: str, run_ids: Sequence[str]) -> Asked:
    kind = lineup_kinds().get(pipeline)
    if not run_ids:
        return Asked(Trial(), kind.roles if kind else ())
    baselines = [entry for entry in world.read("baseline") if entry.body["pipeline"] == pipeline]
    first = next((entry.body.get("runs", ()) for entry in baselines if entry.body["passed"]), ())
    reports = whole_outputs(world.database, run_ids, REPORT)
    trial = read_trial(world.database, run_ids)
    return Asked(trial, kind.roles if kind else (), read_trial(world.database, first).runs, reports)


def _moved_since(world: World, baseline: Entry, trial: Trial) -> list[str]:
    """Roles that the ledger knows under another model than the baseline asked."""
    serving = known_lineups(world).get((baseline.body["pipeline"], str(baseline.body.get("lineup", ""))), {})
    return sorted({call.role for call in trial.calls if serving.get(call.role, call.model) != call.model})


def _state(item: Item, looked: _Looked) -> Line:
    gate = looked.gate
    match item.by:
        case "precondition":
            return _precondition(item, looked)
        case "suite":
            return look(item, looked.asked) if gate.tested == "done" else _ended(gate, gate.test_detail)
        case "crm":
            return _projected(item, looked)
        case "verdict":
            return _proven(item, gate, looked.verdict)
        case "window":
            return _watched(item, looked)
        case "person":
            names = _confirmed(looked.entries).get(item.text, [])
            return ("done", f"confirmed by {', '.join(names)}") if names else _ended(gate, "")


def _precondition(item: Item, looked: _Looked) -> Line:
    gate = looked.gate
    if gate.testing_since is None:
        return ("failed", gate.reason) if gate.state == "ROLLED_BACK" else ("open", "")
    return _stood(item, looked, gate.testing_since) if item.hours else ("done", "held when testing began")


def _stood(item: Item, looked: _Looked, until: datetime) -> Line:
    """How long the phases before served without harm before they were called stable."""
    known = phases().get(looked.gate.opening.phase)
    before = [key for key in known.after if not phases()[key].is_baseline] if known else []
    spans = {key: _served(looked.world, key, until) for key in before}
    if not spans:
        return "open", "there is no phase before"
    key, least = min(spans.items(), key=lambda one: one[1])
    said = f"{key} served {spoken_time(least)} before it was called stable"
    return ("done" if least >= timedelta(hours=item.hours) else "open"), said


def _served(world: World, key: str, until: datetime) -> timedelta:
    """From promotion to stable, of the phase's newest gate that was stable by then."""
    mine = {entry.gate_id for entry in world.read("planned") if entry.body["opening"]["phase"] == key}
    promoted: dict[str | None, datetime] = {}
    span = timedelta(0)
    for entry in world.read("moved"):
        if entry.gate_id in mine and entry.body["to"] == "PROMOTED":
            promoted[entry.gate_id] = entry.at
        elif entry.gate_id in promoted and entry.body["to"] == "STABLE" and entry.at <= until:
            span = entry.at - promoted[entry.gate_id]
    return span


def _projected(item: Item, looked: _Looked) -> Line:
    """Whether what the candidate extracted has reached every place of these stores."""
    gate = looked.gate
    if gate.testing_since is None:
        return _ended(gate, "")
    found = projected(looked.world.database, set(gate.opening.candidates.values()), gate.testing_since)
    rows = [row for row in found if row[1] in item.targets]
    if not rows:
        return _ended(gate, "no record of the candidate; process calls under the preview lineup")
    short = sorted({f"{place or target} {status}" for _, target, place, status in rows if status != "done"})
    said = many(len({row[0] for row in rows}), "call")
    if short:
        return ("failed" if any(row[3] == "rejected" for row in rows) else "open"), f"{said}: {spoken_list(short)}"
    places = sum(len(places) for target, places in PLACES.items() if target in item.targets)
    return "done", f"{said} in all {places} places"


def _proven(item: Item, gate: Gate, verdict: Verdict | None) -> Line:
    proofs = [proof for proof in verdict.proofs if _concerns(item, proof)] if verdict else []
    if not proofs:
        return _ended(gate, "not judged in this phase" if verdict else "")
    refuted = [proof for proof in proofs if proof.finding == "refuted"]
    if refuted:
        return "failed", refuted[0].sentence
    proven = sum(proof.finding == "proven" for proof in proofs)
    return ("done" if proven == len(proofs) else "open"), f"{proven} of {len(proofs)} proven{_loosened(gate)}"


def _loosened(gate: Gate) -> str:
    """Said where whoever started the gate changed what it is judged by; then a limit need not be the line's own."""
    known = phases().get(gate.opening.phase)
    changed = known is not None and known.policy != gate.opening.plan.policy
    return ", by a policy that is not the phase's own" if changed else ""


def _concerns(item: Item, proof: Proof) -> bool:
    return proof.requirement.demand in item.demands if item.demands else proof.requirement.required


def _watched(item: Item, looked: _Looked) -> Line:
    """Only time in MONITORING counts, with calls in as many parts of the window as the policy wants."""
    gate, watched = looked.gate, _monitored(looked)
    if not watched or looked.evidence is None:
        return _ended(gate, "not monitored yet" if gate.open else "")
    policy = gate.opening.plan.policy
    seen = [
        coverage(looked.evidence.role(role).buckets, needed=policy.buckets_needed, least=policy.calls_per_bucket)
        for role in gate.opening.candidates
    ]
    least = min(seen, key=lambda one: one.covered)
    said = f"{spoken_time(watched)}, calls in {least.covered} of {least.total} parts of the window{_loosened(gate)}"
    return ("done" if watched >= timedelta(hours=item.hours) and least.enough else "open"), said


def _monitored(looked: _Looked) -> timedelta:
    moves = [(entry.body["to"], entry.at) for entry in looked.entries if entry.kind == "moved"]
    ends = [*(at for _, at in moves[1:]), looked.world.clock()]
    return sum((end - at for (to, at), end in zip(moves, ends, strict=False) if to == "MONITORING"), timedelta(0))


def _ended(gate: Gate, detail: str) -> Line:
    return "open", detail or ("the gate ended before" if gate.state == "ROLLED_BACK" else "")


def _confirmed(entries: Sequence[Entry]) -> dict[str, list[str]]:
    """Item -> who confirmed it."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        if entry.kind == "answered":
            for text in entry.body.get("confirmed", ()):
                found.setdefault(text, []).append(entry.body["approver"])
    return found
