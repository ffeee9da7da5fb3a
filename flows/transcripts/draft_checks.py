"""What is wrong with a draft: no words in it, or amounts and dates that nobody said."""

from flows.answers import Problem, error
from flows.transcripts.agent import Whole
from tasks.transcripts.scoring.drafts import has_words, only_said_amounts, only_said_dates


def faults(field: str, text: str, whole: Whole) -> list[Problem]:
    """An error for a text without words, one for amounts and one for dates that are neither in the call nor in its facts."""
    said = "\n".join(turn.text for turn in whole.transcript.turns)
    amounts = only_said_amounts(field, text, said, whole.record)
    dates = only_said_dates(field, text, said, whole.record, whole.base)
    found = [("amount", amounts), ("date", dates)]
    wordless = [] if (check := has_words(field, text)).passed else [error(field, check.found)]
    return wordless + [error(field, f"nobody said the {what} {one.found}") for what, one in found if not one.passed]
