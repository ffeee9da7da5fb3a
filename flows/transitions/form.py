"""What people see and type: the approval form of a suspended gate, and the page of a gate."""

from collections.abc import Iterable

from prefect.input import RunInput
from pydantic import Field

from flows.transitions.facts import verdict_of
from flows.transitions.machine import approvals_needed, valid_approvals
from flows.transitions.plans import phase
from flows.transitions.story import WAITING, Gate
from flows.transitions.world import World
from tasks.judging.verdict import Verdict


class Signal(RunInput):
    """Wakes a gate that waits for time or calls to pass. It decides nothing: the gate looks for itself."""

    note: str = Field(default="", max_length=500, description="Who or what woke the gate.")


class Approval(RunInput):
    """A person's decision. Only rules of a JSON schema stand here: the server checks no others before it resumes."""

    decision: str = Field(pattern="^(approve|reject)$", description="Type approve or reject.")
    approver: str = Field(
        min_length=2, max_length=100, title="Your name", description="As your Approver block is called."
    )
    code: str = Field(pattern="^[0-9 ]{6,8}$", title="One-time code", description="Six digits from your authenticator.")
    reason: str = Field(
        default="", max_length=2000, description="Needed to reject, and to approve what is not proven. Kept for ever."
    )
    confirmed: str = Field(
        default="", pattern="^(all|[0-9, ]*)$", title="Confirmed checklist items",
        description="Numbers of the items above that you have checked, for example 1, 2; or all.",
    )  # fmt: skip


def page(world: World, gate: Gate) -> str:
    """The gate in Markdown: what it changes, how it stands, every proof sentence, what is asked of people."""
    o = gate.opening
    moves = "\n".join(f"| {o.plan.label(c.role)} | {c.incumbent} | {c.candidate} |" for c in o.changes)
    parts = [
        f"# {o.title}: {gate.state.replace('_', ' ').lower()}",
        gate.reason,
        f"| role | from | to |\n|---|---|---|\n{moves}",
    ]
    if gate.failure:
        parts.append(f"**The blocks do not follow yet:** {gate.failure}")
    if gate.testing_since and gate.open:
        parts.append(evidence(verdict_of(world, gate)))
    elif gate.verdict:
        parts.append(f"## Verdict\n\n{gate.verdict['sentence']}\n\n{_list(gate.verdict['proofs'])}")
    if gate.state in WAITING:
        parts.append(asked(gate, verdict_of(world, gate)))
    return "\n\n".join(filter(None, parts))


def evidence(verdict: Verdict) -> str:
    """Verdict, proofs, harm watch and what is missing."""
    worst = max(verdict.harm, key=lambda reading: reading.log_e - reading.log_threshold, default=None)
    return "\n\n".join(
        filter(None, [
            f"## Verdict\n\n**{verdict.sentence}**",
            f"## Proofs\n\n{_list([f'{proof.finding}: {proof.sentence}' for proof in verdict.proofs])}",
            f"## Harm watch\n\nNearest to an alarm: {worst.sentence}" if worst else "",
            f"## Missing\n\n{_list(verdict.missing)}\n\n{verdict.cheapest}" if verdict.missing else "",
        ])
    )  # fmt: skip


def asked(gate: Gate, verdict: Verdict) -> str:
    """What approvers are asked, with the checklist numbered as the form wants it."""
    names = valid_approvals(gate, verdict.evidence_digest)
    lines = [f"{len(names)} of {approvals_needed(gate)} approvals given{': ' + ', '.join(names) if names else ''}."]
    if gate.state == "HELD":
        lines.append("**Not everything is proven.** Approving takes two people with reasons and is marked for ever.")
    items = [f"{number}. {text}" for number, text in enumerate(gate.opening.human, start=1)]
    automatic = [item.text for item in phase(gate.opening.phase).checklist if item.by != "person"]
    return "\n\n".join([
        "## Your decision", " ".join(lines),
        *(["You confirm, by number:", "\n".join(items)] if items else []),
        "Checked by phasegate: " + "; ".join(automatic) + "." if automatic else "",
        f"Started by {gate.opening.starter}, who does not approve it. Evidence `{(verdict.evidence_digest or '')[:12]}`, "
        f"change `{gate.opening.change_digest[:12]}`. In the terminal: `phasegate approve {gate.id}`.",
    ])  # fmt: skip


def _list(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)
