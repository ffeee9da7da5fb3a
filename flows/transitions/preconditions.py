"""What has to hold before a gate may start, one sentence for each thing that does not."""

from datetime import datetime, timedelta
from itertools import takewhile

from blocks.lineups import lineup_kind
from flows.transitions.appointing import entitled
from flows.transitions.drift import NEXT_STEP, scan
from flows.transitions.known import beside, freeze, known_lineups, last_moved, named_since
from flows.transitions.plans import phase, roles_of
from flows.transitions.reading import all_gates, unreadable
from flows.transitions.story import Opening, folded
from flows.transitions.world import Content, World
from tasks.judging.policy import Policy
from tasks.judging.wording import many, spoken_list, spoken_time


async def unmet(world: World, opening: Opening, gate_id: str = "") -> tuple[str, ...]:
    """Everything that keeps this gate from starting now; `gate_id` is the gate itself, if it is planned already."""
    refused = (f"The plan was refused: {refusal}" for refusal in opening.plan.refusals)
    return (*refused, *await not_yet(world, opening, gate_id))


async def not_yet(world: World, opening: Opening, gate_id: str = "") -> tuple[str, ...]:
    """What keeps a gate from starting now beside its own plan."""
    now = world.clock()
    return (
        *freeze(world),
        *_others(world, opening, gate_id),
        *_previous(world, opening),
        *stale(world, opening, now),
        *[f"Edited by hand: {one.sentence} {NEXT_STEP}" for one in await scan(world) if one.concerns(opening)],
        *await _approvers(world, opening),
        *await _lineup(world, opening),
        *await _probes(world, opening),
    )


def stale(world: World, opening: Opening, now: datetime) -> tuple[str, ...]:
    """What is too old to rely on, or says nothing about this gate: baseline and drill."""
    found = lacking(world, opening.pipeline, opening.production, opening.plan.policy, now)
    return tuple(f"{why}; run `{command}`." for command, why in found.items())


def lacking(world: World, pipeline: str, production: str, policy: Policy, now: datetime) -> dict[str, str]:
    """Commands that make what every gate of the pipeline relies on, with what is wrong with what there is."""
    found = {
        f"phasegate trial --baseline --pipeline {pipeline}": _baseline(
            world, pipeline, production, policy.baseline_within, now
        ),
        f"phasegate drill --pipeline {pipeline}": _drill(world, pipeline, policy.drill_within, now),
    }
    return {command: why for command, why in found.items() if why}


def _baseline(world: World, pipeline: str, production: str, within: timedelta, now: datetime) -> str:
    """It has to be of the models that serve users now: of that lineup, and of no time before it came to name them."""
    about = (entry for entry in world.newest("baseline") if entry.body["pipeline"] == pipeline)
    good = next((one for one in about if one.body["passed"] and one.body.get("lineup") == production), None)
    if good is None:
        return f"There is no baseline of the {pipeline} pipeline under {production!r}"
    moved = last_moved(world, pipeline, production, lineup_kind(pipeline).roles)
    if moved is not None and good.at < moved:
        return f"The last baseline is older than the last change of models in {production!r}"
    return _old("baseline", now - good.at, within)


def _drill(world: World, pipeline: str, within: timedelta, now: datetime) -> str:
    drill = next((entry for entry in world.newest("drilled") if entry.body["pipeline"] == pipeline), None)
    if drill is None:
        return f"There is no drill of the {pipeline} pipeline"
    if not drill.body["passed"]:
        # An older drill that passed says nothing about a way back that has failed since.
        return f"The newest drill of the {pipeline} pipeline failed: mend the way back first"
    return _old("drill", now - drill.at, within)


def _old(what: str, age: timedelta, within: timedelta) -> str:
    return f"The last {what} is {spoken_time(age)} old, more than {spoken_time(within)}" if age > within else ""


