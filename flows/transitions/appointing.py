"""Approvers appointed and their secrets renewed: ledger first, then the block, as with everything a gate relies on."""

import re

from blocks.errors import InputError
from flows.transitions.world import ApproverFacts, World
from tasks.reports.page import slug

NOBODY = "watch"
"""Under this name the watch wakes runs that wait for a decision; nobody may be called so, or it would decide."""
LONGEST = 100


async def appoint(world: World, name: str, totp: str, actor: str, renew: bool = False) -> ApproverFacts:
    """Makes a person an approver or, with `renew`, replaces their secret and lifts their lock; the approver then.

    Whoever was deactivated stays so: a new secret is no decision that they may decide again. InputError for an
    approver that is there and is not to be renewed, and for a name that no block can have.
    """
    there = next((one for one in await world.blocks.approvers() if one.name == name), None)
    if there is not None and not renew:
        raise InputError(f"{name} is an approver already.", do="give --renew to replace the secret and unlock.")
    if there is None:
        _require_possible(name)
    made = ApproverFacts(name, totp, there is None or there.active)
    world.record("approver_added", actor, {"approver": name, "renewed": there is not None, "active": made.active})
    await world.blocks.write_approver(made)
    return made


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
