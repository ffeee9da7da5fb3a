"""Brings the lineup blocks to what a gate's last move says. The only module that writes a lineup.

Ledger first, then the block, then read-back, then a probe; for a canary's share the probe comes before the block. Killed
anywhere, done again, it comes to the same end; a block edited by hand in between is overwritten where the gate's roles
are concerned, and mended where it no longer fits its form.
"""

from collections.abc import Iterable
from time import perf_counter

import httpx
from pydantic import ValidationError

from blocks.errors import PhasegateError
from blocks.lineups import lineup_kind
from flows.transitions.known import differences, digest, known_lineups, movers, seen_lineups
from flows.transitions.story import Gate, tell
from flows.transitions.world import OUTAGES, Content, Probe, World
from tasks.judging.wording import spoken_list
from tasks.records.ledger import AlreadyMovedError

ACTOR = "phasegate"
SLUG = "block_type_slug"
"""A field Prefect adds to every block."""


async def settle(world: World, gate: Gate) -> None:
    """Writes what is not yet as it should be and records how it went; nothing if the gate is at rest.

    A gate that was taken back is settled when its lineups are: a dead incumbent is no reason to write it again and again
    over what somebody puts in its place. It is said, and asked again, until it answers or serves no more.

    An outage of the blocks' server may pass. A gate taken back says it; one that goes forward stays unsettled without
    another entry, because a failure on record takes it back at once.
    """
    if gate.settled and not gate.failure:
        return
    started, dead = perf_counter(), ""
    problem = await _probe(world, gate) if gate.weight else ""  # first: users are sent to nothing that does not answer
    try:
        for lineup in () if gate.settled or problem else gate.serves:
            await _write(world, gate, lineup)
        dead = await _probe(world, gate) if not problem and not gate.weight else ""
    except AlreadyMovedError:
        raise
    except PhasegateError as error:
        problem = error.happened
    except OUTAGES as error:
        if gate.state != "ROLLED_BACK":
            return
        problem = _outage(error)
    problem = problem or ("" if gate.state == "ROLLED_BACK" else dead)
    body = {"pipeline": gate.opening.pipeline, "serves": gate.serves, "seconds": round(perf_counter() - started, 3)}
    if problem and problem != gate.failure:
        _record(world, gate, "unsettled", {"reason": problem})
    elif not problem and (not gate.settled or dead != gate.failure):
        _record(world, gate, "settled", {**body, "way_back": dead})


def _outage(error: Exception) -> str:
    """Without the error's own words: they name the server's address, which may hold a password."""
    status = f" {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else ""
    return f"The Prefect server did not do its part ({type(error).__name__}{status})."


def _record(world: World, gate: Gate, kind: str, body: Content) -> None:
    """Takes the next place, unless the gate has made another move since it was read."""
    now = tell(world.read(gate_id=gate.id))
    if (now.state, now.since, now.weight) != (gate.state, gate.since, gate.weight):
        raise AlreadyMovedError(f"Gate {gate.id} has moved on while its blocks were written.")
    world.record(kind, ACTOR, body, gate.id, now.sequence + 1)


async def _write(world: World, gate: Gate, lineup: str) -> None:
    """Writes one lineup if it has to be. A write that was recorded and not made is made without another entry.

    The ledger gets what it knew with the gate's changes, the block what it holds with them: what somebody edited besides
    stays, and stays an edit. The block is read again after the entry: whoever writes from an older one does so before
    that, or sees the entry.
    """
    pipeline = gate.opening.pipeline
    known = known_lineups(world).get((pipeline, lineup))
    found = await world.blocks.lineup(pipeline, lineup)
    changes = _changes(world, gate, lineup, known or {})
    recorded, content = wanted(pipeline, changes, known, found), wanted(pipeline, changes, found, known)
    if digest(recorded) != digest(known):
        body = {"pipeline": pipeline, "lineup": lineup, "content": recorded}
        _record(world, gate, "writing", {**body, "before": digest(found), "after": digest(content)})
        found = await world.blocks.lineup(pipeline, lineup)
        content = wanted(pipeline, changes, found, recorded)
    if digest(content) != digest(found):
        try:
            await world.blocks.write_lineup(pipeline, lineup, content)
        finally:  # one that failed may have been made
            await give_way(world, pipeline, lineup, recorded)
        there = await world.blocks.lineup(pipeline, lineup)
        if digest(there) != digest(content):
            fields = spoken_list([*differences(content, there)])
            raise PhasegateError(
                f"The lineup {lineup!r} was written and reads back differently in {fields}.",
                means="somebody or something else writes the same block.",
                do="leave the block alone; the watch writes it again.",
            )
    if digest(content) != digest(seen_lineups(world).get((pipeline, lineup))):
        _record(world, gate, "written", {"pipeline": pipeline, "lineup": lineup, "content": content})


