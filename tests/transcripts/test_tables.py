"""Figures from cells: intervals, one quality score with its parts, tables that are only text."""

import csv
import io
from dataclasses import replace

import pytest
from scipy.stats import binomtest

from deployments.transcript_tables import score_tables
from tasks.transcripts.scoring import tables
from tasks.transcripts.scoring.quality import ModelScore, Quality, Rate, meets, spread
from tasks.transcripts.scoring.verdicts import (
    VERDICTS,
    Cell,
    DraftCheck,
    ListScore,
    StepDetails,
    TranscriptScore,
    Verdict,
)


def cell(field: str, verdict: Verdict, predicted: str = "x") -> Cell:
    group = "key" if field in ("client_name", "client_email", "deal_amount") else "scalar"
    return Cell("t1", "pipeline", field, group, "y", predicted, verdict, decoy=verdict == "wrong")  # type: ignore[arg-type]


def scored(*cells: Cell, first_try: float | None = 1.0, repetition: int = 1, model: str = "m") -> ModelScore:
    lists = (ListScore("t1", "pipeline", "next_steps", 1, 2, 2),)
    transcript = TranscriptScore("t1", "pipeline", cells, lists, StepDetails(0, 0, 0, 0))
    return ModelScore(model, "pipeline", (transcript,), first_try, repetition)


ALL = scored(*(cell("client_name", verdict) for verdict in VERDICTS), cell("outcome", "correct"))


def test_right_is_correct_or_correctly_null() -> None:
    assert ALL.accuracy("key") == Rate(2, 5)
    assert (ALL.count("invented"), ALL.decoys) == (1, 1)


@pytest.mark.parametrize(("right", "n"), [(27, 30), (30, 30), (0, 4), (59, 60)])
def test_intervals_are_exact(right: int, n: int) -> None:
    expected = binomtest(right, n).proportion_ci(0.95, "exact")

    assert Rate(right, n).interval == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_no_value_proves_nothing() -> None:
    assert (Rate(0, 0).value, Rate(0, 0).interval) == (None, (0.0, 1.0))


def test_the_quality_score_is_the_weighted_sum_of_its_parts() -> None:
    quality = ALL.quality

    assert (quality.key, quality.scalar, quality.lists) == (0.4, 1.0, 0.5)
    assert quality.integrity == pytest.approx(1 - 1 / 6)
    assert quality.total == pytest.approx(0.5 * 0.4 + 0.2 + 0.15 * 0.5 + 0.15 * 5 / 6)


def test_a_part_that_was_not_measured_leaves_no_total() -> None:
    assert scored(cell("outcome", "correct"), first_try=None).quality.total is None
    assert Quality(1.0, 1.0, None, 1.0, 0.0).total is None


def test_an_empty_list_is_right_when_gold_is_empty() -> None:
    empty = ListScore("t1", "pipeline", "objections", 0, 0, 0)

    assert (empty.precision, empty.recall, empty.f1) == (1.0, 1.0, 1.0)
    assert replace(empty, predicted=2).f1 == 0.0


def test_each_key_field_must_reach_the_threshold_alone() -> None:
    good = [cell(name, "correct") for name in ("client_name", "client_email", "deal_amount")]

    assert meets(scored(*good), 0.9)
    assert not meets(scored(*good * 9, cell("deal_amount", "wrong"), cell("deal_amount", "wrong")), 0.9)
    assert not meets(scored(*good[:2]), 0.9)


def test_repetitions_give_mean_and_spread() -> None:
    again = scored(cell("client_name", "correct"), cell("outcome", "correct"), repetition=2)

    row = tables.summary([ALL, again]).iloc[0]

    assert (row["repetitions"], row["transcripts"]) == (2, 1)
    assert row["lowest"] < row["quality"] < row["highest"]
    assert spread([0.5, None]) is None


def test_repetitions_are_no_new_evidence_for_an_interval() -> None:
    frame = tables.fields([ALL, scored(cell("client_name", "correct"), repetition=2)])

    assert frame.set_index("field").loc["client_name", "n"] == 5


def test_each_verdict_has_its_own_column_in_file_and_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    frame = tables.fields([ALL])

    assert list(frame.set_index("field").loc["client_name", list(VERDICTS)]) == [1] * 5
    score_tables(tables.summary([ALL]).to_dict("records"), frame.to_dict("records"))
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["field", "correct", "correctly", "null", "wrong", "missed", "invented", "right", "(95", "%)"] in shown
    assert ["client_name", *"11111", "40%", "(5%", "to", "85%)"] in shown


def test_every_value_can_be_looked_up() -> None:
    assert len(tables.cells([ALL])) == 6
    assert tables.lists([ALL]).iloc[0]["F1"] == 0.5


def test_every_check_of_a_draft_is_a_row_and_what_was_not_measured_an_empty_cell() -> None:
    draft = DraftCheck("amounts", True, "none invented")
    checked = TranscriptScore("t1", "pipeline", (), (), StepDetails(0, 0, 0, 0), (draft,))
    row = tables.drafts([ModelScore("m", "pipeline", (checked,), None, 1)]).iloc[0]
    assert (row["check"], row["passed"], row["found"]) == ("amounts", True, "none invented")

    text = tables.to_csv(tables.summary([scored(cell("outcome", "correct"), first_try=None)]))
    assert "" in next(csv.DictReader(io.StringIO(text))).values()


HOSTILE = '=cmd()|<img src=x onerror="alert(1)">\n# [a](javascript:x)\x00\u202e'


def test_hostile_values_are_text_in_csv() -> None:
    text = tables.to_csv(tables.cells([scored(cell("outcome", "wrong", HOSTILE), model="@model")]))

    row = next(csv.DictReader(io.StringIO(text)))
    assert row["predicted"].startswith("'=cmd()")
    assert row["model"] == "'@model"
