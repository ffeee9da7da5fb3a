"""Who may decide about gates, as people are shown it: since when by the ledger, and whether by the server with the secrets."""

from dataclasses import dataclass
from datetime import datetime

from flows.transitions.answering import OF_PEOPLE, WRONG_CODES, locked
from flows.transitions.appointing import appointed, removed
from flows.transitions.world import ApproverFacts, World
from tasks.records.ledger import Entry


@dataclass(frozen=True)
class Standing:
    """One approver, now."""

    name: str
    since: datetime | None
    """When the ledger first saw them appointed; None for a block that somebody made by hand."""
    by: str
    renewed: datetime | None
    """When their secret was replaced last, if it was."""
    may: bool
    remark: str
    """Why they may not decide now, and what to do; nothing if they may."""


async def approvers(world: World) -> list[Standing]:
    """Everybody the ledger or the server knows as an approver, by name; also one removed whose block is there again."""
    known, there = appointed(world), {one.name: one for one in await world.blocks.approvers()}
    story = world.read(*OF_PEOPLE)
    gone = removed(story)
    return [
        _standing(name, known.get(name, []), _remark(name, there.get(name), name in gone, locked(story, name)))
        for name in sorted({*known, *there})
    ]


def _standing(name: str, entries: list[Entry], remark: str) -> Standing:
    first, last = (entries[0], entries[-1]) if entries else (None, None)
    return Standing(
        name, first.at if first else None, first.actor if first else "",
        last.at if last is not first and last else None, not remark, remark,
    )  # fmt: skip


def _remark(name: str, block: ApproverFacts | None, is_gone: bool, is_locked: bool) -> str:
    if block is None:
        return f"no block on this Prefect server: phasegate approver add {name}"
    if is_gone:
        return f"removed, and a block is here: phasegate approver remove {name} deletes it, phasegate approver add {name} appoints"
    if not block.active:
        return "deactivated: tick Active in the Approver block"
    return f"locked after {WRONG_CODES} wrong codes: phasegate approver add {name} --renew" if is_locked else ""
