"""The report of a run, as Markdown and as a page: the same content in both."""

import re
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from blocks.errors import StorageError
from flows.generator.view import run_view
from tasks.records import runs
from tasks.reports.generator import write_generator_report
from tasks.reports.generator_content import DEMO
from tasks.reports.views import RunView, StageView
from tests.reports import records
from tests.reports.pages import generator_html, generator_markdown, read_page

Write = Callable[[RunView], str]
FORMS = pytest.mark.parametrize("write", [generator_markdown, generator_html])
CHAPTERS = ["The run", "Market research report", "Offer", "Appendix: research data", "Appendix: how this was made"]


def headings(markdown: str, level: int) -> list[str]:
    return re.findall(rf"^{'#' * level} (.+)$", markdown, re.MULTILINE)


def test_the_chapters_and_what_they_hold(demo: RunView) -> None:
    text = generator_markdown(demo)

    assert headings(text, 1) == ["Market research and offer: Tern &amp; Tide Practice Finance"]
    assert headings(text, 2) == CHAPTERS
    sections = headings(text, 3)
    assert sections[:2] == ["Executive Summary", "1\\. Market Validation &amp; Opportunity"]
    assert sections[9:16:6] == ["7\\. Offer Rationale", "13\\. Scarcity &amp; Upsells"]
    assert sections[16:18] == ["The business brief", "1\\. Market Analysis"]


def test_the_page_has_the_same_headings(demo: RunView) -> None:
    text, page = generator_markdown(demo), read_page(generator_html(demo))

    charts, contents, sections = 3, 1, len(headings(text, 3))
    assert page.count("h3") == sections + charts
    assert page.count("h2") == len(CHAPTERS) + contents
    targets = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {address.removeprefix("#") for address in page.attributes("href")} <= targets


def test_the_table_has_a_row_for_each_stage_and_the_totals(demo: RunView) -> None:
    text = generator_markdown(demo)

    assert "| 4\\. Avatar Creation | small-4b-q4 | 7.0 | 2,500 / 1,600 | repaired | 95 | unknown |" in text
    assert "| 13 of 13 stages |  | 92.0 | 27,700 / 18,400 | 12 first pass, 1 repaired | 94 | unknown |" in text


@FORMS
def test_a_demo_models_text_is_labelled_at_the_top_and_in_every_section(demo: RunView, write: Write) -> None:
    text = write(demo)

    assert text.index(DEMO) < text.index("The run")
    assert text.count(DEMO) >= 1 + 9 + 12


@FORMS
def test_another_models_text_is_not_labelled(database: Engine, write: Write) -> None:
    records.record(database, records.start(database, provider="cloudflare"))

    assert DEMO not in write(run_view(database, "run-1"))


@FORMS
def test_an_unknown_cost_is_unknown_and_never_nothing(demo: RunView, write: Write) -> None:
    text = write(demo)

    assert "unknown" in text
    assert "$0.00" not in text.replace("\\", "")


def test_a_cost_known_in_part_says_how_much_is_missing(demo: RunView) -> None:
    stages = tuple(replace(stage, cost=0.5 if stage.number < 4 else None) for stage in demo.stages)

    assert "\\$1.50 + 10 unknown" in generator_markdown(replace(demo, stages=stages))


def test_unknown_tokens_are_unknown_too(demo: RunView) -> None:
    stage = replace(demo.stages[0], prompt_tokens=None)

    assert "| unknown / 800 |" in generator_markdown(replace(demo, stages=(stage,)))


def test_a_cost_of_nothing_is_nothing(demo: RunView) -> None:
    stages = tuple(replace(stage, cost=0.0) for stage in demo.stages)

    assert "| \\$0.00 |" in generator_markdown(replace(demo, stages=stages))


@FORMS
def test_a_failed_run_shows_how_far_it_came_and_why(database: Engine, write: Write) -> None:
    run = records.start(database)
    records.record(database, run, until=2)
    runs.save_call(database, records.call(run, "competitive_analysis", at=20, outcome="failed"))
    runs.end_run(database, run.id, "failed", records.START, "The model gave no answer.\nNext: name another model.")

    text = write(run_view(database, "run-1"))

    assert "This run failed; what it had finished by then is below." in text
    assert "Next: name another model." in text
    assert text.count("this stage was not reached") == 10
    assert text.count("this stage has failed") == 1


@FORMS
def test_a_run_that_never_began(write: Write) -> None:
    nothing = RunView("r", "Nobody", "running", "production", "user", datetime(2026, 5, 4, tzinfo=UTC), ())

    assert "still going on" in write(nothing)


@FORMS
def test_amounts_are_in_dollars(demo: RunView, write: Write) -> None:
    assert "$15,000" in write(demo).replace("\\$", "$")


@FORMS
def test_findings_are_listed(demo: RunView, write: Write) -> None:
    assert "1,620 words of the 2,000 wanted" in write(demo)


def test_both_files_are_written_for_their_owner_only(demo: RunView, tmp_path: Path) -> None:
    markdown, page = write_generator_report(demo, tmp_path / "reports")

    assert markdown.name == "tern-tide-practice-finance.md"
    assert page.read_text() == generator_html(demo)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (markdown, page)} == {0o600}


def test_writing_again_replaces_and_leaves_nothing_behind(demo: RunView, tmp_path: Path) -> None:
    first = write_generator_report(demo, tmp_path / "reports")
    again = write_generator_report(replace(demo, status="failed"), tmp_path / "reports")

    assert again == first
    assert sorted((tmp_path / "reports").iterdir()) == sorted(first)
    assert "This run failed" in first[0].read_text()


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\x00c", "", "…", "x" * 500, ".hidden", "日本"])
def test_no_name_leaves_the_folder(demo: RunView, tmp_path: Path, name: str) -> None:
    written = write_generator_report(replace(demo, title=name, id=name), tmp_path / "reports")

    assert {path.parent for path in written} == {tmp_path / "reports"}
    assert all(re.fullmatch(r"[a-z0-9-]{3,89}\.(md|html)", path.name) for path in written)


def test_a_folder_that_cannot_be_written(demo: RunView, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match="free the disk"):
        write_generator_report(demo, tmp_path / "file" / "reports")


def test_a_report_that_cannot_be_written_leaves_nothing_half_done(demo: RunView, tmp_path: Path) -> None:
    (tmp_path / "tern-tide-practice-finance.md").mkdir()

    with pytest.raises(StorageError, match="what is in the database stays"):
        write_generator_report(demo, tmp_path)
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_every_state_has_words(demo: RunView) -> None:
    reused = StageView(1, "a", "A", "research", source="reused", output={"x": 1}, score=90)
    overridden = replace(reused, source="overridden", score=None)

    text = generator_markdown(replace(demo, stages=(reused, overridden)))

    assert "| 1\\. A | – | – | – | reused | 90 | – |" in text
    assert "| 1\\. A | – | – | – | overridden | – | – |" in text
