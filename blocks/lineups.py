"""Lineups: which language model serves which role, for one pipeline in one environment.

A lineup holds *names* of model blocks, one titled field a role. Prefect's newer UI drops nested block references and
overwrites their secrets on save; names survive, and switching a model is typing another one.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from prefect.blocks.core import Block
from pydantic import Field

from blocks.errors import ConfigurationError

Environment = Literal["production", "preview"]

NAME = r"^[a-z0-9][a-z0-9-]*$"
EMBEDDED = "embedded-demo"
"""The model block a fresh installation uses everywhere."""


def _role(title: str) -> str:
    field: str = Field(
        EMBEDDED, title=title, pattern=NAME, max_length=100, description="Name of a Language Model block."
    )
    return field


CANARY_PERCENT: int = Field(
    0, title="Canary: share of runs (percent)", ge=0, le=100,
    description="Set by the gate, not by hand: how many of a hundred runs go to the candidate.",
)  # fmt: skip
CANARY_ROLES: str = Field(
    "", title="Canary: roles and candidates", pattern=r"^([a-z_]+=[a-z0-9-]+( [a-z_]+=[a-z0-9-]+)*)?$", max_length=2000,
    description="Set by the gate, not by hand: role=model block, separated by blanks.",
)  # fmt: skip
CANARY_GATE: str = Field(
    "", title="Canary: gate", max_length=80, description="Set by the gate, not by hand: which gate the canary is of."
)
CANARY_FIELDS = ("canary_percent", "canary_roles", "canary_gate")


class Lineup(Block):
    """What every lineup can tell."""

    pipeline: ClassVar[str]
    roles: ClassVar[tuple[str, ...]]

    def named(self) -> Mapping[str, str]:
        """Role -> name of its model block."""
        return {role: getattr(self, role) for role in self.roles}

    def candidates(self) -> Mapping[str, str]:
        """Role -> model block that the canary's share of runs asks instead; empty without a canary."""
        if not getattr(self, "canary_percent", 0):
            return {}
        return dict(pair.split("=") for pair in getattr(self, "canary_roles", "").split())

    def asked(self) -> Mapping[str, str]:
        """Every place that asks a model, those of the canary apart -> name of its model block."""
        return {**self.named(), **{f"{role} (canary)": name for role, name in self.candidates().items()}}


def lineup_kinds() -> Mapping[str, type[Lineup]]:
    """Pipeline -> its kind of lineup."""
    return {kind.pipeline: kind for kind in Lineup.__subclasses__()}


def lineup_kind(pipeline: str) -> type[Lineup]:
    """Raises ConfigurationError with the pipelines there are."""
    kind = lineup_kinds().get(pipeline)
    if kind is None:
        raise ConfigurationError(f"There is no pipeline {pipeline!r}.", do=f"use one of: {', '.join(lineup_kinds())}.")
    return kind


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

    canary_percent: int = CANARY_PERCENT
    canary_roles: str = CANARY_ROLES
    canary_gate: str = CANARY_GATE

    roles: ClassVar[tuple[str, ...]] = (
        "market_analysis", "buyer_psychology", "competitive_analysis", "avatar_creation", "offer_design",
        "report_synthesis", "offer_rationale", "value_stack", "pricing_framework", "payment_plans", "premium_bonuses",
        "power_guarantee", "scarcity_upsells",
    )  # fmt: skip


class TranscriptLineup(Lineup):
    """The transcript agents and the model block that serves each of them."""

    _block_type_name = "Transcript Lineup"
    _block_type_slug = "phasegate-transcript-lineup"
    _description = "Which language model block serves each agent of the transcript pipeline."
    pipeline: ClassVar[str] = "transcripts"

    structuring: str = _role("1. Structuring")
    extraction: str = _role("2. Extraction")
    email: str = _role("3. Follow-up e-mail")
    social: str = _role("4. Social posts")
    coaching: str = _role("5. Sales coaching")
    summary: str = _role("6. Summary")
    window_tokens: int = Field(
        4000,
        title="Window (tokens)",
        ge=300,
        le=200_000,
        description="How much of a transcript an agent sees at a time, at most; less where a model's context is small.",
    )

    canary_percent: int = CANARY_PERCENT
    canary_roles: str = CANARY_ROLES
    canary_gate: str = CANARY_GATE

    roles: ClassVar[tuple[str, ...]] = ("structuring", "extraction", "email", "social", "coaching", "summary")
