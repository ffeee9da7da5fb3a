"""How the call ended, and whether its price was agreed or only quoted."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tasks.transcripts.choosing import choose, passed_over, provenance
from tasks.transcripts.findings import Finding, FindingField
from tasks.transcripts.knowledge import Provenance
from tasks.transcripts.normalise import categories
from tasks.transcripts.normalise.money import parse_money

_PAYMENT = re.compile(
    r"payment (?:is |was |has been )?(?:received|taken|made|through|processed)|\bapproved\b"
    r"|(?:deposit|card) (?:is |was |has been |went |just )?(?:paid|charged|processed|through|received)",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not|no|nothing|n't|never|until|once|when|if)\b|n't\b", re.IGNORECASE)


def settle(
    by_field: dict[FindingField, list[Finding]], origin: dict[FindingField, Provenance], values: dict[str, Any]
) -> dict[str, Any]:
    """Outcome, and whether price and deposit are more than words. A sale is *Won* only when payment was taken in the
    call; a promise is not a payment."""
    findings = by_field["meeting_outcome"]
    chosen = choose(findings, lambda finding: categories.outcome(finding.value))
    result = chosen.value if chosen else None
    if chosen:
        origin["meeting_outcome"] = provenance(chosen)
    paid = any(_is_payment(finding) for field in ("deal", "deposit", "meeting_outcome") for finding in by_field[field])
    if chosen and result == "Won" and not paid:
        result = "Follow-up Scheduled" if values["next_meeting_on"] else "Pending"
        refused = passed_over(chosen.finding, "payment was not taken in the call")
        origin["meeting_outcome"] = provenance(chosen._replace(passed_over=(*chosen.passed_over, refused)))
    return {
        "outcome": result,
        "deal_status": _status(result, origin.get("deal"), values.get("deal")),
        "deposit_status": _deposit_status(by_field["deposit"], values.get("deposit"), paid),
    }


def _is_payment(finding: Finding) -> bool:
    return finding.kind == "paid" or bool(_PAYMENT.search(finding.quote) and not _NOT.search(finding.quote))


def _status(outcome: str | None, deal: Provenance | None, amount: object) -> str | None:
    if amount is None:
        return None
    return "agreed" if outcome == "Won" or (deal and deal.kind in ("agreed", "paid")) else "quoted"


def _deposit_status(findings: Sequence[Finding], amount: Decimal | None, paid: bool) -> str | None:
    """Paid when that very sum was; with a payment that names no sum nobody knows, so it is neither."""
    if amount is None:
        return None
    if any(_is_payment(finding) and parse_money(finding.value) == amount for finding in findings):
        return "paid"
    return None if paid else "quoted"
