"""Lists from all windows made one: the same thing said twice is one item, in the order of the call."""

from collections.abc import Iterable, Sequence
from datetime import date

from tasks.transcripts.choosing import in_order
from tasks.transcripts.findings import Finding
from tasks.transcripts.normalise import categories
from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.normalise.dates import parse_date
from tasks.transcripts.normalise.letters import plain
from tasks.transcripts.normalise.states import find_states, parse_state
from tasks.transcripts.record import NextStep, Objection, ObjectionCategory, ProductCategory

LONGEST_LIST = 50
LONGEST_ITEM = 500


def unite_locations(findings: Sequence[Finding]) -> list[str]:
    """Full names of states; a place without its state is not guessed."""
    found: dict[str, None] = {}
    for finding in in_order(findings):
        named = [parse_state(finding.value)] if parse_state(finding.value) else find_states(finding.value)
        found |= dict.fromkeys(state for state in named if state)
    return list(found)[:LONGEST_LIST]


def unite_products(findings: Sequence[Finding]) -> tuple[list[ProductCategory], list[str]]:
    """The categories, and the products in the words of the call."""
    mentioned = _distinct(finding.value for finding in in_order(findings))
    found = (categories.product_category(product) for product in mentioned)
    return list(dict.fromkeys(category for category in found if category)), mentioned


def unite_objections(findings: Sequence[Finding]) -> list[Objection]:
    """Equal text is one objection, by the same rule as its id in the graph; whether it was resolved is what was said last about it."""
    united: dict[str, Objection] = {}
    for finding in in_order(findings):
        text = stated(finding.value, LONGEST_ITEM)
        if text is None:
            continue
        before = united.get(key := plain(text))
        resolved = finding.resolved if finding.resolved is not None else before and before.resolved
        united[key] = (
            before.model_copy(update={"resolved": resolved})
            if before
            else Objection(category=_category(finding, text), text=text, resolved=resolved)
        )
    return list(united.values())[:LONGEST_LIST]


def _category(finding: Finding, text: str) -> ObjectionCategory:
    """The agent's, when it is one of the list; else what the objection and its quote sound like."""
    named = categories.objection_category(finding.category)
    if named not in (None, "Other"):
        return named
    return categories.objection_category(f"{text} {finding.quote}") or categories.objection_category(text) or "Other"


def unite_steps(
    findings: Sequence[Finding], base: date | None, advisor: str | None, clients: tuple[str, ...]
) -> list[NextStep]:
    """Equal actions are one step; a later owner or due date replaces an earlier one."""
    united: dict[str, NextStep] = {}
    for finding in in_order(findings):
        action = stated(finding.value, LONGEST_ITEM)
        if action is None:
            continue
        step = NextStep(
            action=action,
            owner=categories.owner(finding.owner, advisor, clients),
            due=parse_date(finding.due, base),
        )
        before = united.get(key := plain(action))
        known = step.model_dump(include={"owner", "due"}, exclude_none=True)
        united[key] = before.model_copy(update=known) if before else step
    return list(united.values())[:LONGEST_LIST]


def _distinct(values: Iterable[str]) -> list[str]:
    clean = [text for value in values if (text := stated(value, LONGEST_ITEM))]
    return list({plain(text): text for text in reversed(clean)}.values())[::-1][:LONGEST_LIST]
