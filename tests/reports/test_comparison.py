"""The page of a comparison: every verdict as a figure, and what the headline claims."""

from pathlib import Path

import pytest

from tasks.reports.comparison import comparison_page, write_comparison
from tasks.reports.page import page_markdown
from tasks.transcripts.scoring.quality import ModelScore
from tasks.transcripts.scoring.rules import KEY_FIELDS
from tasks.transcripts.scoring.verdicts import VERDICTS, Cell, StepDetails, TranscriptScore, Verdict


def one_each(*verdicts: Verdict) -> ModelScore:
    """A model whose key fields all have these verdicts, and that has three of its four steps' owners right."""
    cells = (Cell("t", "pipeline", field, "key", "a", "b", verdict) for field in KEY_FIELDS for verdict in verdicts)  # type: ignore[arg-type]
    return ModelScore("m", "pipeline", (TranscriptScore("t", "pipeline", tuple(cells), (), StepDetails(4, 3, 1, 2)),))


def test_the_five_verdicts_are_counted_in_words_too() -> None:
    shown = page_markdown(comparison_page([one_each(*VERDICTS, "correct")], "run-1"))

    assert "| Model | Condition | Correct | Correctly null | Wrong | Missed | Invented | Values |" in shown
    assert "| m | pipeline | 6 | 3 | 3 | 3 | 3 | 18 |" in shown


def test_a_comparison_of_nothing_says_so(tmp_path: Path) -> None:
    markdown, html = write_comparison([], "run-1", tmp_path)

    assert "Nothing was scored." in markdown.read_text()
    assert "There is nothing." in html.read_text()


def test_owners_and_due_dates_of_next_steps_are_shown() -> None:
    shown = page_markdown(comparison_page([one_each("correct")], "run-1"))

    assert "| step owners | 0.75 |" in shown
    assert "| step due dates | 0.5 |" in shown


@pytest.mark.parametrize(("verdict", "said"), [("correct", "and reaches 90%"), ("missed", "and does not reach 90%")])
def test_the_headline_says_whether_each_key_field_is_good_enough(verdict: Verdict, said: str) -> None:
    assert said in comparison_page([one_each(verdict)], "run-1").headline
