"""The page of a comparison: models on calls with gold answers, with the header and without, field by field."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from tasks.reports.charts import Bar, Bars, Chart, Point, Points, Ranges, known
from tasks.reports.document import Blocks, Paragraph, line, paragraph, table
from tasks.reports.figures import NONE
from tasks.reports.page import Chapter, Page, Section, write_page
from tasks.transcripts.scoring import tables
from tasks.transcripts.scoring.quality import ModelScore, Rate, meets
from tasks.transcripts.scoring.verdicts import VERDICTS, Condition

if TYPE_CHECKING:
    import pandas as pd

CONDITIONS: tuple[Condition, ...] = get_args(Condition)
FAULTS = ("wrong", "missed", "invented", "decoys", "near")
THRESHOLD = 0.90
"""What is asked of every key field."""
COLOURS = 6
"""Models one chart tells apart; further ones follow in a chart of their own."""
MOST_ROWS = 400
"""Of the longest table; the CSV file has all."""


def comparison_page(scores: Sequence[ModelScore], run_id: str) -> Page:
    """Everything the scores say. Intervals count each transcript once, by its first repetition."""
    return Page(
        title="Models compared on calls with gold answers",
        kicker="Model comparison",
        headline=_headline(scores),
        facts=_facts(scores),
        chapters=(_models(scores), _fields(scores), _verdicts(scores), _drafts(scores), _values(scores)),
        footer=f"Run {run_id}",
        flowing=True,
    )


def write_comparison(scores: Sequence[ModelScore], run_id: str, folder: Path) -> tuple[Path, Path]:
    """Writes both forms of the page; the paths (Markdown, HTML). Raises StorageError."""
    return write_page(comparison_page(scores, run_id), folder, "comparison")


def _first(scores: Sequence[ModelScore], condition: Condition) -> list[ModelScore]:
    return [score for score in scores if (score.condition, score.repetition) == (condition, 1)]


def _headline(scores: Sequence[ModelScore]) -> str:
    """Who has most key fields right, and whether that proves anything."""
    ranked = sorted(_first(scores, "pipeline"), key=lambda score: score.accuracy("key").value or 0, reverse=True)
    if not ranked:
        return "Nothing was scored."
    best = ranked[0].accuracy("key")
    said = (
        f"{ranked[0].model} has {best.right} of {best.n} key fields right ({_interval(best)}) and "
        f"{'reaches' if meets(ranked[0], THRESHOLD) else 'does not reach'} {THRESHOLD:.0%} in each"
    )
    if len(ranked) == 1:
        return f"{said}."
    second = ranked[1].accuracy("key")
    proven = best.interval[0] > second.interval[1]
    return f"{said}; it has the most right of {len(ranked)} models; " + (
        "its interval lies above that of the next." if proven else "the intervals overlap, so no order is proven."
    )


def _interval(rate: Rate) -> str:
    low, high = rate.interval
    return f"95 % interval {100 * low:.0f} to {100 * high:.0f} %"


def _facts(scores: Sequence[ModelScore]) -> tuple[tuple[str, str], ...]:
    models = dict.fromkeys(score.model for score in scores)
    return (
        ("Models", ", ".join(models) or NONE),
        ("Transcripts", str(max((len(score.transcripts) for score in scores), default=0))),
        ("Repetitions", str(max((score.repetition for score in scores), default=0))),
        ("Conditions", "the file as it is (pipeline), and without its header lines (dialogue-only)"),
    )


def _models(scores: Sequence[ModelScore]) -> Chapter:
    lead = (
        "Two of the three key fields stand in most headers: what a model is worth shows where it has only the dialogue."
    )
    return Chapter("Models", "models", lead=lead, blocks=_summary(scores),
                   charts=known(_by_condition(scores)))  # fmt: skip


def _summary(scores: Sequence[ModelScore]) -> Blocks:
    """Models side by side, a row for each figure."""
    frame = tables.summary(scores)
    if frame.empty:
        return (paragraph("There is nothing."),)
    head = ("", *(f"{model}, {condition}" for model, condition in zip(frame["model"], frame["condition"], strict=True)))
    rows = [(name, *map(_shown, frame[name])) for name in frame.columns[2:]]
    return (table(head, rows, frozenset(range(1, len(head)))),)


def _field_rows(scores: Sequence[ModelScore]) -> Blocks:
    rows = [
        (row["field"].replace("_", " "), row["model"], row["condition"], f"{row['right']} of {row['n']}",
         f"{100 * row['low']:.0f} to {100 * row['high']:.0f} %", *(str(row[name]) for name in FAULTS))
        for row in tables.fields(scores).to_dict("records")
    ]  # fmt: skip
    head = ("Field", "Model", "Condition", "Right", "95 % interval", *(name.capitalize() for name in FAULTS))
    return (table(head, rows, frozenset(range(3, 10))),) if rows else (paragraph("There is nothing."),)


def _by_condition(scores: Sequence[ModelScore]) -> Ranges:
    rows = []
    for model in dict.fromkeys(score.model for score in scores):
        mine = {score.condition: score for score in scores if score.model == model and score.repetition == 1}
        rates = [mine[condition].accuracy("key") if condition in mine else None for condition in CONDITIONS]
        rows.append(Points(model, tuple(_point(rate) for rate in rates)))
    return Ranges(
        "Key fields with the header and without",
        "Share of key fields that are right, with the exact 95 % interval.",
        CONDITIONS, tuple(rows), unit=" %", highest=100,
    )  # fmt: skip


def _point(rate: Rate | None) -> Point | None:
    if rate is None or rate.value is None:
        return None
    low, high = rate.interval
    return Point(100 * rate.value, f"{rate.right} of {rate.n}", 100 * low, 100 * high)


def _fields(scores: Sequence[ModelScore]) -> Chapter:
    charts = [chart for condition in CONDITIONS for chart in _by_field(_first(scores, condition), condition)]
    lead = "Every field by itself: a mean over fields would hide the one that is always wrong."
    return Chapter("Fields", "fields", lead=lead, blocks=_field_rows(scores), charts=known(*charts))


def _by_field(scores: Sequence[ModelScore], condition: Condition) -> list[Chart]:
    charts: list[Chart] = []
    for start in range(0, len(scores), COLOURS):
        some = scores[start : start + COLOURS]
        names = dict.fromkeys(cell.field for score in some for cell in score.cells)
        rows = tuple(
            Points(name.replace("_", " "), tuple(_point(score.field(name)) for score in some)) for name in names
        )
        charts.append(Ranges(
            f"Accuracy by field and model, {condition}", "Share of transcripts with the right value, with the exact "
            "95 % interval.", tuple(score.model for score in some), rows, unit=" %", highest=100,
        ))  # fmt: skip
    return charts


def _verdicts(scores: Sequence[ModelScore]) -> Chapter:
    lead = (
        "Missed: the record lacks what was said. Invented: it states what nobody said, the dangerous one. A decoy is a "
        "value set as a trap: a deposit, a superseded quote, somebody else's address."
    )
    rows = [
        (score.model, score.condition, str(score.repetition), cell.transcript, cell.field, cell.expected or NONE, cell.predicted)
        for score in scores for cell in score.cells if cell.decoy
    ]  # fmt: skip
    head = ("Model", "Condition", "Repetition", "Transcript", "Field", "Expected", "Taken instead")
    decoys: Blocks = (table(head, rows[:MOST_ROWS]),) if rows else (paragraph("No decoy was taken."),)
    return Chapter("Verdicts and decoys", "verdicts", lead=lead, blocks=_counts(scores), charts=known(_stacked(scores)),
                   sections=(Section("Decoys that were taken", decoys),))  # fmt: skip


def _by_verdict(scores: Sequence[ModelScore]) -> list[tuple[ModelScore, tuple[int, ...]]]:
    """The first repetitions, and how many of their values got each verdict."""
    return [
        (score, tuple(score.count(verdict) for verdict in VERDICTS)) for score in scores if score.repetition == 1
    ]  # fmt: skip


def _counts(scores: Sequence[ModelScore]) -> Blocks:
    rows = [
        (score.model, score.condition, *map(str, counts), str(sum(counts))) for score, counts in _by_verdict(scores)
    ]
    head = ("Model", "Condition", *(verdict.capitalize() for verdict in VERDICTS), "Values")
    return (table(head, rows, frozenset(range(2, len(head)))),)


def _stacked(scores: Sequence[ModelScore]) -> Bars:
    bars = (
        Bar(f"{score.model}, {score.condition}", tuple(map(float, counts)), f"{sum(counts)} values")
        for score, counts in _by_verdict(scores)
    )
    return Bars(
        "Five verdicts", "Values of the first repetition by verdict, one bar a model and condition.", VERDICTS, tuple(bars)
    )  # fmt: skip


def _drafts(scores: Sequence[ModelScore]) -> Chapter:
    return Chapter("Lists and drafts", "lists", sections=(
        Section("Lists against gold, matched one to one", _table(tables.lists(scores))),
        Section("What was written, checked by rules", _table(tables.drafts(scores))),
    ))  # fmt: skip


def _values(scores: Sequence[ModelScore]) -> Chapter:
    """What to look at when a figure surprises."""
    frame = tables.cells(scores)
    wrong = frame[~frame["verdict"].isin(("correct", "correctly null"))] if len(frame) else frame
    return Chapter("Values that are not right", "values", blocks=_table(wrong))


def _table(frame: "pd.DataFrame") -> Blocks:
    from pandas.api.types import is_numeric_dtype

    if frame.empty:
        return (paragraph("There is nothing."),)
    rows = [tuple(_shown(value) for value in row) for row in frame.head(MOST_ROWS).itertuples(index=False)]
    numeric = frozenset(n for n, name in enumerate(frame.columns) if is_numeric_dtype(frame[name]))
    more = len(frame) - MOST_ROWS
    said = (Paragraph(line(f"And {more:,} more in the CSV file.")),) if more > 0 else ()
    return (table(tuple(map(str, frame.columns)), rows, numeric), *said)


def _shown(value: object) -> str:
    """A figure in words; NaN, the one value that differs from itself, was not measured."""
    if value is None or value != value:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
