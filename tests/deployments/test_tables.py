"""Tables in terminals of every width: names stay whole, text wraps, and a row is told in lines where it does not fit."""

import pytest

from deployments.commands.operations import show
from deployments.tables import shared_out, show_markdown, show_table
from deployments.terminal import console
from tasks.operations.checks import Check

HEADINGS = ("block", "model", "serves", "found")
NAMES = ("embedded-smollm2-135m-instruct", "@cf/meta/llama-3.1-70b-instruct", "generator/preview:")
ROWS = [(*NAMES[:2], "generator/preview: 13 roles\ngenerator/production: 13 roles", "some words " * 9 + "x" * 90)]


def at(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_width", width)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160])
def test_names_are_whole_at_every_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(width, monkeypatch)
    show_table(HEADINGS, ROWS, prose=("found",))
    show_markdown("| role | model |\n|---|---|\n| 1. Market analysis of all there is to know | " + NAMES[1] + " |\n")
    shown = capsys.readouterr().out
    assert "…" not in shown
    assert all(name in shown for name in NAMES)
    assert shown.count("x") >= 90


def test_a_table_fits_where_its_names_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    at(120, monkeypatch)
    show_table(HEADINGS, ROWS, prose=("found",))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == list(HEADINGS)
    assert max(map(len, lines)) <= 120


def test_a_row_that_does_not_fit_is_told_in_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(60, monkeypatch)
    show_table(HEADINGS, [(*ROWS[0][:3], "")])
    assert capsys.readouterr().out.splitlines() == [
        NAMES[0], f"  model: {NAMES[1]}", "  serves: generator/preview: 13 roles", "    generator/production: 13 roles",
    ]  # fmt: skip


def test_what_is_left_over_is_shared_and_no_column_gets_more_than_it_can_use() -> None:
    assert shared_out([(5, 6), (5, 100), (5, 100)], 36) == [6, 15, 15]
    assert shared_out([(5, 6), (5, 8)], 36) == [6, 8]
    assert shared_out([(5, 6), (5, 8)], 9) == []


def test_the_doctor_says_once_what_several_checks_need_and_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(80, monkeypatch)
    show([Check(f"lineup {number}", "failed", 0.0, "None.", "run `phasegate bootstrap` " * 3) for number in (1, 2)])
    do = "run `phasegate bootstrap` " * 3
    assert capsys.readouterr().out.splitlines()[-1] == f"Next, for lineup 1, lineup 2: {do}"
