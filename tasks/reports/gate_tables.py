"""The tables of a gate's page: proofs, stages, harm watch, checklist, decisions, events."""

from math import exp, log

from tasks.judging.alarms import Reading
from tasks.judging.evidence import ArmTally, RoleEvidence
from tasks.judging.policy import Demand
from tasks.judging.rates import upper_bound
from tasks.judging.requirements import Proof
from tasks.reports.document import Blocks, Items, Paragraph, Styled, line, paragraph, table
from tasks.reports.figures import NONE, UNKNOWN, dollars
from tasks.reports.gate_views import CheckView, EventView, GateView

SIGNS = {"done": "done", "open": "open", "failed": "FAILED"}
NUMBERS = frozenset(range(1, 7))


def strong(text: str) -> Paragraph:
    return Paragraph((Styled("strong", line(text)),))


def sentences(texts: tuple[str, ...]) -> Blocks:
    return (Items(tuple((paragraph(text),) for text in texts)),) if texts else ()


def proofs_table(view: GateView) -> Blocks:
    """Every requirement with its proof sentence; of a decided gate whose calls are gone, the recorded sentences."""
    if view.differs and view.recorded:
        recorded = view.recorded["proofs"]
        assert isinstance(recorded, list)
        return sentences(tuple(map(str, recorded)))
    if view.verdict is None or not view.verdict.proofs:
        return ()
    rows = [(_finding(proof), _demand(proof), proof.sentence) for proof in view.verdict.proofs]
    return (table(("Finding", "Required", "Proof"), rows),)


def proofs_list(view: GateView) -> Blocks:
    """The same as sentences, for a form whose width cuts tables off."""
    if view.differs or view.verdict is None:
        return proofs_table(view)
    return sentences(tuple(f"{_finding(proof)}: {proof.sentence}" for proof in view.verdict.proofs))


def _finding(proof: Proof) -> str:
    return proof.finding.upper() if proof.finding == "refuted" else proof.finding


def _demand(proof: Proof) -> str:
    wanted = proof.requirement
    return (wanted.field or wanted.demand.replace("_", " ")) + ("" if wanted.required else " (reported only)")


def stages_table(view: GateView) -> Blocks:
    """A row for each changed stage, then for every other one that was called. Bounds are one-sided, at the plan's alpha."""
    if view.evidence is None:
        return ()
    others = [role for role in view.plan.others if view.evidence.role(role).candidate.calls]
    rows = [_stage(view, role, view.evidence.role(role)) for role in (*view.plan.changed, *others)]
    head = ("Stage", "Calls before / new", "Failures", "Good answers", "Score before / new", "Latency ratio",
            "Cost ratio")  # fmt: skip
    return (table(head, rows, NUMBERS),)


def _stage(view: GateView, role: str, seen: RoleEvidence) -> tuple[str, ...]:
    new, unchanged = seen.candidate, "" if role in view.plan.changed else " (unchanged)"
    bound = 100 * upper_bound(new.failures, new.calls, view.plan.policy.alpha)
    return (
        view.plan.label(role) + unchanged,
        f"{seen.incumbent.calls:,} / {new.calls:,}",
        f"{new.failures:,}, rate below {bound:.2g} %" if new.calls else NONE,
        f"{new.good:,} of {new.scored:,}" if new.scored else NONE,
        f"{_mean(seen.incumbent)} / {_mean(new)}",
        _ratio(view, role, "latency", seen.pairs.seconds.mean if seen.pairs.seconds.n else None),
        _cost(view, role, seen),
    )


def _mean(tally: ArmTally) -> str:
    return f"{tally.scores.mean:.1f}" if tally.scores.n else NONE


def _ratio(view: GateView, role: str, demand: Demand, log_ratio: float | None) -> str:
    """The ratio on the same inputs, with its bounds where they were demanded."""
    if log_ratio is None:
        return NONE
    proof = _proof(view, role, demand)
    # With fewer pairs than planned there are no bounds worth a word.
    proven = proof is not None and proof.n >= proof.requirement.needed and None not in (proof.lower, proof.upper)
    return f"{exp(log_ratio):.2f}" + (f" ({proof.lower:.2f}–{proof.upper:.2f})" if proof and proven else "")


