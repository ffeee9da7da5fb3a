"""What an inconclusive gate lacks, and the cheapest way to get it."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from tasks.judging.planning import GatePlan
from tasks.judging.requirements import Proof, Requirement, Workload
from tasks.judging.values import Value
from tasks.judging.wording import amount, many, spoken_list, spoken_time


class Remedy(Value):
    """What one role still needs; replay and waiting are alternatives."""

    role: str
    replays: int
    """Inputs to replay, each a whole run under both lineups."""
    new_inputs: int
    """How many of them have to be inputs that the gate has not asked before."""
    replay_hours: float
    money: float | None
    """Cost of the replay; None when a price is unknown."""
    wait_hours: float | None
    """Extension of the window that live traffic needs to bring the same; None when it never will."""


def remedies(plan: GatePlan, proofs: Sequence[Proof]) -> tuple[Remedy, ...]:
    """One for each role with an open, required proof that more data can settle."""
    curable = [p for p in proofs if p.requirement.required and p.more is not None]
    return tuple(
        _remedy(plan, workload, [p for p in curable if p.requirement.role == workload.role])
        for workload in plan.workloads
        if any(p.requirement.role == workload.role for p in curable)
    )


def cheapest(plan: GatePlan, wanted: Sequence[Remedy], proofs: Sequence[Proof], uncovered: timedelta) -> str:
    """One sentence for the page: what to do next, and what it takes.

    `uncovered`: how much more of the window has to be covered; hours that are over cannot be filled afterwards.
    """
    if any(p.finding == "open" and p.requirement.required and p.more is None for p in proofs):
        return "Stop: more data would not settle all of it."
    if not wanted:
        return f"Extend the window by {spoken_time(uncovered)}, or stop." if uncovered else ""
    # One replay goes through all roles, so the role that needs most decides.
    most = max(wanted, key=lambda remedy: remedy.replays)
    price = "unknown" if most.money is None else f"{most.money:.2f}"
    replay = f"Replay {_replay(plan, wanted)} (about {most.replay_hours:.1f} hours one after the other, cost {price})"
    if uncovered:
        return f"{replay} while the window is extended by {spoken_time(uncovered)}, or stop."
    waits = [remedy.wait_hours for remedy in wanted if remedy.wait_hours is not None]
    extend = f", extend the window by {many(ceil(max(waits)), 'hour')}" if len(waits) == len(wanted) else ""
    return f"{replay}{extend}, or stop."


def _remedy(plan: GatePlan, workload: Workload, proofs: Sequence[Proof]) -> Remedy:
    lacking = [(proof.requirement, proof.more) for proof in proofs if proof.more is not None]
    replays = max(more for _, more in lacking)
    return Remedy(
        role=workload.role,
        replays=replays,
        new_inputs=max((more for requirement, more in lacking if requirement.distinct), default=0),
        replay_hours=replays * plan.passage.seconds / 3600,
        money=None if plan.passage.money is None else replays * plan.passage.money,
        wait_hours=_wait(workload, lacking),
    )


def _wait(workload: Workload, lacking: Sequence[tuple[Requirement, int]]) -> float | None:
    rates = {"pairs": workload.live_pairs_per_hour, "calls": workload.live_calls_per_hour}
    waits = [more / rate if (rate := rates[requirement.unit]) else None for requirement, more in lacking]
    known = [wait for wait in waits if wait is not None]
    return max(known) if len(known) == len(waits) else None


def _replay(plan: GatePlan, wanted: Sequence[Remedy]) -> str:
    """ "318 inputs through both lineups (Stage 2), 95 of them not asked before"."""
    replays, new = max(one.replays for one in wanted), max(one.new_inputs for one in wanted)
    names = spoken_list([plan.label(one.role) for one in wanted])
    fresh = f", {amount(new)} of them not asked before" if new else ""
    return f"{many(replays, 'input')} through both lineups{fresh} ({names})"