async def give_way(world: World, pipeline: str, lineup: str, recorded: Content) -> None:
    """Writes again what the ledger came to say since `recorded`, while that was on its way: a slow process may come last.

    Raises AlreadyMovedError if there was such a thing.
    """
    overtaken = False
    while digest(latest := known_lineups(world)[pipeline, lineup]) != digest(recorded):
        since = {field: value for field, value in latest.items() if value != recorded.get(field)}
        there = await world.blocks.lineup(pipeline, lineup) or {}
        await world.blocks.write_lineup(pipeline, lineup, {**there, **since})
        recorded, overtaken = latest, True
    if overtaken:
        raise AlreadyMovedError(f"The lineup {lineup!r} was moved on while it was written.")


def _changes(world: World, gate: Gate, lineup: str, known: Content) -> Content:
    """What the gate's last move puts into the lineup: its canary, and the roles that no other gate has moved since.

    A rollback that could not be written for a while must not come after that of an older gate, which it would undo.
    """
    moved_by = movers(world, gate.opening.pipeline)
    roles = {role: model for role, model in gate.serves[lineup].items() if moved_by[lineup, role] == gate.id}
    of_another = known.get("canary_gate", "") not in ("", gate.id)
    return roles if of_another else {**roles, **_canary(gate, lineup)}


def wanted(pipeline: str, changes: Content, *bases: Content | None) -> Content:
    """The first of `bases` that is valid with the changes in it; the changes alone if none is."""
    for base in (*bases, {}):
        sound = mended(pipeline, {**base, **changes}) if base is not None else None
        if sound is not None:
            return sound
    names = spoken_list(sorted({str(value) for value in changes.values() if value}))
    raise PhasegateError(
        f"A lineup of the {pipeline} pipeline cannot name {names}.",
        means="the form of the lineup does not take these values, so nothing was written.",
        do="correct the names of the model blocks; the watch tries again.",
    )


def mended(pipeline: str, content: Content) -> Content | None:
    """`content` as a lineup of this pipeline may hold it, missing fields filled; None if a field in it is not valid."""
    kind = lineup_kind(pipeline)
    try:
        lineup = kind.model_validate({key: content[key] for key in kind.model_fields if key in content})
    except ValidationError:
        return None
    return lineup.model_dump(mode="json", include=set(kind.model_fields) - {SLUG})


def _canary(gate: Gate, lineup: str) -> Content:
    if lineup != gate.opening.production or not gate.weight:
        return {"canary_percent": 0, "canary_roles": "", "canary_gate": ""}
    roles = " ".join(f"{change.role}={change.candidate}" for change in gate.opening.changes)
    return {"canary_percent": gate.weight, "canary_roles": roles, "canary_gate": gate.id}


async def _probe(world: World, gate: Gate) -> str:
    """Asks every model that serves users because of this move; why one does not answer, or nothing."""
    o = gate.opening
    known = known_lineups(world).get((o.pipeline, o.production), {})
    serving = {model for role, model in gate.serves.get(o.production, {}).items() if known.get(role) == model}
    return await first_dead(
        world, {*serving, *(o.candidates.values() if gate.state == "TESTING" or gate.weight else ())}
    )


async def first_dead(world: World, models: Iterable[str]) -> str:
    """Which of these model blocks does not answer and why, in a sentence; nothing if all do."""
    for model in sorted(set(models)):
        try:
            probe = await world.blocks.probe(model)
        except PhasegateError as error:
            probe = Probe(alive=False, seconds=0.0, reason=error.happened)
        if not probe.alive:
            return f"The model block {model!r} does not answer: {probe.reason}"
    return ""
