"""The documents' checklist of a phase, line by line: who sees to it, and whether it is done."""

from collections.abc import Sequence

from flows.transitions.plans import phases
from flows.transitions.plans.phase import Checked, Item
from flows.transitions.story import Gate
from tasks.judging.requirements import Proof
from tasks.judging.verdict import Verdict
from tasks.records.ledger import Entry
from tasks.reports.gate_views import Check, CheckView

BY: dict[Checked, str] = {
    "precondition": "phasegate, before testing",
    "suite": "phasegate, on preview",
    "verdict": "phasegate, by the calls of the window",
    "watch": "phasegate, all the time",
    "person": "a person, on the form",
}
WATCHED = frozenset({"AWAITING_APPROVAL", "HELD", "PROMOTED", "STABLE"})
"""States that lie behind the window."""


def checklist(gate: Gate, entries: Sequence[Entry], verdict: Verdict | None) -> tuple[CheckView, ...]:
    """Every line as it stands. A phase that is no longer in the plan has only what people confirm."""
    known = phases().get(gate.opening.phase)
    items = known.checklist if known else tuple(Item(text=text, by="person") for text in gate.opening.human)
    confirmed = _confirmed(entries)
    return tuple(CheckView(item.text, BY[item.by], *_state(item, gate, confirmed, verdict, entries)) for item in items)


def unbegun(items: Sequence[Item]) -> tuple[CheckView, ...]:
    """The lines of a phase that no gate has taken up."""
    return tuple(CheckView(item.text, BY[item.by], "open") for item in items)


def _state(
    item: Item, gate: Gate, confirmed: dict[str, list[str]], verdict: Verdict | None, entries: Sequence[Entry]
) -> tuple[Check, str]:
    match item.by:
        case "precondition":
            return _precondition(gate)
        case "suite":
            return ("done", gate.test_detail) if gate.tested == "done" else _ended(gate, gate.test_detail)
        case "verdict":
            return _proven(item, gate, verdict)
        case "watch":
            been = any(entry.kind == "moved" and entry.body["to"] in WATCHED for entry in entries)
            return ("done", "") if been else _ended(gate, "under way" if gate.state == "MONITORING" else "")
        case "person":
            names = confirmed.get(item.text, [])
            return ("done", f"confirmed by {', '.join(names)}") if names else _ended(gate, "")


def _precondition(gate: Gate) -> tuple[Check, str]:
    if gate.testing_since is not None:
        return "done", "held when testing began"
    return ("failed", gate.reason) if gate.state == "ROLLED_BACK" else ("open", "")


def _proven(item: Item, gate: Gate, verdict: Verdict | None) -> tuple[Check, str]:
    proofs = [proof for proof in verdict.proofs if _concerns(item, proof)] if verdict else []
    if not proofs:
        return _ended(gate, "not judged in this phase" if verdict else "")
    refuted = [proof for proof in proofs if proof.finding == "refuted"]
    if refuted:
        return "failed", refuted[0].sentence
    proven = sum(proof.finding == "proven" for proof in proofs)
    loosened = ", by a policy that is not the phase's own" if _changed(gate) else ""
    return ("done" if proven == len(proofs) else "open"), f"{proven} of {len(proofs)} proven{loosened}"


def _changed(gate: Gate) -> bool:
    """Whether whoever started the gate changed what it is judged by; then the line's own limit need not be what was proven."""
    known = phases().get(gate.opening.phase)
    return known is not None and known.policy != gate.opening.plan.policy


def _concerns(item: Item, proof: Proof) -> bool:
    return proof.requirement.demand in item.demands if item.demands else proof.requirement.required


def _ended(gate: Gate, detail: str) -> tuple[Check, str]:
    return "open", detail or ("the gate ended before" if gate.state == "ROLLED_BACK" else "")


def _confirmed(entries: Sequence[Entry]) -> dict[str, list[str]]:
    """Item -> who confirmed it."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        if entry.kind == "answered":
            for text in entry.body.get("confirmed", ()):
                found.setdefault(text, []).append(entry.body["approver"])
    return found
