"""`phasegate plan`, `start`, `extend`, `rollback` and the others: gates from a terminal, as in the Prefect UI.

Every act goes through the same code as the form and the flows, and is in the ledger before the command ends.
"""

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from deployments.settings import apply_settings
from deployments.terminal import say

if TYPE_CHECKING:
    from flows.transitions.drill import Drilled
    from flows.transitions.incidents import TakenBack
    from flows.transitions.story import Gate, Opening
    from flows.transitions.world import World

T = TypeVar("T")
GateId = Annotated[str, typer.Argument(help="Id of the gate, or its beginning; see `phasegate status`.")]
Reason = Annotated[str, typer.Option(help="Why; kept for ever.")]
Actor = Annotated[str, typer.Option("--by", help="Your name, as your Approver block is called; else your login name.")]
Phase = Annotated[str, typer.Argument(help="Key of the phase, for example generator-1.")]
Target = Annotated[str, typer.Option(help="Another model block than the plan's.")]
Policy = Annotated[
    str, typer.Option(help='JSON of policy values to change, for example {"window": "PT1H"}; the README has the keys.')
]
Production = Annotated[str, typer.Option(help="The lineup that serves users.")]
Preview = Annotated[str, typer.Option(help="The lineup that names the new models while they are tested.")]
Canary = Annotated[bool, typer.Option("--canary", help="Send a growing share of production to it.")]
Repeats = Annotated[int, typer.Option(min=1, max=100, help="How often the suite asks each input.")]
Budget = Annotated[float | None, typer.Option(min=0, help="USD that tests and replay may cost; no limit unless given.")]


def register(app: typer.Typer) -> None:
    for command in (plan, start, extend, rollback, watch, drill):
        app.command()(command)
    app.command("emergency-rollback")(emergency_rollback)
    app.command("close-incident")(close_incident)


def acting(act: "Callable[[World], Awaitable[T]]") -> T:
    """Runs `act` on the real ledger and a Prefect API."""
    apply_settings(quiet=True)
    from deployments.prefect_server import prefect_api
    from flows.transitions.world import real_world

    async def whole() -> T:
        from blocks.registering import register_blocks

        await register_blocks()
        return await act(real_world())

    with prefect_api():
        return asyncio.run(whole())


def find(world: "World", beginning: str) -> "Gate":
    """The gate whose id begins so. Raises GateError if there is none, or more than one."""
    from blocks.errors import GateError
    from flows.transitions.reading import all_gates, unreadable

    gates, unread = all_gates(world), unreadable(world)
    if not gates and not unread:
        raise GateError("There is no gate yet.", do="see `phasegate status` for what comes first.")
    found = [gate for gate in gates if gate.id.startswith(beginning)]
    for lost in unread:
        if lost.id.startswith(beginning) and not found:
            raise GateError(lost.sentence, means="it is another release's.", do=lost.way_back)
    if len(found) != 1:
        raise GateError(
            f"{len(found) or 'No'} gate ids begin with {beginning!r}.", do="see `phasegate status --all` for the ids."
        )
    return found[0]


def me() -> str:
    return getpass.getuser()


def plan(
    phase: Phase, target: Target = "", policy: Policy = "{}", by: Actor = "", canary: Canary = False,
    repeats: Repeats = 1, budget: Budget = None, production: Production = "production", preview: Preview = "preview",
) -> None:  # fmt: skip
    """Show what a gate for a phase would take, and whether it could pass, before anything runs.

    Exit status 1 if it could not.
    """
    typed: dict[str, Any] = {
        "phase": phase, "by": by or me(), "target": target, "policy": _values(policy), "canary": canary,
        "repeats": repeats, "budget": budget, "production": production, "preview": preview,
    }  # fmt: skip

    async def act(world: "World") -> "tuple[Opening, tuple[str, ...]]":
        from flows.transitions.preconditions import not_yet

        opening = await _planned(world, **typed)
        return opening, await not_yet(world, opening)

    show_plan(*acting(act))


def show_plan(opening: "Opening", missing: Sequence[str]) -> None:
    """The plan, what else keeps its gate from starting, and exit status 1 if it is refused."""
    from deployments.tables import show_markdown
    from flows.transitions.planning import shown

    show_markdown(shown(opening))
    for sentence in missing:
        say(f"not yet: {sentence}")
    if opening.plan.refusals:
        raise typer.Exit(1)


def start(
    phase: Phase, by: Actor = "", target: Target = "", policy: Policy = "{}", canary: Canary = False,
    repeats: Repeats = 1, budget: Budget = None, production: Production = "production", preview: Preview = "preview",
) -> None:  # fmt: skip
    """Start the gate of a phase: a run of the deployment `gate`, which a worker takes up."""
    typed: dict[str, Any] = {
        "phase": phase, "by": by or me(), "target": target, "policy": _values(policy), "canary": canary,
        "repeats": repeats, "budget": budget, "production": production, "preview": preview,
    }  # fmt: skip

    async def act(world: "World") -> str:
        from prefect.deployments.flow_runs import arun_deployment

        from flows.transitions.known import freeze
        from flows.transitions.telling import notices

        opening = await _planned(world, **typed)
        opening.plan.require_possible(freeze(world))
        for notice in notices(opening):
            say(notice)
        return str((await arun_deployment("gate/gate", parameters=typed, timeout=0, as_subflow=False)).id)

    say(f"Gate {acting(act)} was started; `phasegate status` shows how it stands.")


