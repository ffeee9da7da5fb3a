"""Approvers: the people who may decide about a gate, each with the secret of their one-time codes."""

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class Approver(Block):
    """A person who may approve or reject. The block's name is the name typed on the form.

    Prefect's API gives secrets to whoever reaches it with `include_secrets`; set its password before people rely on this.
    """

    _block_type_name = "Approver"
    _block_type_slug = "phasegate-approver"
    _description = "A person who may approve a change of models, with the secret of their one-time codes."

    totp: SecretStr = Field(title="Secret", description="Made by `phasegate approver add`; never typed by hand.")
    active: bool = Field(True, title="Active", description="Whether this person may decide now.")
