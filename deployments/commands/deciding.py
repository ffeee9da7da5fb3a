"""`phasegate approve` and `reject`: a person decides in a terminal, on exactly what was shown there.

The form of the Prefect UI shows a gate before it asks for a code; so do these. What is shown and what is decided about
are one question: should the evidence move in between, the decision is refused.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.commands.gates import GateId, Reason, acting, find, say_state
from deployments.prompting import prompt

if TYPE_CHECKING:
    from flows.transitions.answering import Given
    from flows.transitions.story import Gate
    from flows.transitions.world import World

SHORTEST = 8
"""Signs of a hash that name one piece of evidence."""
Name = Annotated[str, typer.Argument(help="Your name, as your Approver block is called.")]
Code = Annotated[
    str, typer.Option(help="Six digits from your authenticator; asked for after the gate is shown if left out.")
]
Evidence = Annotated[
    str,
    typer.Option(help=f"Hash of the evidence you have read, or {SHORTEST} signs of its beginning: decide on no other."),
]


def register(app: typer.Typer) -> None:
    for command in (approve, reject):
        app.command()(command)


def approve(
    gate: GateId, name: Name, code: Code = "", reason: Reason = "",
    confirmed: Annotated[str, typer.Option(help="Numbers of the checklist items you checked, or all.")] = "",
    evidence: Evidence = "",
) -> None:  # fmt: skip
    """Show what a gate asks, and approve it; promoted at once when it has all the approvals it needs."""
    from flows.transitions.answering import Given

    _decide(gate, Given("approve", name, reason, code, confirmed), evidence)


def reject(gate: GateId, name: Name, reason: Reason, code: Code = "", evidence: Evidence = "") -> None:
    """Show what a gate asks, and reject it; rolled back at once."""
    from flows.transitions.answering import Given

    _decide(gate, Given("reject", name, reason, code), evidence)


def _decide(beginning: str, given: "Given", evidence: str) -> None:
    async def act(world: "World") -> "Gate":
        from flows.transitions.waiting import wake

        gate = await decide(
            world, find(world, beginning).id, given, evidence, lambda: prompt("One-time code", "--code")
        )
        await wake(gate, f"decided in a terminal by {given.approver}")
        return gate

    say_state(acting(act))


async def decide(world: "World", gate_id: str, given: "Given", evidence: str, code: "Callable[[], str]") -> "Gate":
    """Shows verdict, proofs and checklist, gets the code if there is none, records the decision; the gate then.

    Raises GateError if the gate asks nobody, has other evidence than `evidence`, or the decision is not accepted.
    """
    from dataclasses import replace

    from blocks.errors import GateError
    from deployments.tables import show_markdown
    from flows.transitions.answering import answer, ask
    from flows.transitions.form import page
    from flows.transitions.moving import advance
    from flows.transitions.reading import read_gate

    gate = await advance(world, gate_id)
    question = ask(world, gate_id)
    if question is None:
        raise GateError(f"Gate {gate_id} is {gate.state} and asks nobody.", do="see `phasegate status`.")
    _require(evidence, question.evidence_digest)
    show_markdown(page(world, read_gate(world, gate_id)))
    typed = given if given.code else replace(given, code=code())
    if refusal := await answer(world, gate_id, typed, question.key):
        raise GateError(
            refusal,
            means="your decision was not accepted; that it was tried is recorded.",
            do="correct what is said there and decide again; the gate still asks.",
        )
    gate = await advance(world, gate_id)
    ask(world, gate_id)
    return gate


def _require(evidence: str, present: str) -> None:
    from blocks.errors import GateError, InputError

    if evidence and len(evidence) < SHORTEST:
        raise InputError(f"{evidence!r} is too short for a hash.", do=f"give {SHORTEST} signs of it, or more.")
    if not present.startswith(evidence.casefold()):
        raise GateError(
            f"The gate's evidence is {present[:12]} now, not {evidence}.",
            means="calls were made or recorded since you read it; nothing was decided.",
            do="read the gate again: `phasegate status GATE`.",
        )
