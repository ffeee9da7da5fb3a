"""Approvers appointed and their secrets renewed: ledger first, then the block, as with everything a gate relies on."""

from blocks.errors import InputError
from flows.transitions.world import ApproverFacts, World


async def appoint(world: World, name: str, totp: str, actor: str, renew: bool = False) -> ApproverFacts:
    """Makes a person an approver or, with `renew`, replaces their secret and lifts their lock; the approver then.

    Whoever was deactivated stays so: a new secret is no decision that they may decide again. InputError for an
    approver that is there and is not to be renewed.
    """
    there = next((one for one in await world.blocks.approvers() if one.name == name), None)
    if there is not None and not renew:
        raise InputError(f"{name} is an approver already.", do="give --renew to replace the secret and unlock.")
    made = ApproverFacts(name, totp, there is None or there.active)
    world.record("approver_added", actor, {"approver": name, "renewed": there is not None, "active": made.active})
    await world.blocks.write_approver(made)
    return made
