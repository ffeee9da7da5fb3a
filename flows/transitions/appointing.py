"""Approvers appointed, their secrets renewed, and removed: ledger first, then the block, as with everything a gate relies on."""

import re
from collections.abc import Iterable, Sequence

from blocks.errors import InputError
from flows.transitions.world import ApproverFacts, World
from tasks.judging.wording import spoken_list
from tasks.records.ledger import Entry
from tasks.reports.page import slug

NOBODY = "watch"
"""Under this name the watch wakes runs that wait for a decision; nobody may be called so, or it would decide."""
LONGEST = 100
APPOINTMENTS = ("approver_added", "approver_removed")


async def appoint(world: World, name: str, totp: str, actor: str, renew: bool = False) -> ApproverFacts:
    """Makes a person an approver or, with `renew`, replaces their secret and lifts their lock; the approver then.

    Whoever was deactivated stays so: a new secret is no decision that they may decide again. InputError for an
    approver that is there and is not to be renewed, and for a name that no block can have.
    """
    there = next((one for one in await entitled(world) if one.name == name), None)
    if there is not None and not renew:
        raise InputError(f"{name} is an approver already.", do="give --renew to replace the secret and unlock.")
    if there is None:
        _require_possible(name)
        await world.blocks.delete_approver(name)  # left over from a removal: its old secret must not count once more
    made = ApproverFacts(name, totp, there is None or there.active)
    world.record("approver_added", actor, {"approver": name, "renewed": there is not None, "active": made.active})
    await world.blocks.write_approver(made)
    return made


async def remove(world: World, name: str, actor: str, reason: str) -> None:
    """From the ledger's entry on no code of this approver counts, then the secret goes; what they decided before stays.

    Done again, it deletes a block that was not reached the first time. InputError if there is no such approver.
    """
    known, there = set(appointed(world)), {one.name for one in await world.blocks.approvers()}
    if name not in known | there:
        names = spoken_list(sorted(known | there)) or "nobody is one"
        raise InputError(f"There is no approver called {name!r}.", do=f"see `phasegate approver list`: {names}.")
    if name not in removed(world.read(*APPOINTMENTS)):
        world.record("approver_removed", actor, {"approver": name, "reason": reason})
    if name in there:
        await world.blocks.delete_approver(name)


async def entitled(world: World) -> Sequence[ApproverFacts]:
    """The approvers there are but for those the ledger says are removed, whatever became of their blocks."""
    gone = removed(world.read(*APPOINTMENTS))
    return [one for one in await world.blocks.approvers() if one.name not in gone]


def removed(entries: Iterable[Entry]) -> set[str]:
    """Who was removed and not appointed again since; entries about other things are passed over."""
    last = {entry.body["approver"]: entry.kind for entry in entries if entry.kind in APPOINTMENTS}
    return {name for name, kind in last.items() if kind == "approver_removed"}


def appointed(world: World) -> dict[str, list[Entry]]:
    """Every approver of the ledger who was not removed since, with the entries that appointed them, oldest first."""
    found: dict[str, list[Entry]] = {}
    for entry in world.read(*APPOINTMENTS):
        if entry.kind == "approver_removed":
            found.pop(entry.body["approver"], None)
        else:
            found.setdefault(entry.body["approver"], []).append(entry)
    return found


def _require_possible(name: str) -> None:
    """Before anything is recorded: an approver is a block, and Prefect takes no other names for blocks."""
    if re.fullmatch("[a-z0-9-]+", name) and len(name) <= LONGEST and name != NOBODY:
        return
    possible = slug(name, LONGEST, otherwise=NOBODY)
    raise InputError(
        f"An approver cannot be called {name!r}.",
        means=f"a name has lowercase letters a to z, digits and dashes, at most {LONGEST}, and is not {NOBODY!r}.",
        do=f"take {possible!r}." if possible != NOBODY else "take another name.",
    )
