"""A person's decision: who, what, why, and the one-time code that proves it. What is not accepted is recorded and asked again.

Codes are those of RFC 6238. A code is taken once; five wrong ones lock the approver until the secret is renewed. The code is
looked at when the gate's run has come up again, so codes of the last minutes still count.
"""

from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Literal

import pyotp

from flows.transitions.appointing import APPOINTMENTS, removed
from flows.transitions.facts import verdict_of
from flows.transitions.machine import is_asked, override_refused, valid_approvals
from flows.transitions.reading import read_gate
from flows.transitions.story import Answer, Gate, Question, folded
from flows.transitions.world import ApproverFacts, World
from tasks.records.ledger import AlreadyMovedError, Entry, Read

STEP = 30
"""Seconds a code is shown for."""
STEPS_BACK = 6
"""A worker may take minutes to take up a run on a busy machine; a code of the last three minutes is taken, once."""
STEPS_AHEAD = 1
OF_PEOPLE = ("answered", "refused", *APPOINTMENTS)
"""Entries that tell who is an approver, which codes are spent and who is locked."""
WRONG_CODES = 5
"""So many in a row lock the approver."""


@dataclass(frozen=True)
class Given:
    """What was typed on the form or in the terminal."""

    decision: Literal["approve", "reject"]
    approver: str
    reason: str
    code: str
    confirmed: str = ""
    """Numbers of the checklist items confirmed, "1, 2", or "all"."""


def ask(world: World, gate_id: str) -> Question | None:
    """The question the gate puts to people now, recorded before it is shown; None if it does not wait for people.

    Evidence that has moved on makes it another question, under another key.
    """
    while is_asked(gate := read_gate(world, gate_id)):
        evidence = verdict_of(world, gate).evidence_digest
        if gate.question is not None and gate.question.evidence_digest == evidence:
            return gate.question
        place = gate.sequence + 1
        body = {
            "key": f"approval-{place}",
            "evidence_digest": evidence,
            "change_digest": gate.opening.change_digest,
        }
        try:
            world.record("asked", "phasegate", body, gate.id, place)
        except AlreadyMovedError:
            continue
        return read_gate(world, gate_id).question
    return None


def unanswered(world: World, gate_id: str) -> list[str]:
    """Keys of all questions that were shown and not dealt with; a form may be sent after its question was replaced."""
    story = world.read("asked", "answered", "refused", gate_id=gate_id)
    dealt_with = {entry.body["key"] for entry in story if entry.kind != "asked"}
    return [entry.body["key"] for entry in story if entry.kind == "asked" and entry.body["key"] not in dealt_with]


async def answer(world: World, gate_id: str, given: Given, key: str | None = None) -> str:
    """Records the decision, or why it is not accepted; the reason, empty if it is.

    `key` names the question that was on the form; without it the present one is meant.
    """
    while True:
        gate = read_gate(world, gate_id)
        if not is_asked(gate):
            return f"Gate {gate_id} is {gate.state} and asks nobody."
        # Codes and locks are of people, not of gates: a decision on another gate meanwhile has this one looked at again.
        story = world.read(*OF_PEOPLE)
        seen = Read(OF_PEOPLE, story[-1].sequence if story else 0)
        refusal, step = await _examine(world, gate, given, key, story)
        try:
            if refusal:
                shown = key or (gate.question.key if gate.question else "")
                body = {
                    "approver": _name(given),
                    "reason": refusal,
                    "wrong": refusal == WRONG,
                    "key": shown,
                    "step": step,
                }
                world.record("refused", _name(given), body, gate.id, gate.sequence + 1, seen)
            else:
                _accept(world, gate, given, step, seen)
            return refusal
        except AlreadyMovedError:
            continue


WRONG = "The one-time code is wrong."
USED = "This one-time code was used before; wait for the next one."


def _name(given: Given) -> str:
    """As it is recorded: no sign that a database refuses or that hides another name, such as NUL or a change of direction."""
    return "".join(sign for sign in given.approver.strip()[:100] if sign.isprintable()) or "nobody"


