"""Tables of the report, made from the research itself: no model is asked for what code can lay out."""

from collections.abc import Iterable, Mapping
from typing import Any

Outputs = Mapping[str, Mapping[str, Any]]


def phrase_table(outputs: Outputs) -> str:
    """What buyers say, what they mean, how often, and where to use it."""
    return _table(
        ("What they say", "What they mean", "Tone", "Heard", "Where to use it"),
        (
            (
                p["exact_phrase"],
                p["meaning_context"],
                p["emotional_tone"],
                p["usage_frequency"],
                p["marketing_application"],
            )
            for p in outputs["buyer_psychology"]["buyer_language"]
        ),
    )


def competitor_table(outputs: Outputs) -> str:
    """The competitors side by side."""
    return _table(
        ("Competitor", "Price", "Position", "Strengths", "Weaknesses"),
        (
            (c["name"], c["price_point"], c["positioning"], "; ".join(c["strengths"]), "; ".join(c["weaknesses"]))
            for c in outputs["competitive_analysis"]["competitors"]
        ),
    )


def pricing_table(outputs: Outputs) -> str:
    """The tiers of the offer."""
    return _table(
        ("Tier", "Price", "Best for", "Deliverables"),
        (
            (t["tier_name"], f"${t['price']:,}", t["best_for"], "; ".join(t["deliverables"]))
            for t in outputs["offer_design"]["pricing_tiers"]
        ),
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    """One line, with the sign that ends a cell escaped, and the one that would undo the escape."""
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())