def _others(world: World, opening: Opening, gate_id: str) -> list[str]:
    """One gate at a time in a pipeline: two would judge each other's candidates. One that is not put back yet counts.

    Of two started at once the one planned first goes on, whichever of them looks first.
    """
    before = takewhile(lambda gate: gate.id != gate_id, all_gates(world))
    others = [gate for gate in before if gate.opening.pipeline == opening.pipeline]
    there = [(gate, gate.state if gate.open else "being put back") for gate in others if gate.open or not gate.settled]
    return [
        *(f"Gate {gate.id} ({gate.opening.title}) is still {state}." for gate, state in there),
        *(f"Gate {gate.id} is not over and cannot be read: {gate.why}" for gate in unreadable(world)),
    ]


def _previous(world: World, opening: Opening) -> list[str]:
    """Phases that are not stable. A baseline phase is, when its baseline is; that is checked apart."""
    before = [key for key in phase(opening.phase).after if not phase(key).is_baseline]
    missing = [key for key in before if not is_stable(world, key, opening.production)]
    return [f"{spoken_list(missing)} must be stable for a whole window first."] if missing else []


def is_stable(world: World, key: str, production: str) -> bool:
    """Whether what this phase brought still serves: by a gate that became stable, or by hand for a whole window.

    A later gate of the phase that was rolled back changes nothing about that: it put back what was there.
    """
    about = phase(key)
    serving = known_lineups(world).get((about.pipeline, production), {})
    stable = [gate.opening for gate in all_gates(world) if gate.state == "STABLE" and gate.opening.phase == key]
    if any(o.production == production and o.candidates.items() <= serving.items() for o in stable):
        return True
    if not about.target:
        return False
    since = named_since(world, about.pipeline, production, dict.fromkeys(roles_of(about), about.target))
    return since is not None and world.clock() - since >= about.policy.window


async def _approvers(world: World, opening: Opening) -> list[str]:
    starter = folded(opening.starter)
    able = [one.name for one in await entitled(world) if one.active and folded(one.name) != starter]
    needed = opening.approvers
    if len(able) >= needed:
        return []
    return [
        f"It takes {many(needed, 'approver')} other than {opening.starter}, and there are {len(able)};"
        " add one with `phasegate approver add NAME`."
    ]


async def _lineup(world: World, opening: Opening) -> list[str]:
    production = await world.blocks.lineup(opening.pipeline, opening.production)
    preview = await world.blocks.lineup(opening.pipeline, opening.preview)
    there = {opening.production: production, opening.preview: preview}
    absent = [
        f"There is no lineup {name!r}; run `phasegate bootstrap`." for name, content in there.items() if not content
    ]
    if not production or not preview:
        return absent
    moved = [change.role for change in opening.changes if production.get(change.role) != change.incumbent]
    return [
        *(
            [f"{spoken_list(moved)} no longer name the incumbent in {opening.production!r}; plan again."]
            if moved
            else []
        ),
        *_beside(opening, production, preview),
    ]


async def incomparable(world: World, opening: Opening) -> list[str]:
    """Why calls under the two lineups, as they are now, would not be of one pipeline."""
    production, preview = [
        await world.blocks.lineup(opening.pipeline, name) for name in (opening.production, opening.preview)
    ]
    return _beside(opening, production, preview) if production and preview else []


def _beside(opening: Opening, production: Content, preview: Content) -> list[str]:
    """What the two lineups have otherwise beside the change: then they are different pipelines, and so is the evidence."""
    apart = beside(opening.candidates, production, preview)
    if not apart:
        return []
    wanted = spoken_list([f"{field} to {production.get(field)!r}" for field in apart])
    return [
        f"{opening.preview!r} differs from {opening.production!r} in more than this gate changes, so the calls of the two"
        f" could not be compared: in the block {opening.preview!r} set {wanted}, then run"
        ' `phasegate drift adopt --reason "as in production"`.'
    ]


async def _probes(world: World, opening: Opening) -> list[str]:
    """Both ways have to be open: there is no promotion to a dead model and no way back to one."""
    found = []
    for what, models in (("way back", opening.incumbents), ("target", opening.candidates)):
        for model in sorted(set(models.values())):
            probe = await world.blocks.probe(model)
            if not probe.alive:
                do = f" Next: {probe.do}" if probe.do else ""
                found.append(f"The {what} is dead: the model block {model!r} does not answer ({probe.reason}).{do}")
    return found