async def _planned(world: "World", phase: str, by: str, policy: dict[str, Any], **typed: Any) -> "Opening":
    """What the flow `gate` would begin with, given these parameters."""
    from flows.transitions.planning import plan_phase

    return await plan_phase(world, phase, by, overrides=policy, **typed)


def extend(gate: GateId, hours: Annotated[float, typer.Argument(min=0.01)], by: Actor = "") -> None:
    """Give a held gate more time; possible twice."""

    async def act(world: "World") -> "Gate":
        from flows.transitions.moving import extend as give
        from flows.transitions.waiting import wake

        extended = await give(world, find(world, gate).id, by or me(), hours)
        await wake(extended, f"extended by {by or me()}")
        return extended

    say_state(acting(act))


def rollback(gate: Annotated[str, typer.Argument(help="The gate to take back.")] = "latest", reason: Reason = "by hand",
             by: Actor = "") -> None:  # fmt: skip
    """Put the incumbents back, now; effective for the next call of every run. Safe to repeat."""

    async def act(world: "World") -> "tuple[Gate, str] | None":
        from flows.transitions.incidents import left_standing, newest_begun
        from flows.transitions.moving import roll_back
        from flows.transitions.waiting import wake

        chosen = newest_begun(world) if gate == "latest" else find(world, gate)
        if chosen is None:
            return None
        back = await roll_back(world, chosen.id, by or me(), reason)
        await wake(back, f"rolled back by {by or me()}")
        return back, left_standing(world, back) if gate == "latest" else ""

    taken = acting(act)
    from flows.transitions.incidents import NOTHING, require_back

    if taken is None:
        return say(NOTHING)
    back, standing = taken
    say_state(back)
    if standing:
        say(standing)
    return require_back(back)


def emergency_rollback(
    reason: Annotated[str, typer.Argument(help="What is wrong, in a few words.")],
    gate: Annotated[str, typer.Option(help="One gate; all under way and the newest promoted one if left out.")] = "",
    by: Actor = "",
) -> None:
    """Open an incident, which freezes all gates, and take the changes back."""

    async def act(world: "World") -> "TakenBack":
        from flows.transitions.incidents import emergency

        return await emergency(world, by or me(), reason, find(world, gate).id if gate else None)

    taken = acting(act)
    from flows.transitions.incidents import NOTHING_UNDER_WAY

    say(taken.incident)
    for back in taken.gates:
        say_state(back)
    if not taken.wanted:
        say(NOTHING_UNDER_WAY)
    say("All gates are frozen until `phasegate close-incident`.")
    taken.require_all()


def close_incident(
    findings: Annotated[str, typer.Argument(help="What was found and changed.")], by: Actor = ""
) -> None:
    """Close the incident; gates may go on."""

    async def act(world: "World") -> None:
        from flows.transitions.incidents import close

        close(world, by or me(), findings)

    acting(act)
    say("The incident is closed.")


def watch() -> None:
    """Look once at every gate, as the scheduled watch does every few minutes."""
    apply_settings(quiet=True)
    from deployments.prefect_server import prefect_api
    from flows.transitions.watch import watch as look

    with prefect_api():
        for sentence in asyncio.run(look()) or ["No gate is open and no block was edited by hand."]:
            say(sentence)


def drill(
    pipeline: Annotated[str, typer.Option(help="generator or transcripts.")] = "generator", by: Actor = ""
) -> None:
    """Let a dead, a slow and a sloppy candidate loose on shadow data; show calls and seconds to the way back."""
    apply_settings(quiet=True)
    from blocks.lineups import lineup_kind

    async def act(world: "World") -> "list[Drilled]":
        from flows.transitions.drill import drill as rehearse
        from flows.transitions.drill import newest_drill

        await rehearse(pipeline, by or me())
        return newest_drill(world, pipeline)

    lineup_kind(pipeline)  # a mistyped one is an error of the command, not a failed flow run
    found = acting(act)
    for one in found:
        how = f"{one.calls} calls, {one.seconds:.1f} s" if one.calls else "not let loose"
        say(f"{one.candidate:8} {'passed' if one.passed else 'FAILED'}: {how}. {one.detail}")
    passed = all(one.passed for one in found)
    say("The drill passed." if passed else "The drill FAILED: no gate starts until one has passed.")
    if not passed:
        raise typer.Exit(1)


def _values(text: str) -> dict[str, Any]:
    from blocks.errors import InputError

    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise InputError(f"--policy {text!r} is no JSON object.", do='write {"window": "PT1H"}, for example.')
    return values


def say_state(gate: "Gate") -> None:
    say(f"{gate.opening.phase} ({gate.id}) is {gate.state}: {gate.failure or gate.reason}")
