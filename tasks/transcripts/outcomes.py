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

_BEEN = r"(?:'s)?\s+(?:(?:is|was|has|been|went|got|just)\s+)*"
_PAYMENT = re.compile(
    rf"\bpayment{_BEEN}(?:received|taken|made|through|processed|approved|accepted)\b"
    rf"|\b(?:deposit|card|charge|transaction){_BEEN}(?:paid|charged|processed|through|received|approved|accepted)\b"
    r"|\bapproved\s+(?:the|your|my|our)\s+(?:card|payment|charge|transaction)\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r"[,;:]|\b(?:and|so|but)\b(?!\s+(?:then\s+)?(?:received|taken|made|paid|charged|processed|approved|accepted)\b)",
    re.IGNORECASE,
)
"""Also a conjunction, unless the payment goes on behind it: "taken and charged tomorrow"."""
_SENTENCE = re.compile(r"[^.?!]+[.?!]?")
_TO_COME = re.compile(
    r"\b(?:will|shall|would|should|must|tomorrow|later|going to|gonna|(?:need|have|has) to|let's|next (?:week|month|time))\b|'ll\b",
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
    if finding.kind == "paid":
        return True
    quote = finding.quote.replace("’", "'")
    return not _NOT.search(quote) and any(_says_paid(sentence[0]) for sentence in _SENTENCE.finditer(quote))


def _says_paid(sentence: str) -> bool:
    """That a payment was taken: no question, and nothing before it or in its own clause puts it off."""
    match = _PAYMENT.search(sentence)
    if match is None or sentence.endswith("?"):
        return False
    clause = _CLAUSE_END.split(sentence[match.end() :], maxsplit=1)[0]
    return not _TO_COME.search(sentence[: match.end()] + clause)


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
