"""What is wrong with a draft: amounts and dates that nobody said."""

from flows.answers import Problem, error
from flows.transcripts.agent import Whole
from tasks.transcripts.scoring.drafts import only_said_amounts, only_said_dates


def invented(field: str, text: str, whole: Whole) -> list[Problem]:
    """An error for the amounts and one for the dates in `text` that are neither in the call nor in its facts."""
    said = "\n".join(turn.text for turn in whole.transcript.turns)
    amounts = only_said_amounts(field, text, said, whole.record)
    dates = only_said_dates(field, text, said, whole.record, whole.base)
    found = [("amount", amounts), ("date", dates)]
    return [error(field, f"nobody said the {what} {check.found}") for what, check in found if not check.passed]
