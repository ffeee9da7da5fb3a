"""One gate, moved as far as it goes right now. Called by the gate's run, by the watch and from a terminal, at any time.

Each step reads the gate anew, decides, and takes the next place in its story. Whoever comes second reads again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil, floor

from blocks.errors import GateError, InputError, ServiceError
from flows.transitions.drift import note_new
from flows.transitions.facts import gather, verdict_of, window_evidence, window_of
from flows.transitions.known import freeze
from flows.transitions.machine import Facts, Move, Remind, Step, Weigh, extension_refused, goes_forward, next_step
from flows.transitions.preconditions import incomparable
from flows.transitions.reading import all_gates, read_gate
from flows.transitions.settling import ACTOR, first_dead, settle
from flows.transitions.story import Extension, Gate, Opening, State, prolonged, serves
from flows.transitions.world import World
from tasks.judging.coverage import coverage
from tasks.judging.policy import LONGEST, MOST_BUCKETS
from tasks.judging.verdict import Verdict
from tasks.judging.wording import amount, many
from tasks.records.ledger import AlreadyMovedError, Read, last_sequence, require_sound

PATIENCE = 20
"""Steps and lost races in one go; a gate has eight states, so more is a fault."""


def open_gate(world: World, gate_id: str, opening: Opening, actor: str) -> Gate:
    """Records the plan. A gate that is there already, from before a crash, is left as it is."""
    if not world.read(gate_id=gate_id):
        opening.plan.require_possible(freeze(world))
        body = {
            "opening": opening.model_dump(mode="json"),
            "plan_digest": opening.plan.digest(),
            "change_digest": opening.change_digest,
        }
        world.record("planned", actor, body, gate_id, 1)
    return read_gate(world, gate_id)


async def advance(world: World, gate_id: str) -> Gate:
    """Moves the gate until it waits for something; the gate then. Raises StorageError if the ledger was tampered with."""
    require_sound(world.database)
    for _ in range(PATIENCE):
        try:
            gate = read_gate(world, gate_id)
            if not gate.settled or gate.failure:
                await settle(world, gate)
                gate = read_gate(world, gate_id)
            if gate.state == "PLANNED":  # what it compares has to be known before the first call, or no edit would show
                await note_new(world, (gate.opening.production, gate.opening.preview))
            unfrozen = _unfrozen(world)
            facts = await gather(world, gate)
            facts = replace(facts, frozen=facts.frozen or gate.partly_read)
            step = await _with_a_way_back(world, gate, next_step(gate, facts))
            if not _take(world, gate, step, facts, unfrozen if goes_forward(step) else None):
                return gate
        except AlreadyMovedError:
            continue
    raise GateError(
        f"Gate {gate_id} does not come to rest.",
        means="several processes move it at once, again and again; it was left in a sound state.",
        do="run `phasegate watch` once more when nothing else moves gates.",
    )


async def _with_a_way_back(world: World, gate: Gate, step: Step) -> Step:
    """A promotion only while the incumbents answer: nothing could be taken back from there otherwise."""
    if not (isinstance(step, Move) and step.to == "PROMOTED"):
        return step
    dead = await first_dead(world, gate.opening.incumbents.values())
    return Move("ROLLED_BACK", f"{step.reason} Not promoted, because the way back is dead. {dead}") if dead else step


def _unfrozen(world: World) -> Read:
    """What a step forward is decided on: models are asked before it is recorded, and an incident may be opened meanwhile."""
    return Read(("incident_opened",), last_sequence(world.database))


def _take(world: World, gate: Gate, step: Step, facts: Facts, decided_on: Read | None) -> bool:
    """Records the next step; whether there was one."""
    place = gate.sequence + 1
    match step:
        case None:
            return False
        case Weigh():
            body = {"percent": step.percent, "reason": step.reason}
            world.record("weighted", ACTOR, body, gate.id, place, decided_on)
        case Remind():
            world.record("reminded", ACTOR, {}, gate.id, place)
        case Move():
            _move(world, gate, step, facts, decided_on)
    return True


def _move(world: World, gate: Gate, move: Move, facts: Facts, decided_on: Read | None) -> None:
    verdict = facts.verdict
    body = {
        **movement(gate, move.to, move.reason),
        "overridden": move.overridden,
        "expired": move.expired,
        "harm": list(facts.harm) if move.to == "ROLLED_BACK" else [],
        "evidence_digest": verdict.evidence_digest if verdict else None,
        "change_digest": gate.opening.change_digest,
        "approvers": [answer.approver for answer in gate.answers],
    }
    # The verdict goes first: should the process die between the two, the same verdict is reached again.
    if verdict is not None and verdict.act != "wait":
        world.record("judged", ACTOR, summary(verdict), gate.id, gate.sequence + 1, decided_on)
        world.record("moved", ACTOR, body, gate.id, gate.sequence + 2, decided_on)
        return
    world.record("moved", ACTOR, body, gate.id, gate.sequence + 1, decided_on)


def movement(gate: Gate, to: State, reason: str) -> dict[str, object]:
    """A move, with what the lineups hold because of it: runs under way read it from here."""
    begun = gate.testing_since is not None or to == "TESTING"
    served = serves(gate.opening, to) if begun else {}
    return {"from": gate.state, "to": to, "reason": reason, "pipeline": gate.opening.pipeline, "serves": served}


def summary(verdict: Verdict) -> dict[str, object]:
    """What is kept of a verdict: state, digests and every sentence."""
    return {
        "state": verdict.state,
        "act": verdict.act,
        "sentence": verdict.sentence,
        "proofs": [proof.sentence for proof in verdict.proofs],
        "alarms": list(verdict.alarms),
        "missing": list(verdict.missing),
        "cheapest": verdict.cheapest,
        "plan_digest": verdict.plan_digest,
        "evidence_digest": verdict.evidence_digest,
    }


async def roll_back(world: World, gate_id: str, actor: str, reason: str) -> Gate:
    """Puts the incumbents back, now. Done twice it is done once; works whatever the blocks hold.

    Raises GateError if a later gate has changed the same roles or tries to, which then has to go back first;
    ServiceError, as of what may pass, if others make the gate's moves all the time.
    """
    for _ in range(PATIENCE):
        gate = read_gate(world, gate_id)
        try:
            if gate.state != "ROLLED_BACK":
                _refuse_out_of_turn(gate, all_gates(world))
                body = movement(gate, "ROLLED_BACK", reason)
                world.record("moved", actor, body, gate.id, gate.sequence + 1)
                gate = read_gate(world, gate_id)
            await settle(world, gate)
            return read_gate(world, gate_id)
        except AlreadyMovedError:
            continue
    raise ServiceError(f"Gate {gate_id} is being moved by others.", do="run the rollback again.")


async def extend(world: World, gate_id: str, actor: str, hours: float) -> Gate:
    """Gives a held gate more time to be proven in. GateError if it may not be extended."""
    gate, unfrozen = read_gate(world, gate_id), _unfrozen(world)
    refused = extension_refused(gate, await gather(world, gate))
    if refused:
        raise GateError(
            f"Gate {gate_id} cannot be extended: {refused}.", do="see `phasegate status` for what can be done."
        )
    if apart := await incomparable(world, gate.opening):
        raise GateError(
            f"Gate {gate_id} cannot be extended: {' '.join(apart)}",
            means="it would be taken back at the next look, and what it has proven would be lost; nothing was recorded.",
            do="correct that, then extend it again.",
        )
    _require_countable(gate, hours, world.clock())
    plan = _planned(world, gate, hours)
    reason = f"Extended by {hours:g} hours by {actor}, with {many(plan.replays, 'input')} to replay."
    body = movement(gate, "MONITORING", reason) | {"extension": plan.model_dump(mode="json"), "digest": plan.digest()}
    world.record("moved", actor, body, gate.id, gate.sequence + 1, unfrozen)
    return read_gate(world, gate_id)


def _require_countable(gate: Gate, hours: float, now: datetime) -> None:
    """Before anything is recorded: a gate with more parts than a look reads could not be watched any more."""
    most = LONGEST / timedelta(hours=1)
    if not 0 < hours <= most:
        raise InputError(f"A gate cannot be extended by {hours:g} hours.", do=f"give a number up to {most:,.0f}.")
    part = gate.opening.plan.policy.window / gate.opening.plan.policy.buckets
    parts = window_of(prolonged(gate, Extension(hours=hours, replays=0), now)).buckets
    if parts > MOST_BUCKETS:
        left = floor(100 * (hours - (parts - MOST_BUCKETS) * part / timedelta(hours=1))) / 100
        raise GateError(
            f"Gate {gate.id} cannot be extended by {hours:g} hours: its window would have {amount(parts)} parts.",
            means=f"the watch can read {MOST_BUCKETS}, those in which the gate was held included; nothing was recorded.",
            do=f"extend it by {left:g} hours or less." if left > 0 else "plan a new gate.",
        )


def _planned(world: World, gate: Gate, hours: float) -> Extension:
    """What an extension takes: the replays that settle what is open at its own alpha, and that cover what is not."""
    verdict = verdict_of(world, replace(gate, extensions=gate.extensions + 1))
    policy, seen = gate.opening.plan.policy, window_evidence(world, gate, world.clock())
    covered = [
        coverage(seen.role(role).buckets, needed=policy.buckets_needed, least=policy.calls_per_bucket)
        for role in gate.opening.candidates
    ]
    added = ceil(timedelta(hours=hours) / (policy.window / policy.buckets))
    uncovered = added * policy.calls_per_bucket if any(one.lacking for one in covered) else 0
    replays = max([uncovered, *(remedy.replays for remedy in verdict.remedies)])
    return Extension(hours=hours, replays=replays, missing=verdict.missing)


def changed_since(gate: Gate, gates: Sequence[Gate]) -> list[Gate]:
    """Later gates that have changed roles of this one, or try to, and are not taken back; `gates` oldest first."""
    position = next((n for n, other in enumerate(gates) if other.id == gate.id), len(gates))
    return [
        other
        for other in gates[position + 1 :]
        if other.testing_since
        and other.state != "ROLLED_BACK"
        and other.opening.pipeline == gate.opening.pipeline
        and set(gate.opening.candidates) & set(other.opening.candidates)
    ]


def _refuse_out_of_turn(gate: Gate, gates: Sequence[Gate]) -> None:
    later = changed_since(gate, gates) if gate.testing_since else []
    if later:
        newest = later[-1]
        raise GateError(
            f"Gate {newest.id} {'tries another change of' if newest.open else 'has changed'} the same roles since.",
            means="rolling this one back would also undo that one, without saying so.",
            do=f"roll back {newest.id} first.",
        )
