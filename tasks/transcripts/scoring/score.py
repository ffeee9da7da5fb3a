"""One record against its gold: a verdict for every value."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tasks.transcripts.normalise.money import parse_money
from tasks.transcripts.normalise.persons import plain_name
from tasks.transcripts.normalise.phones import parse_phone
from tasks.transcripts.record import CrmRecord
from tasks.transcripts.scoring.drafts import DraftCheck
from tasks.transcripts.scoring.gold import Gold
from tasks.transcripts.scoring.lists import score_lists, score_steps
from tasks.transcripts.scoring.rules import RULES, Rule
from tasks.transcripts.scoring.verdicts import RIGHT, Cell, Condition, TranscriptScore, Verdict


def score(record: CrmRecord, gold: Gold, condition: Condition, drafts: Iterable[DraftCheck] = ()) -> TranscriptScore:
    """All fields the gold judges, and the checks of the drafts as they are given.

    For *dialogue-only* the record must come from `without_header(transcript)`.
    """
    rules = (rule for rule in RULES if rule.is_judged(gold))
    return TranscriptScore(
        transcript=gold.transcript_id,
        condition=condition,
        cells=tuple(
            _judge(rule, record, gold, condition) for rule in rules if condition == "pipeline" or not rule.needs_header
        ),
        lists=score_lists(record, gold, condition),
        steps=score_steps(record, gold, condition),
        drafts=tuple(drafts),
    )


def _judge(rule: Rule, record: CrmRecord, gold: Gold, condition: Condition) -> Cell:
    expected = rule.expected(gold)
    if condition == "dialogue-only" and rule.field == "client_email" and gold.client_email_source == "header":
        expected = None  # nobody says it, so the right answer without the header is none
    predicted = rule.predicted(record, gold)
    verdict = _verdict(rule, expected, predicted, gold)
    return Cell(
        transcript=gold.transcript_id,
        condition=condition,
        field=rule.field,
        group=rule.group,
        expected=_text(getattr(expected, "date", expected)) if rule.field == "next_meeting" else _text(expected),
        predicted=_text(predicted),
        verdict=verdict,
        decoy=verdict not in RIGHT and predicted is not None and _is_decoy(rule, predicted, gold),
        near=verdict == "wrong" and rule.near(expected, predicted, gold),
    )


def _verdict(rule: Rule, expected: Any, predicted: Any, gold: Gold) -> Verdict:
    if predicted is None:
        excused = rule.field == "estate_value" and gold.estate_value_accept_null
        return "correctly null" if expected is None or excused else "missed"
    if expected is None:
        return "invented"
    return "correct" if rule.same(expected, predicted, gold) else "wrong"


def _is_decoy(rule: Rule, predicted: Any, gold: Gold) -> bool:
    decoys = [*gold.decoys.get(rule.field, ())]
    if rule.field == "deal_amount":  # a quote that was taken back is a trap as well
        decoys += [str(entry.get("amount")) for entry in gold.deal_amount_history]
    if rule.decoy == "name":
        names = {plain_name(str(decoy)) for decoy in decoys}
        return any(plain_name(person) in names for person in predicted)
    if rule.decoy == "amount":
        return predicted in {parse_money(str(decoy)) for decoy in decoys}
    if rule.decoy == "phone":
        return predicted in {parse_phone(str(decoy)) for decoy in decoys}
    return _text(predicted).lower() in {str(decoy).lower() for decoy in decoys}


def _text(value: Any) -> str:
    """As people compare it: names joined, amounts without needless zeros, dates in ISO."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " and ".join(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