def _accept(world: World, gate: Gate, given: Given, step: int, seen: Read) -> None:
    assert gate.question is not None
    accepted = Answer(
        given.decision, _name(given), given.reason.strip(), gate.question.evidence_digest, gate.opening.change_digest
    )
    confirmed = list(gate.opening.human) if given.decision == "approve" else []
    body = {**vars(accepted), "step": step, "confirmed": confirmed, "key": gate.question.key}
    world.record("answered", accepted.approver, body, gate.id, gate.sequence + 1, seen)


async def _examine(world: World, gate: Gate, given: Given, key: str | None, story: list[Entry]) -> tuple[str, int]:
    """Why the decision is not accepted, or nothing; and the time step of a right code, which is taken either way."""
    approver = next((one for one in await world.blocks.approvers() if one.name == given.approver.strip()), None)
    if approver is None or not approver.active or approver.name in removed(story):
        return "Nobody of this name may approve.", 0
    if locked(story, approver.name):
        return (
            f"{approver.name} is locked after {WRONG_CODES} wrong codes; renew with `phasegate approver add --renew`.",
            0,
        )
    step = _step(approver, given.code, world.clock())
    if step is None:
        return WRONG, 0
    if step in _used(story, approver.name):
        return USED, 0
    return _objection(world, gate, given, key), step


def _objection(world: World, gate: Gate, given: Given, key: str | None) -> str:
    """What stands against the decision itself, now that it is clear who makes it."""
    question = gate.question
    if question is None or (key is not None and key != question.key):
        return "Something happened since the form was shown; read it again."
    if verdict_of(world, gate).evidence_digest != question.evidence_digest:
        return "The evidence has moved on since the form was shown; read it again."
    if given.decision == "reject":
        return "" if given.reason.strip() else "A rejection needs a reason."
    if folded(given.approver) == folded(gate.opening.starter):
        return "Whoever started the gate does not approve it."
    if override_refused(gate):
        return f"This held gate cannot be approved: {override_refused(gate)}."
    if gate.state == "HELD" and not given.reason.strip():
        return "Approving what is not proven needs a reason."
    # Only an approval of this very evidence counts, so one of what it was before keeps nobody from approving again.
    if folded(given.approver) in map(folded, valid_approvals(gate, question.evidence_digest)):
        return f"{given.approver.strip()} has approved already; another person is needed."
    missing = unconfirmed(gate.opening.human, given.confirmed)
    return f"Not confirmed: {'; '.join(missing)}" if missing else ""


def unconfirmed(items: tuple[str, ...], confirmed: str) -> list[str]:
    """Checklist items whose number was not given."""
    if confirmed.strip().casefold() == "all":
        return []
    numbers = set(confirmed.replace(",", " ").split())
    return [item for number, item in enumerate(items, start=1) if str(number) not in numbers]


def _step(approver: ApproverFacts, code: str, now: datetime) -> int | None:
    """The time step this code belongs to; compared in constant time, every step of the window."""
    typed, current = code.strip().replace(" ", ""), int(now.timestamp()) // STEP
    try:
        codes = pyotp.TOTP(approver.totp)
        steps = {step: codes.generate_otp(step) for step in range(current - STEPS_BACK, current + STEPS_AHEAD + 1)}
    except ValueError:  # the secret was edited by hand into something that is none
        return None
    matching = [
        step for step, expected in steps.items() if compare_digest(expected.encode(), typed.encode(errors="replace"))
    ]
    return matching[-1] if matching else None


def _used(story: list[Entry], name: str) -> set[int]:
    """Time steps whose codes this approver has spent. A code is good for one try, accepted or not (RFC 6238, 5.2)."""
    return {entry.body["step"] for entry in story if entry.body["approver"] == name and entry.body.get("step")}


def locked(story: list[Entry], name: str) -> bool:
    """Whether this approver's codes were wrong too often since the last right one or the last new secret."""
    wrong = 0
    for entry in story:
        if entry.body["approver"] == name:
            wrong = (
                wrong + 1
                if entry.kind == "refused" and entry.body["wrong"]
                else 0
                if entry.kind != "refused"
                else wrong
            )
    return wrong >= WRONG_CODES
