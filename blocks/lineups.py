"""Lineups: which language model serves which role, for one pipeline in one environment.

A lineup holds *names* of model blocks, one titled field a role. Prefect's newer UI drops nested block references and
overwrites their secrets on save; names survive, and switching a model is typing another one.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from prefect.blocks.core import Block
from pydantic import Field

Environment = Literal["production", "preview"]

NAME = r"^[a-z0-9][a-z0-9-]*$"
EMBEDDED = "embedded-demo"
"""The model block a fresh installation uses everywhere."""


def _role(title: str) -> str:
    field: str = Field(
        EMBEDDED, title=title, pattern=NAME, max_length=100, description="Name of a Language Model block."
    )
    return field


class Lineup(Block):
    """What every lineup can tell."""

    pipeline: ClassVar[str]
    roles: ClassVar[tuple[str, ...]]

    def named(self) -> Mapping[str, str]:
        """Role -> name of its model block."""
        return {role: getattr(self, role) for role in self.roles}


class GeneratorLineup(Lineup):
    """The generator's thirteen stages and the model block that serves each of them."""

    _block_type_name = "Generator Lineup"
    _block_type_slug = "phasegate-generator-lineup"
    _description = "Which language model block serves each of the generator's thirteen stages."
    pipeline: ClassVar[str] = "generator"

    market_analysis: str = _role("1. Market analysis")
    buyer_psychology: str = _role("2. Buyer psychology")
    competitive_analysis: str = _role("3. Competitive analysis")
    avatar_creation: str = _role("4. Avatar creation (protected)")
    offer_design: str = _role("5. Offer design")
    report_synthesis: str = _role("6. Report synthesis")
    offer_rationale: str = _role("7. Offer rationale")
    value_stack: str = _role("8. Value stack")
    pricing_framework: str = _role("9. Pricing framework")
    payment_plans: str = _role("10. Payment plans")
    premium_bonuses: str = _role("11. Premium bonuses")
    power_guarantee: str = _role("12. Power guarantee")
    scarcity_upsells: str = _role("13. Scarcity and upsells")
    report_words: int = Field(
        5500,
        title="Report length (words)",
        ge=300,
        le=8000,
        description="Words the report of stage 6 aims at: 5,000 to 6,000 for a client, a few hundred for a demo model.",
    )

    roles: ClassVar[tuple[str, ...]] = (
        "market_analysis", "buyer_psychology", "competitive_analysis", "avatar_creation", "offer_design",
        "report_synthesis", "offer_rationale", "value_stack", "pricing_framework", "payment_plans", "premium_bonuses",
        "power_guarantee", "scarcity_upsells",
    )  # fmt: skip
