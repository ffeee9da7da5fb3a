"""Free words mapped to the closed lists of the CRM. Sure or None; `Other` only for a thing that was named."""

import re
from collections.abc import Mapping
from typing import TypeVar

from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.record import MaritalStatus, ObjectionCategory, Outcome, Owner, ProductCategory

_Name = TypeVar("_Name", bound=str)

_MARITAL: Mapping[MaritalStatus, str] = {
    "Divorced": r"divorc",
    "Separated": r"separated",
    "Widowed": r"widow|late (?:husband|wife)|(?:husband|wife|spouse) (?:died|passed)",
    "Married": r"\bmarried|\bmarriage|my (?:husband|wife|spouse)|newlywed",
    "Single": r"\bsingle\b|never (?:been |got )?married|unmarried|bachelor",
}
_OUTCOME: Mapping[Outcome, str] = {
    "No Show": r"no[ -]?show|did(?:n't| not) (?:attend|show|join)",
    "Follow-up Scheduled": r"follow|second meeting|next meeting|rescheduled?\b|scheduled",
    "Won": r"\bwon\b|closed won|signed|sale made|payment (?:received|taken|made)|paid|deposit taken",
    "Lost": r"\blost\b|declin|rejected|not interested|turned down|closed lost",
    "Pending": r"pending|undecided|thinking|needs? more info|more information|open\b|in progress",
}
_PRODUCTS: Mapping[ProductCategory, str] = {
    "Sub-trusts": r"sub-? ?trust|spendthrift|discretionary trust",
    "LLC": r"\bllc\b|limited liability",
    "Life Insurance": r"life insurance|term (?:policy|insurance)|whole life",
    "Tax Planning": r"\btax",
    "Estate Planning": r"trust|\bwills?\b|power of attorney|powers? of|\bpoa\b|deed|probate|hipaa|directive|health ?care|health doc|medical|living will|estate plan|guardian",
}
_OBJECTIONS: Mapping[ObjectionCategory, str] = {
    "Price": r"pric|cost|\bfees?\b|expensive|afford|budget|money|cheaper|more than (?:i|we|she|he|they)|\$",
    "Timing": r"\bwait|timing|too busy|not now|later|right time|until|too (?:soon|early)",
    "Spouse": r"husband|wife|spouse|partner",
    "Trust": r"same[ -]day|burned|scam|annuity|skeptic|credib|pressur|reputation|distrust|trusted|commission|been lied",
    "Authority": r"my (?:lawyer|attorney|accountant|cpa|boss|board|advisor)|committee|not my decision|authori[sz]",
}
_DENIED = re.compile(
    r"(?:\b(?:not|no(?!\s+(?:problem|hesitation|doubt)s?\b)|nothing|never|without|neither|nor)|n't)"
    r"\s+(?:[\w'-]+\s+){0,2}$|\b(?:un|non-?)$",
    re.IGNORECASE,
)
"""What denies the word behind it: "we're not married", "no deposit taken", "unpaid"; but "no problem, she signed"."""
_OWNERS: Mapping[Owner, str] = {
    "both": r"\bboth\b|\ball\b|everyone|together|\bwe\b",
    "advisor": r"advis[oe]r|sales ?(?:rep|person)|\brep\b|agent|attorney|consultant|firm",
    "client": r"clients?\b|customer|prospect|couple|husband|wife|spouse",
}


def marital_status(text: str | None) -> MaritalStatus | None:
    return _only(text, _MARITAL)


def outcome(text: str | None) -> Outcome | None:
    return _only(text, _OUTCOME)


def product_category(text: str | None) -> ProductCategory | None:
    """The most special category that fits, since every sub-trust is a trust; `Other` for a named thing of no kind."""
    text = stated(text)
    if text is None:
        return None
    return _exact(text, ("Other", *_PRODUCTS)) or next(
        (name for name, words in _PRODUCTS.items() if re.search(words, text, re.IGNORECASE)), "Other"
    )


def objection_category(text: str | None) -> ObjectionCategory | None:
    """The category whose words occur most often; None on a tie, `Other` when none occurs."""
    text = stated(text)
    if text is None:
        return None
    exact = _exact(text, ("Other", *_OBJECTIONS))
    if exact:
        return exact
    hits = {name: len(re.findall(words, text, re.IGNORECASE)) for name, words in _OBJECTIONS.items()}
    most = max(hits.values())
    if most == 0:
        return "Other"
    best = [name for name, count in hits.items() if count == most]
    return best[0] if len(best) == 1 else None


def owner(text: str | None, advisor: str | None = None, clients: tuple[str, ...] = ()) -> Owner | None:
    """Who has to act; names are looked up among the people of the call."""
    text = stated(text)
    if text is None:
        return None
    words = set(text.lower().split())
    if advisor and words & set(advisor.lower().split()):
        return "advisor"
    if any(words & set(client.lower().split()) for client in clients):
        return "client"
    return _only(text, _OWNERS)


def _exact(text: str, names: tuple[_Name, ...]) -> _Name | None:
    return next((name for name in names if name.lower() == text.lower()), None)


def _only(text: str | None, patterns: Mapping[_Name, str]) -> _Name | None:
    text = stated(text)
    if text is None:
        return None
    exact = _exact(text, tuple(patterns))
    if exact:
        return exact
    text = text.replace("’", "'")
    found = [name for name, words in patterns.items() if _is_said(words, text)]
    return found[0] if len(found) == 1 else None


def _is_said(words: str, text: str) -> bool:
    return any(not _DENIED.search(text[: match.start()]) for match in re.finditer(words, text, re.IGNORECASE))
