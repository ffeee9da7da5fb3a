"""A gate in words: what its state means, what comes next, what happened to it. One wording for pages and terminal."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flows.transitions.facts import parts_served, window_of
from flows.transitions.machine import override_refused
from flows.transitions.story import Gate, Opening, State
from flows.transitions.world import World
from tasks.judging.wording import many, spoken_list, spoken_time
from tasks.records.ledger import Entry
from tasks.reports.gate_views import EventView

MEANS: Mapping[State, str] = {
    "PLANNED": "The plan is stored; nothing has been asked yet.",
    "TESTING": "The suite asks both models on preview. Users are served as before.",
    "MONITORING": "The window runs, and the harm watch reads every call. Users are served as before.",
    "AWAITING_APPROVAL": "Everything required is proven. A person decides; nothing else promotes.",
    "HELD": "The window is over and something is unproven. Two people may decide, or it is given more time.",
    "PROMOTED": "Users are served by the new model. The harm watch goes on for a whole window.",
    "STABLE": "The new model has served a whole window without harm. The next phase may start.",
    "ROLLED_BACK": "Every lineup names the former model again.",
}


def name_of(state: State) -> str:
    """`AWAITING_APPROVAL` -> "Awaiting approval"."""
    return state.replace("_", " ").capitalize()


def means(gate: Gate) -> str:
    if not gate.settled:
        return "It is decided and recorded; until the blocks follow it is not sure which model serves users."
    if gate.weight:
        return f"{gate.weight} % of the users' runs go to the new model, and the harm watch reads every call."
    if gate.state == "ROLLED_BACK" and gate.testing_since is None:
        return "It ended before anything was changed."
    if override_refused(gate):
        return f"Something is unproven, and {override_refused(gate)}: nobody can approve it as it is."
    return MEANS[gate.state]


def trouble(gate: Gate) -> str:
    """What is not as the last move says, in a sentence; nothing if it is."""
    if gate.settled:
        return f"The way back is dead: {gate.failure}" if gate.failure else ""
    return f"The blocks do not follow yet: {gate.failure or 'they are being written, or their server is down.'}"


def next_step(world: World, gate: Gate) -> str:
    """What happens next, and what a person can do about it."""
    policy, short = gate.opening.plan.policy, gate.id[:8]
    if gate.state == "ROLLED_BACK" and not gate.settled:
        return f"The watch writes the blocks again every few minutes, and so does phasegate rollback {short}."
    match gate.state:
        case "PLANNED":
            return "Testing begins as soon as every precondition holds."
        case "TESTING":
            return "When the suite has run, the window begins."
        case "MONITORING":
            return f"The window ends on {moment(window_of(gate).end)}."
        case "AWAITING_APPROVAL":
            return (
                f"Decide on the form of the gate's run, or with phasegate approve {short} NAME. "
                f"Undecided it is rolled back on {moment(gate.since + policy.approval_within)}."
            )
        case "HELD":
            ways = (
                *([] if override_refused(gate) else ["approved with a reason (two people)"]),
                *([f"given more time (phasegate extend {short} HOURS)"] if gate.window_start else []),
                "rejected",
            )
            return (
                f"It can be {' or '.join(ways)}. "
                f"Undecided it is rolled back on {moment(gate.since + policy.held_within)}."
            )
        case "PROMOTED":
            part, served = policy.window / policy.buckets, parts_served(world, gate, world.clock())
            return (
                f"Without harm it is stable on {moment(gate.since + policy.window)} at the earliest, once users have called "
                f"every changed role in {many(policy.buckets_needed, 'part')} of {spoken_time(part)}; so far in {served}."
            )
        case "STABLE":
            return "The next phase may start."
    return f"Correct the cause, then plan the phase again: phasegate plan {gate.opening.phase}."


def serving(gate: Gate) -> str:
    """Who serves users because of this gate."""
    o = gate.opening
    models = o.candidates if gate.state in ("PROMOTED", "STABLE") else o.incumbents
    named = spoken_list(sorted(set(models.values())))
    if gate.weight:
        return f"{named}; {gate.weight} % of runs: {spoken_list(sorted(set(o.candidates.values())))}"
    return named


def notices(o: Opening) -> tuple[str, ...]:
    """What everybody who decides about this gate has to know of how it was started, for ever."""
    stranger = (
        f"Started by {o.starter}, a name no approver had then: nobody can know that it was not one of those who approve. "
        "Who started it does not approve it, under whatever name."
    )
    return (*changed_values(o), *([stranger] if o.stranger else []))


def changed_values(o: Opening) -> tuple[str, ...]:
    """Which of its phase's values this gate does not keep to."""
    loosened = [one.sentence for one in o.departures if one.effect == "looser"]
    others = [one.sentence for one in o.departures if one.effect != "looser"]
    return (
        *(
            [f"Less is asked than its phase demands, so it takes two people: {'; '.join(loosened)}."]
            if loosened
            else []
        ),
        *([f"Changed for this gate: {'; '.join(others)}."] if others else []),
    )


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def events(entries: Iterable[Entry]) -> tuple[EventView, ...]:
    """What happened, in order; bookkeeping that tells people nothing is left out."""
    return tuple(
        EventView(entry.at, *told, entry.actor) for entry in entries if (told := _told(entry.kind, entry.body))
    )


def _told(kind: str, body: Mapping[str, Any]) -> tuple[str, str] | None:
    match kind:
        case "planned":
            return "Planned", f"by {body['opening']['starter']}, plan {body['plan_digest'][:12]}"
        case "moved":
            unproven = " Approved although unproven." if body.get("overridden") else ""
            return name_of(body["to"]), f"{body['reason']}{unproven}"
        case "tested":
            return "Suite run", f"{body['outcome']}: {body['detail']}"
        case "weighted":
            return "Canary", f"{body['percent']} % of runs. {body['reason']}"
        case "settled" if body.get("way_back"):
            return "Way back dead", body["way_back"]
        case "settled" if body.get("serves"):
            lineups = many(len(body["serves"]), "lineup")
            return "Blocks written", f"{lineups} read back and probed in {body.get('seconds', 0):.2f} s"
        case "unsettled":
            return "Blocks do not follow", body["reason"]
        case "asked":
            return "People asked", f"about evidence {(body['evidence_digest'] or 'none')[:12]}"
        case "answered":
            verb = "Approved" if body["decision"] == "approve" else "Rejected"
            return f"{verb} by {body['approver']}", body["reason"]
        case "refused":
            return "Not accepted", f"{body['approver']}: {body['reason']}"
        case "reminded":
            return "Reminded", "Nobody has decided yet."
        case _:
            return None
