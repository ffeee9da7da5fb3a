"""Lists against gold: matched one to one, so that one vague item cannot stand for three."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from tasks.transcripts.normalise.states import parse_state
from tasks.transcripts.record import CrmRecord, NextStep
from tasks.transcripts.scoring.gold import Gold, GoldStep, Groups
from tasks.transcripts.scoring.verdicts import Condition, ListScore, StepDetails

_Wanted = TypeVar("_Wanted")
_Given = TypeVar("_Given")


def score_lists(record: CrmRecord, gold: Gold, condition: Condition) -> tuple[ListScore, ...]:
    """One score a list the gold judges."""
    scores: list[ListScore] = []

    def add(field: str, matched: int, predicted: int, expected: int) -> None:
        scores.append(ListScore(gold.transcript_id, condition, field, matched, predicted, expected))

    if gold.says("real_estate_locations"):
        _add_set(
            add,
            "real_estate_locations",
            _states(record.client.real_estate_locations),
            _states(gold.real_estate_locations),
        )
    if gold.says("product_categories"):
        _add_set(add, "product_categories", set(record.deal.products), set(gold.product_categories))
    if gold.says("products_discussed"):
        items = [item.must_mention for item in gold.products_discussed]
        add("products_discussed", *_count(record.deal.products_mentioned, items))
    if gold.says("objections"):
        found = [item.category for item in record.deal.objections]
        _add_set(add, "objection_categories", set(found), {item.category for item in gold.objections})
        texts = [item.text for item in record.deal.objections]
        add("objections", *_count(texts, [item.must_mention for item in gold.objections]))
    if gold.says("next_steps"):
        pairs, counted = match_steps(record.deal.next_steps, gold)
        add("next_steps", len(pairs), counted, len(gold.next_steps))
    return tuple(scores)


def score_steps(record: CrmRecord, gold: Gold, condition: Condition) -> StepDetails:
    """Owner and due date of matched steps; due dates only where a header gives the day they are counted from."""
    pairs, _ = match_steps(record.deal.next_steps, gold)
    dated = [(wanted, given) for wanted, given in pairs if condition == "pipeline"]
    return StepDetails(
        matched=len(pairs),
        owners_right=sum(_side(wanted.owner) == given.owner for wanted, given in pairs),
        due_right=sum(_is_due(wanted, given.due) for wanted, given in dated),
        due_scored=len(dated),
    )


def match_steps(steps: Sequence[NextStep], gold: Gold) -> tuple[list[tuple[GoldStep, NextStep]], int]:
    """Pairs, and how many predicted steps count: one that is only an optional step neither helps nor hurts."""
    pairs = match(gold.next_steps, steps, lambda wanted, given: mentions(given.action, wanted.must_mention))
    used = {id(given) for _, given in pairs}
    rest = [step for step in steps if id(step) not in used]
    optional = match(gold.next_steps_optional, rest, lambda wanted, given: mentions(given.action, wanted.must_mention))
    return pairs, len(steps) - len(optional)


def mentions(text: str, groups: Groups) -> bool:
    """Every group has at least one of its alternatives in the text, in any case."""
    lower = text.lower()
    return all(any(word.lower() in lower for word in group) for group in groups)


def match(
    wanted: Sequence[_Wanted], given: Sequence[_Given], fits: Callable[[_Wanted, _Given], bool]
) -> list[tuple[_Wanted, _Given]]:
    """The most pairs one to one (augmenting paths, Kuhn 1955): the order of either list does not change the score."""
    edges = [[place for place, item in enumerate(given) if fits(one, item)] for one in wanted]
    owner: dict[int, int] = {}

    def place_one(index: int, tried: set[int]) -> bool:
        for place in edges[index]:
            if place in tried:
                continue
            tried.add(place)
            if place not in owner or place_one(owner[place], tried):
                owner[place] = index
                return True
        return False

    for index in range(len(wanted)):
        place_one(index, set())
    return [(wanted[index], given[place]) for place, index in sorted(owner.items())]


def _count(texts: Sequence[str], groups: Sequence[Groups]) -> tuple[int, int, int]:
    pairs = match(groups, texts, lambda wanted, text: mentions(text, wanted))
    return len(pairs), len(texts), len(groups)


def _add_set(add: Callable[[str, int, int, int], None], field: str, given: set[object], wanted: set[object]) -> None:
    add(field, len(given & wanted), len(given), len(wanted))


def _states(names: Sequence[str]) -> set[object]:
    return {parse_state(name) or name for name in names}


def _side(owner: str | None) -> str | None:
    return {"clients": "client", "all": "both"}.get(owner or "", owner)


def _is_due(wanted: GoldStep, given: date | None) -> bool:
    if wanted.due and wanted.due_end and given:
        return wanted.due <= given <= wanted.due_end
    return wanted.due == given
