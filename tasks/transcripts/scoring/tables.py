"""Scores as tables: data frames for code and pages, CSV for spreadsheets. All text in them is shown safely."""

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from tasks.reports.text import for_csv
from tasks.transcripts.scoring.quality import ModelScore, Rate, by_repetition, spread
from tasks.transcripts.scoring.verdicts import VERDICTS

if TYPE_CHECKING:
    import pandas as pd

_LONGEST_CELL = 200


def _frame(rows: Iterable[Any], columns: Sequence[str] | None = None) -> "pd.DataFrame":
    """pandas takes over a second to import: whoever only makes a deployment of the flow does without."""
    import pandas as pd

    return pd.DataFrame(rows, columns=columns)


def summary(scores: Sequence[ModelScore]) -> "pd.DataFrame":
    """One row a model and condition, means over its repetitions; NaN where nothing was measured."""
    rows = []
    for (model, condition), repeated in by_repetition(scores).items():
        qualities = [score.quality for score in repeated]
        total = spread(quality.total for quality in qualities)
        rows.append(
            {
                "model": model,
                "condition": condition,
                "transcripts": len(repeated[0].transcripts),
                "repetitions": len(repeated),
                "quality": total.mean if total else None,
                "lowest": total.lowest if total else None,
                "highest": total.highest if total else None,
                "key fields": _mean([quality.key for quality in qualities]),
                "other fields": _mean([quality.scalar for quality in qualities]),
                "lists F1": _mean([quality.lists for quality in qualities]),
                "step owners": _mean([score.step_owners.value for score in repeated]),
                "step due dates": _mean([score.step_dues.value for score in repeated]),
                "integrity": _mean([quality.integrity for quality in qualities]),
                "header fields": _mean([score.accuracy("header").value for score in repeated]),
                "drafts": _mean([score.drafts.value for score in repeated]),
                "invented": sum(score.count("invented") for score in repeated),
                "decoys": sum(score.decoys for score in repeated),
            }
        )
    return _frame(rows)


def fields(scores: Sequence[ModelScore]) -> "pd.DataFrame":
    """One row a model, condition and field. The interval counts each transcript once, by its first repetition:
    repetitions of one transcript are no new evidence."""
    rows = []
    for (model, condition), repeated in by_repetition(scores).items():
        first = repeated[0]
        for name in dict.fromkeys(cell.field for cell in first.cells):
            cells = [cell for cell in first.cells if cell.field == name]
            rate: Rate = first.field(name)
            low, high = rate.interval
            rows.append(
                {
                    "model": model,
                    "condition": condition,
                    "field": name,
                    "group": cells[0].group,
                    "right": rate.right,
                    "n": rate.n,
                }
                | {"share": rate.value, "low": low, "high": high}
                | {verdict: sum(cell.verdict == verdict for cell in cells) for verdict in VERDICTS}
                | {"decoys": sum(cell.decoy for cell in cells), "near": sum(cell.near for cell in cells)}
            )
    return _frame(rows)


def lists(scores: Sequence[ModelScore]) -> "pd.DataFrame":
    """One row a model, condition, transcript and list."""
    return _frame(
        {
            "model": score.model,
            "condition": one.condition,
            "repetition": score.repetition,
            "transcript": one.transcript,
            "list": one.field,
            "matched": one.matched,
            "predicted": one.predicted,
            "expected": one.expected,
            "precision": one.precision,
            "recall": one.recall,
            "F1": one.f1,
        }
        for score in scores
        for transcript in score.transcripts
        for one in transcript.lists
    )


def cells(scores: Sequence[ModelScore]) -> "pd.DataFrame":
    """Every judged value: what to look at when a figure surprises."""
    return _frame(
        {
            "model": score.model,
            "condition": cell.condition,
            "repetition": score.repetition,
            "transcript": cell.transcript,
            "field": cell.field,
            "verdict": cell.verdict,
            "expected": cell.expected,
            "predicted": cell.predicted,
            "decoy": cell.decoy,
            "near": cell.near,
        }
        for score in scores
        for cell in score.cells
    )


def drafts(scores: Sequence[ModelScore]) -> "pd.DataFrame":
    """Every check of a draft: written, in words, to the right name, no invented amount or day, verbatim quotes."""
    names = ["model", "condition", "repetition", "transcript", "check", "passed", "found"]
    rows = [
        [score.model, one.condition, score.repetition, one.transcript, check.name, check.passed, check.found]
        for score in scores
        for one in score.transcripts
        for check in one.drafts
    ]
    return _frame(rows, columns=names)


def to_csv(frame: "pd.DataFrame") -> str:
    """CSV in which no cell is a formula; an unmeasured figure is an empty cell."""
    safe = [[_shown(value) for value in row] for row in frame.itertuples(index=False)]
    return str(_frame(safe, columns=list(frame.columns)).to_csv(index=False, lineterminator="\r\n"))


def _shown(value: object) -> str:
    if value is None or value != value:  # NaN is the one value that differs from itself
        return ""
    return f"{value:.3f}" if isinstance(value, float) else for_csv(str(value), _LONGEST_CELL)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None
