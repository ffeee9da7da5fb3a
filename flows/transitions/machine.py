"""The table of moves: a gate and the facts in, the next step out. No I/O, no clock, no Prefect.

PLANNED -> TESTING -> MONITORING -> AWAITING_APPROVAL -> PROMOTED -> STABLE
                          |  ^              |
                          v  | (extended)   |
                         HELD --------------+--> PROMOTED (two people, with reasons, marked for ever; never a protected
                                                 role, nor a model that no suite was asked of)
any of these but STABLE by itself, and STABLE by hand -> ROLLED_BACK

Nothing but the approvals of people leads to PROMOTED. What is not known stops a gate, it never passes one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.transitions.story import WAITING, Answer, Gate, State, folded
from tasks.judging.verdict import Verdict

MOVES: dict[State, frozenset[State]] = {
    "PLANNED": frozenset({"TESTING", "ROLLED_BACK"}),
    "TESTING": frozenset({"MONITORING", "HELD", "ROLLED_BACK"}),
    "MONITORING": frozenset({"AWAITING_APPROVAL", "HELD", "ROLLED_BACK"}),
    "HELD": frozenset({"MONITORING", "PROMOTED", "ROLLED_BACK"}),
    "AWAITING_APPROVAL": frozenset({"PROMOTED", "ROLLED_BACK"}),
    "PROMOTED": frozenset({"STABLE", "ROLLED_BACK"}),
    "STABLE": frozenset({"ROLLED_BACK"}),
    "ROLLED_BACK": frozenset(),
}

PEOPLE_FOR_AN_OVERRIDE = 2
SETTLE_WITHIN = timedelta(minutes=10)
"""How long a promotion may fail to reach the blocks for reasons that may pass, before it is taken back."""


@dataclass(frozen=True)
class Facts:
    """What is known at one moment. Everything left out counts against promotion."""

    now: datetime
    verdict: Verdict | None = None
    """Of the registered window; None where there is nothing to judge yet."""
    harm: tuple[str, ...] = ()
    """Reasons to roll back at once, one sentence each: harm seen up to now, drift, an incident, a lost worker."""
    unmet: tuple[str, ...] = ("The preconditions were not checked.",)
    """Preconditions that do not hold; asked only before testing."""
    frozen: bool = False
    """An incident is open: nothing goes forward, everything may go back."""
    step_runs: int = 0
    """Users' runs that the candidate served in the present step of the canary."""
    baked: bool = False
    """Whether users have called every changed role in enough parts of the time since promotion."""


@dataclass(frozen=True)
class Move:
    to: State
    reason: str
    overridden: bool = False
    expired: bool = False
    """Nobody decided in time."""


@dataclass(frozen=True)
class Weigh:
    """Send another share of production's runs to the candidate."""

    percent: int
    reason: str


@dataclass(frozen=True)
class Remind:
    """Tell people again that they are asked."""


Step = Move | Weigh | Remind | None


def next_step(gate: Gate, facts: Facts) -> Step:
    """What to do next with this gate; None: wait."""
    if facts.harm and gate.open:
        return Move("ROLLED_BACK", facts.harm[0])
    step = _by_state(gate, facts)
    return None if facts.frozen and goes_forward(step) else step


def goes_forward(step: Step) -> bool:
    """Whether an open incident forbids it."""
    return isinstance(step, Weigh) or (isinstance(step, Move) and step.to != "ROLLED_BACK")


def _by_state(gate: Gate, facts: Facts) -> Step:
    match gate.state:
        case "PLANNED":
            if facts.unmet:
                return Move("ROLLED_BACK", f"Not started: {' '.join(facts.unmet)}")
            return Move("TESTING", "All preconditions hold.")
        case "TESTING":
            return _testing(gate, facts)
        case "MONITORING":
            return _monitoring(gate, facts)
        case "AWAITING_APPROVAL" | "HELD":
            return _asked(gate, facts)
        case "PROMOTED":
            return _promoted(gate, facts)
    return None  # by itself neither STABLE nor ROLLED_BACK goes anywhere


def approvals_needed(gate: Gate) -> int:
    """People who have to approve; never fewer than two for an unproven change."""
    return max(gate.opening.approvers, PEOPLE_FOR_AN_OVERRIDE if gate.state == "HELD" else 1)


def valid_approvals(gate: Gate, evidence_digest: str | None) -> tuple[str, ...]:
    """Names of those who approved exactly this change on exactly this evidence, each once, never the starter."""
    names = {
        folded(answer.approver): answer.approver
        for answer in gate.answers
        if answer.decision == "approve" and _bound(gate, answer, evidence_digest)
    }
    names.pop(folded(gate.opening.starter), None)
    return tuple(names.values())


def _bound(gate: Gate, answer: Answer, evidence_digest: str | None) -> bool:
    return (
        evidence_digest is not None
        and answer.evidence_digest == evidence_digest
        and answer.change_digest == gate.opening.change_digest
        and bool(answer.reason.strip() or gate.state != "HELD")
    )


