"""The gate: one phase from preview to production, as people see it in the Prefect UI.

The state lives in the ledger, so this flow may be killed and started again anywhere: it reads the gate, does what its
state asks for, and reads again. While it waits it is suspended; no process exists. It has no retries: a flow that
suspends must not have any.
"""

from typing import Any

from prefect import flow
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from flows.transitions.answering import Given, answer, unanswered
from flows.transitions.answering import ask as question_for
from flows.transitions.choices import Money, PhaseKey, Repeats
from flows.transitions.form import Approval, Signal, page
from flows.transitions.moving import advance, open_gate
from flows.transitions.planning import plan_phase
from flows.transitions.reading import read_gate
from flows.transitions.showing import show_gate
from flows.transitions.story import Gate
from flows.transitions.trial import test_gate
from flows.transitions.waiting import answered, ask
from flows.transitions.world import World, real_world
from tasks.records.ledger import AlreadyMovedError


@flow(name="gate", flow_run_name="gate-{phase}")
async def gate(
    phase: PhaseKey,
    by: str,
    target: str = "",
    canary: bool = False,
    repeats: Repeats = 1,
    budget: Money | None = None,
    policy: dict[str, Any] | None = None,
    production: str = "production",
    preview: str = "preview",
) -> str:
    """Takes one phase of the transition plan from preview to production: test, monitor, ask people, promote or roll back.

    Args:
        phase: Key of the phase, for example generator-1.
        by: Your name, as your Approver block is called if you have one. Whoever starts a gate does not approve it.
        target: Name of another model block than the plan's; needed where the documents name none.
        canary: Send a growing share of production's runs to the candidate while it is monitored.
        repeats: How often the suite asks each brief while testing.
        budget: USD that tests and replay may cost; a plan that costs more is refused. Empty: no limit.
        policy: Values of the phase's policy to change, for example {"window": "PT1H"}. They are said
            wherever the gate is shown; where less has to be proven than the phase demands, it takes two people.
        production: Name of the lineup that serves users.
        preview: Name of the lineup the candidate is tested under; one that serves no user.

    Returns:
        The state the gate came to: PROMOTED or ROLLED_BACK.
    """
    world, gate_id = real_world(), str(flow_run.id)
    if not world.read(gate_id=gate_id):
        opening = await plan_phase(
            world,
            phase,
            by,
            target=target,
            overrides=policy,
            canary=canary,
            repeats=repeats,
            budget=budget,
            production=production,
            preview=preview,
        )
        open_gate(world, gate_id, opening, opening.starter)
    while True:
        now = await advance(world, gate_id)
        await show_gate(world, now.id)
        if now.state in ("PROMOTED", "STABLE", "ROLLED_BACK"):
            get_run_logger().info("%s: %s", now.state, now.reason)
            return now.state
        await _go_on(world, now)


async def _go_on(world: World, now: Gate) -> None:
    """Does what the state asks for, and comes back when there may be something new."""
    match now.state:
        case "TESTING" if now.settled and now.tested is None:
            await test_gate(world, now)
        case "AWAITING_APPROVAL" | "HELD":
            await _ask_people(world, now.id)
        case _:
            await _wait(world, now)


async def _wait(world: World, now: Gate) -> None:
    """Until the watch, or a person with the Resume button, wakes the run. What woke it is noted, so that it can wait again."""
    signal = await ask(Signal, f"wait-{now.sequence}", page(world, now))
    there = read_gate(world, now.id)
    if there.sequence == now.sequence:
        try:
            world.record("noted", "phasegate", {"woken": signal.note}, now.id, now.sequence + 1)
        except AlreadyMovedError:
            return


async def _ask_people(world: World, gate_id: str) -> None:
    """Deals with every form that was sent, also one that a newer question has replaced; then waits for the next."""
    for key in unanswered(world, gate_id):
        typed = await answered(Approval, key)
        if typed is not None:
            return await _take(world, gate_id, typed, key)
    question = question_for(world, gate_id)
    if question is None:
        return None
    typed = await ask(Approval, question.key, page(world, read_gate(world, gate_id)))
    return await _take(world, gate_id, typed, question.key)


async def _take(world: World, gate_id: str, typed: Approval, key: str) -> None:
    decision: Any = typed.decision
    given = Given(decision, typed.approver, typed.reason, typed.code, typed.confirmed)
    refusal = await answer(world, gate_id, given, key)
    if refusal:
        get_run_logger().warning("Not accepted: %s", refusal)