def _cost(view: GateView, role: str, seen: RoleEvidence) -> str:
    costs = seen.pairs.costs
    if costs.unknown:
        return UNKNOWN
    if costs.free and not costs.logs.n:
        return "free"
    return _ratio(view, role, "cost", costs.logs.mean if costs.logs.n else None)


def _proof(view: GateView, role: str, demand: Demand) -> Proof | None:
    proofs = view.verdict.proofs if view.verdict else ()
    return next((p for p in proofs if (p.requirement.role, p.requirement.demand) == (role, demand)), None)


def money_table(view: GateView) -> Blocks:
    """What a call costs under each model, and what was spent on the changed stages so far."""
    rows = []
    for change in view.changes:
        before, new = ((view.figures or {}).get((change.role, arm)) for arm in ("incumbent", "candidate"))
        both = [one for one in (before, new) if one is not None]
        spent, unpriced = sum(one.spent for one in both), sum(one.unpriced for one in both)
        rows.append((
            change.label, dollars(before.cost) if before else NONE, dollars(new.cost) if new else NONE,
            dollars(spent) + (f" + {unpriced:,} calls unknown" if unpriced else ""),
        ))  # fmt: skip
    head = ("Stage", "A call before", "A call now", "Spent in this gate")
    plan = view.plan
    planned = (
        f"Planned for tests and replay, {plan.tests + plan.replays:,} inputs through all stages under both lineups:"
        f" {dollars(plan.money)}."
    )
    return (table(head, rows, frozenset({1, 2, 3})), paragraph(planned))


def harm_table(view: GateView) -> Blocks:
    """Every e-process of the changed stages, and of the others where anything speaks of harm; nearest to its alarm first."""
    every = view.verdict.harm if view.verdict else ()
    readings = sorted((one for one in every if one.role in view.plan.changed or one.log_e > 0), key=_distance)
    rows = [
        (view.plan.label(reading.role), reading.metric, _e(reading.log_e), _e(reading.log_threshold),
         "ALARM" if reading.alarm else "below")
        for reading in readings
    ]  # fmt: skip
    quiet = len(every) - len(readings)
    return (
        *((table(("Stage", "Watched", "Evidence", "Alarm at", ""), rows, frozenset({2, 3})),) if rows else ()),
        *((paragraph(f"{quiet} more of the stages that do not change show no evidence of harm."),) if quiet else ()),
    )


def _distance(reading: Reading) -> float:
    return reading.log_threshold - reading.log_e


def _e(log_value: float) -> str:
    if log_value >= 14:
        return f"e^{log_value:.0f}"
    return f"{exp(log_value):,.0f}" if log_value >= log(100) else f"{exp(log_value):.2g}"


def afterwards_table(view: GateView) -> Blocks:
    """What users' calls said of the new model since promotion."""
    if view.afterwards is None:
        return ()
    rows = []
    for change in view.changes:
        tally = view.afterwards.role(change.role).candidate
        rows.append((change.label, f"{tally.calls:,}", f"{tally.failures:,}", f"{tally.placeholders:,}", _mean(tally)))
    return (table(("Stage", "Calls", "Failures", "Placeholders", "Score"), rows, frozenset({1, 2, 3, 4})),)


def checks_table(checks: tuple[CheckView, ...]) -> Blocks:
    rows = [(SIGNS[check.state], check.text, check.by, check.detail) for check in checks]
    return (table(("State", "What", "Seen to by", ""), rows),) if rows else ()


def answers_table(view: GateView) -> Blocks:
    rows = [
        (f"{one.at:%Y-%m-%d %H:%M}", one.approver, one.decision if one.accepted else "NOT ACCEPTED", one.reason)
        for one in view.answers
    ]
    return (table(("When (UTC)", "Who", "Decision", "Reason"), rows),) if rows else ()


def events_table(events: tuple[EventView, ...]) -> Blocks:
    rows = [(f"{one.at:%Y-%m-%d %H:%M:%S}", one.what, one.detail, one.actor) for one in events]
    return (table(("When (UTC)", "What", "Details", "By"), rows),) if rows else ()
