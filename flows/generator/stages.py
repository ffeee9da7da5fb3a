"""All stages in their order, and what follows from what each one reads. A new stage is one module and one line here."""

from typing import Any

from blocks.errors import InputError
from flows.generator import (
    avatar_creation,
    buyer_psychology,
    competitive_analysis,
    market_analysis,
    offer_design,
    offer_rationale,
    payment_plans,
    power_guarantee,
    premium_bonuses,
    pricing_framework,
    report_synthesis,
    scarcity_upsells,
    value_stack,
)
from flows.generator.stage import Stage

_MODULES = (
    market_analysis,
    buyer_psychology,
    competitive_analysis,
    avatar_creation,
    offer_design,
    report_synthesis,
    offer_rationale,
    value_stack,
    pricing_framework,
    payment_plans,
    premium_bonuses,
    power_guarantee,
    scarcity_upsells,
)

STAGES: tuple[Stage[Any, Any], ...] = tuple(module.STAGE for module in _MODULES)


def stage(name: str | int) -> Stage[Any, Any]:
    """The stage with this key, name or number (also as text). Raises InputError with the list of stages."""
    wanted = str(name).strip().casefold()
    for each in STAGES:
        if wanted in (each.key, each.name.casefold(), str(each.number)):
            return each
    raise InputError(
        f"There is no stage {name!r}.",
        do="Use a number or a key of: " + ", ".join(f"{each.number} {each.key}" for each in STAGES),
    )


def dependencies() -> dict[str, frozenset[str]]:
    """Stage key -> keys of the earlier stages it reads."""
    return {each.key: frozenset(each.reads) for each in STAGES}


def waves() -> list[tuple[str, ...]]:
    """Stage keys by the earliest moment they can start: each wave reads only of the waves before it."""
    wave: dict[str, int] = {}
    for each in STAGES:  # a stage reads only stages that stand before it
        wave[each.key] = 1 + max((wave[key] for key in each.reads), default=0)
    return [tuple(key for key in wave if wave[key] == number) for number in range(1, max(wave.values()) + 1)]


def readers(key: str) -> frozenset[str]:
    """Every stage that reads `key`, directly or through others: what must run again when its output changes."""
    found: set[str] = set()
    for wave in waves():
        found.update(each for each in wave if dependencies()[each] & {key, *found})
    return frozenset(found)
