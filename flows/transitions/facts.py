"""What a decision about a gate needs, gathered: its evidence judged, its alarms, its preconditions."""

from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

from flows.transitions.drift import drifted
from flows.transitions.known import frozen
from flows.transitions.machine import Facts
from flows.transitions.preconditions import stale, unmet
from flows.transitions.story import Gate
from flows.transitions.world import World
from tasks.judging.evidence import Circumstances, Evidence
from tasks.judging.observations import Window
from tasks.judging.verdict import Verdict, judge
from tasks.records.ledger_calls import any_call
from tasks.records.ledger_evidence import COUNTED, Slice, read_evidence
from tasks.records.parts_called import parts_called

GONE = frozenset({"Crashed", "Failed", "Cancelled", "Cancelling"})
LOST_AFTER = timedelta(minutes=10)
"""How long the run of a gate may be gone while it has work to do; a janitor may still take it up again."""


async def gather(world: World, gate: Gate) -> Facts:
    now = world.clock()
    freeze = bool(frozen(world))
    if gate.state == "PLANNED":
        return Facts(now, unmet=await unmet(world, gate.opening, gate.id), frozen=freeze)
    if not gate.open:
        return Facts(now, unmet=())
    alarms = (*await drifted(world, gate), *await _lost(world, gate, now))
    if gate.state == "PROMOTED":
        seen = _read(world, gate, now, gate.since)
        verdict = judge(gate.opening.plan, seen, Circumstances(now, alarms, exposed=False, promoted=True))
        return Facts(now, verdict, verdict.alarms, (), freeze, baked=_baked(world, gate, now))
    verdict, harm = _judged(world, gate, now, alarms)
    return Facts(now, verdict, harm, (), freeze, step_runs=_step_runs(world, gate, now))


def window_of(gate: Gate) -> Window:
    """The gate's window; before it has begun, one that begins with the tests."""
    policy = gate.opening.plan.policy
    start = gate.window_start or gate.testing_since or gate.opened_at
    # An extension adds parts of (nearly) the same size: fewer and longer ones would be covered less often.
    added = ceil(timedelta(hours=gate.extended) / (policy.window / policy.buckets))
    length = policy.window + timedelta(hours=gate.extended)
    return Window(start=start, length=length, buckets=policy.buckets + added)


def verdict_of(world: World, gate: Gate) -> Verdict:
    """The verdict on the registered window as it stands now, without alarms from outside the calls."""
    now = world.clock()
    return judge(gate.plan, window_evidence(world, gate, now), _circumstances(world, gate, now, ()))


def _judged(world: World, gate: Gate, now: datetime, alarms: tuple[str, ...]) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict on the window, and the reasons to roll back at once.

    Once the window is over its evidence stands still, so that what people are asked about does not move under their
    hands; the harm watch goes on reading every call made since.
    """
    circumstances = _circumstances(world, gate, now, alarms)
    over = gate.window_start is not None and now >= window_of(gate).end
    seen = window_evidence(world, gate, now)
    verdict = judge(gate.plan, seen, circumstances)
    if not over:
        return verdict, verdict.alarms
    if any_call(world.database, _after_window(gate, now)):
        seen = _read(world, gate, now, None)
    return verdict, judge(gate.opening.plan, seen, circumstances).alarms


def _after_window(gate: Gate, now: datetime) -> Slice:
    """What `_read` looks at beyond the window: with no call in it, both look at the same calls."""
    return replace(_slice(gate, now, None), since=window_slice(gate, now).until)


def _circumstances(world: World, gate: Gate, now: datetime, alarms: tuple[str, ...]) -> Circumstances:
    return Circumstances(now, alarms, stale(world, gate.opening, now), exposed=gate.weight > 0)


def window_evidence(world: World, gate: Gate, at: datetime) -> Evidence:
    """What the calls said at a moment: from the end of the window on it stands still."""
    return _read(world, gate, _until(gate, at), None)


def _until(gate: Gate, at: datetime) -> datetime:
    return at if gate.window_start is None else min(at, window_of(gate).end)


def evidence_since_promotion(world: World, gate: Gate, at: datetime) -> Evidence:
    """What the calls of users said since promotion."""
    return _read(world, gate, at, gate.promoted_at)


def window_slice(gate: Gate, at: datetime) -> Slice:
    """The calls that `window_evidence` looks at."""
    return _slice(gate, _until(gate, at), None)


def _read(world: World, gate: Gate, until: datetime, promoted_at: datetime | None) -> Evidence:
    wanted = _slice(gate, until, promoted_at)
    return read_evidence(world.database, wanted, gate.opening.plan.policy, window_of(gate))


def _slice(gate: Gate, until: datetime, promoted_at: datetime | None) -> Slice:
    """Calls since testing began, or since promotion: then only those of users."""
    o = gate.opening
    lineups = (o.production,) if promoted_at else (o.preview, o.production)
    since = promoted_at or gate.testing_since or gate.opened_at
    # A call that is being written right now has begun before it; one microsecond makes `until` inclusive.
    until += timedelta(microseconds=1)
    purposes = ("user",) if promoted_at else COUNTED
    return Slice(o.pipeline, lineups, o.candidates, since, until, gate.id, (*o.plan.changed, *o.plan.others), purposes)


def parts_served(world: World, gate: Gate, now: datetime) -> int:
    """Parts of the window's size since promotion in which users have called every changed role, up to those needed.

    Over as long as it takes: users' calls cannot be spread, so one call in a part is enough, and with little traffic a
    promotion takes longer to be called stable instead of being called so without having been seen.
    """
    policy = gate.opening.plan.policy
    wanted = _slice(gate, now, gate.since)
    return parts_called(world.database, wanted, policy.window / policy.buckets, policy.buckets_needed)


def _baked(world: World, gate: Gate, now: datetime) -> bool:
    """Whether they have in as many parts as were needed to approve it."""
    policy = gate.opening.plan.policy
    return now - gate.since >= policy.window and parts_served(world, gate, now) >= policy.buckets_needed


def _step_runs(world: World, gate: Gate, now: datetime) -> int:
    """Users' runs that the candidate served in this step of the canary, of the role that has fewest."""
    if not gate.weight or gate.weight_since is None:
        return 0
    o = gate.opening
    wanted = Slice(o.pipeline, (o.production,), o.candidates, gate.weight_since, now, gate.id, purposes=("user",))
    seen = read_evidence(world.database, wanted, o.plan.policy, window_of(gate))
    return min(seen.role(role).candidate.runs for role in o.candidates)


async def _lost(world: World, gate: Gate, now: datetime) -> tuple[str, ...]:
    """A gate whose run was cancelled by a person, or died while it had work to do."""
    run = await world.blocks.run_state(gate.id)
    if run is None or run.name not in GONE:
        return ()
    if run.name.startswith("Cancel"):
        return ("The gate's run was cancelled.",) if gate.state != "PROMOTED" else ()
    if gate.state == "TESTING" and now - run.since > LOST_AFTER:
        return (f"The gate's run was lost while testing: it is {run.name}.",)
    return ()