def _testing(gate: Gate, facts: Facts) -> Step:
    if facts.verdict is not None and facts.verdict.act == "roll_back":
        return Move("ROLLED_BACK", facts.verdict.sentence)
    refuted = _refuted(facts.verdict)
    if refuted and gate.tested == "done":
        return Move("ROLLED_BACK", refuted[0])
    if not gate.settled and gate.failure:
        return Move("ROLLED_BACK", gate.failure)
    if gate.tested == "impossible":
        return Move("HELD", f"The suite could not be run: {gate.test_detail}")
    if gate.tested == "done" and gate.settled:
        return Move("MONITORING", f"The suite has run on both arms: {gate.test_detail}")
    if facts.now - gate.since > gate.opening.plan.policy.held_within:
        return Move("ROLLED_BACK", "The suite did not come to an end in time.")
    return None


def _refuted(verdict: Verdict | None) -> list[str]:
    proofs = verdict.proofs if verdict else ()
    return [proof.sentence for proof in proofs if proof.finding == "refuted" and proof.requirement.required]


def _monitoring(gate: Gate, facts: Facts) -> Step:
    if gate.weight and gate.failure:
        return Move("ROLLED_BACK", f"The canary could not be proven: {gate.failure}")
    verdict = facts.verdict
    if verdict is None:
        return None
    match verdict.act:
        case "roll_back":
            return Move("ROLLED_BACK", verdict.sentence)
        case "ask_for_approval":
            return Move("AWAITING_APPROVAL", verdict.sentence)
        case "wait":
            return _canary(gate, facts)
    return Move("HELD", verdict.sentence)


def _canary(gate: Gate, facts: Facts) -> Step:
    """The next step of the canary, once the candidate has answered enough calls in this one."""
    steps = {round(100 * share): runs for share, runs in gate.opening.plan.policy.canary}
    if not gate.opening.canary or not steps:
        return None
    larger = [percent for percent in (*steps, 100) if percent > gate.weight]
    if gate.weight == 0:
        return Weigh(larger[0], "Monitoring has begun.")
    if not gate.settled or not larger or gate.weight not in steps or facts.step_runs < steps[gate.weight]:
        return None
    return Weigh(larger[0], f"{facts.step_runs} runs at {gate.weight} % without harm.")


def _asked(gate: Gate, facts: Facts) -> Step:
    policy, verdict = gate.opening.plan.policy, facts.verdict
    rejection = next((answer for answer in gate.answers if answer.decision == "reject"), None)
    if rejection:
        return Move("ROLLED_BACK", f"Rejected by {rejection.approver}: {rejection.reason or 'no reason given'}")
    if verdict is not None and verdict.state == "fail":
        return Move("ROLLED_BACK", verdict.sentence)
    waited, patience = facts.now - gate.since, policy.held_within if gate.state == "HELD" else policy.approval_within
    if waited >= patience:
        return Move("ROLLED_BACK", f"Nobody decided within {patience / timedelta(hours=1):g} hours.", expired=True)
    if verdict is not None and _may_promote(gate, verdict):
        names = valid_approvals(gate, verdict.evidence_digest)
        if len(names) >= approvals_needed(gate):
            unproven = gate.state == "HELD"
            reason = f"Approved by {' and '.join(names)}" + (
                ", although not everything is proven." if unproven else "."
            )
            return Move("PROMOTED", reason, overridden=unproven)
    if waited >= policy.remind_after and not gate.reminded:
        return Remind()
    return None


def _may_promote(gate: Gate, verdict: Verdict) -> bool:
    """A pass that still stands, or an inconclusive gate that people answer for; never what cannot be read."""
    if verdict.evidence_digest is None or not gate.settled or override_refused(gate):
        return False
    return verdict.state == "pass" if gate.state == "AWAITING_APPROVAL" else verdict.state in ("pass", "inconclusive")


def override_refused(gate: Gate) -> str:
    """Why nobody may approve this gate although it is held; empty if people may, or if it is not held."""
    if gate.state != "HELD":
        return ""
    if gate.opening.protected:
        return "a protected role never changes on what is not proven"
    if gate.tested != "done":
        return "its suite never ran, so nothing is known of the new model"
    return ""


def _promoted(gate: Gate, facts: Facts) -> Step:
    if not gate.settled:
        if gate.failure:
            return Move("ROLLED_BACK", f"The promotion could not be proven: {gate.failure}")
        late = facts.now - gate.since > SETTLE_WITHIN
        return Move("ROLLED_BACK", "The promotion did not reach the blocks in time.") if late else None
    if facts.now - gate.since >= gate.opening.plan.policy.window and facts.baked:
        return Move("STABLE", "Served a whole window without harm.")
    return None


def extension_refused(gate: Gate, facts: Facts) -> str:
    """Why this gate cannot be extended; empty if it can."""
    if gate.state != "HELD":
        return f"it is {gate.state}, and only a held gate can be extended"
    if gate.extensions >= gate.opening.plan.policy.extensions:
        return f"it was extended {gate.extensions} times already; plan a new gate"
    if gate.window_start is None:
        return "it never came to monitoring; plan a new gate"
    if facts.frozen:
        return "an incident is open"
    if facts.harm or (facts.verdict and facts.verdict.state == "fail"):
        return "harm is proven"
    return ""


def is_asked(gate: Gate) -> bool:
    return gate.state in WAITING
