"""What an inconclusive gate lacks, and the cheapest way to get it."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from tasks.judging.planning import GatePlan
from tasks.judging.requirements import Proof, Workload
from tasks.judging.values import Value
from tasks.judging.wording import many, spoken_list, spoken_time


class Remedy(Value):
    """What one role still needs; replay and waiting are alternatives."""

    role: str
    replay_pairs: int
    """Inputs to replay through both arms."""
    replay_calls: int
    """Further inputs to replay through the candidate alone."""
    replay_hours: float
    money: float | None
    """Cost of the replay; None when a price is unknown."""
    wait_hours: float | None
    """Extension of the window that live traffic needs to bring the same; None when it never will."""


def remedies(plan: GatePlan, proofs: Sequence[Proof]) -> tuple[Remedy, ...]:
    """One for each role with an open, required proof that more data can settle."""
    curable = [p for p in proofs if p.requirement.required and p.more is not None]
    return tuple(
        _remedy(workload, [p for p in curable if p.requirement.role == workload.role])
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
    hours = sum(remedy.replay_hours for remedy in wanted)
    known = [remedy.money for remedy in wanted if remedy.money is not None]
    price = f"{sum(known):.2f}" if len(known) == len(wanted) else "unknown"
    replay = (
        f"Replay {spoken_list([_replay(plan, remedy) for remedy in wanted])} (about {hours:.1f} hours one after the other,"
        f" cost {price})"
    )
    if uncovered:
        return f"{replay} while the window is extended by {spoken_time(uncovered)}, or stop."
    waits = [remedy.wait_hours for remedy in wanted if remedy.wait_hours is not None]
    extend = f", extend the window by {many(ceil(max(waits)), 'hour')}" if len(waits) == len(wanted) else ""
    return f"{replay}{extend}, or stop."


def _remedy(workload: Workload, proofs: list[Proof]) -> Remedy:
    pairs = max([0, *(p.more or 0 for p in proofs if p.requirement.unit == "pairs")])
    every = max([0, *(p.more or 0 for p in proofs if p.requirement.unit == "calls")])
    calls = max(0, every - pairs)
    paid = workload.incumbent_cost is not None and workload.candidate_cost is not None
    return Remedy(
        role=workload.role,
        replay_pairs=pairs,
        replay_calls=calls,
        replay_hours=(2 * pairs + calls) * workload.seconds_per_call / 3600,
        money=pairs * (workload.incumbent_cost or 0) + (pairs + calls) * (workload.candidate_cost or 0)
        if paid
        else None,
        wait_hours=_wait(workload, pairs, every),
    )


def _wait(workload: Workload, pairs: int, calls: int) -> float | None:
    waits = [
        needed / rate if rate else None
        for needed, rate in ((pairs, workload.live_pairs_per_hour), (calls, workload.live_calls_per_hour))
        if needed
    ]
    known = [wait for wait in waits if wait is not None]
    return max(known) if known and len(known) == len(waits) else None


def _replay(plan: GatePlan, remedy: Remedy) -> str:
    parts = [
        many(remedy.replay_pairs, "input") + " through both models" if remedy.replay_pairs else "",
        many(remedy.replay_calls, "input") + " through the candidate" if remedy.replay_calls else "",
    ]
    return f"{spoken_list(list(filter(None, parts)))} ({plan.label(remedy.role)})"
