"""The page of a gate and that of all phases: verdict first, everything an approver needs, nothing that acts."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tasks.judging.cost import CostPairs
from tasks.judging.evidence import Evidence, PairTally, RoleEvidence
from tasks.judging.observations import Call
from tasks.reports.as_html import as_html
from tasks.reports.as_markdown import as_markdown
from tasks.reports.comparison import comparison_page
from tasks.reports.document import Link, Paragraph
from tasks.reports.gate import gate_page, gate_summary, write_gate_report
from tasks.reports.gate_charts import evidence_charts, stage_charts, window_chart
from tasks.reports.gate_tables import afterwards_table, harm_table, stages_table
from tasks.reports.gate_views import AnswerView, GateView, Spread, figures_of
from tasks.reports.page import Page, page_html, page_markdown
from tasks.reports.tracker import NEWEST, tracker_page, write_tracker
from tasks.reports.tracker_views import HistoryView, TrackerView
from tests.reports.comparisons import scores
from tests.reports.pages import read_page
from tests.reports.test_hostile import HOSTILE, assert_harmless


def text(page: Page) -> str:
    return read_page(page_html(page)).text


def test_the_verdict_comes_first(waiting: GateView) -> None:
    shown = page_markdown(gate_page(waiting)).splitlines()
    assert shown[2].startswith("**Pass: 21 of 21 requirements proven")


def test_an_approver_finds_what_the_decision_rests_on(waiting: GateView) -> None:
    shown = page_markdown(gate_page(waiting))
    for words in ("0.85 (0.83–0.87)", "22 of 24, 20 needed", "69 / 69", "rate below 4.2 %", "98.2 / 98.1", "0 of 1 approval given",
                  "1. Results compared with the baseline", "3 of 3 proven", "Suite run", "Started by Ada"):  # fmt: skip
        assert words in shown


def test_whoever_is_asked_again_reads_first_why(waiting: GateView) -> None:
    refused = AnswerView(waiting.as_of, "grace", "not accepted", False, "The one-time code is wrong.")
    again = as_markdown(gate_summary(dataclasses.replace(waiting, answers=(refused,)))).split("\n\n")
    assert again[1] == "**Asked again. The answer of grace was not accepted: The one-time code is wrong.**"
    assert "Asked again" not in as_markdown(gate_summary(waiting))


def test_bounds_are_not_told_before_the_plan_is_reached(taken_back: GateView) -> None:
    shown = page_markdown(gate_page(taken_back))
    assert "(0.00" not in shown
    assert "**Rolled back on 2026-11-02" in shown
    assert "ALARM" in shown


def test_a_gate_that_is_stable_says_who_approved_and_what_came_after(served: tuple[GateView, TrackerView]) -> None:
    shown = page_markdown(gate_page(served[0]))
    assert "**Approvals:** 1 of 1: Grace" in shown
    assert "## Since promotion" in shown
    assert "Pass: 21 of 21" in shown


def test_calls_that_are_gone_leave_the_recorded_sentences(served: tuple[GateView, TrackerView]) -> None:
    forgotten = dataclasses.replace(served[0], recorded={**served[0].recorded, "evidence_digest": "other"})
    shown = page_markdown(gate_page(forgotten))
    assert "Not all calls this was decided on are stored any more" in shown
    assert "the failure rate is below 4.3 %" in shown


def test_the_tracker_tells_phases_models_incidents_and_history(served: tuple[GateView, TrackerView]) -> None:
    shown = page_markdown(tracker_page(served[1]))
    for words in ("| generator-1 | Analytical stages \\(1-3\\) | Stable |".replace("\\", ""), "phasegate plan generator-2",
                  "| 1\\. Market analysis | new | 2026-11-03 08:40 | new | llama-3-1-70b-fp8-fast |",
                  "An incident is open", "Grace: A key leaked.", "Ada: A prompt was cut.", "2025-01-26 (documents)"):  # fmt: skip
        assert words in shown


def test_a_long_history_is_told_newest_first_up_to_a_number_and_the_rest_is_named(
    served: tuple[GateView, TrackerView],
) -> None:
    lines = tuple(HistoryView("2026-11-03", "gate", f"gate-{n}-", "STABLE", "") for n in range(NEWEST + 5))
    shown = page_markdown(tracker_page(dataclasses.replace(served[1], history=lines)))
    assert "These are the newest 1,000 of 1,005; all: phasegate history" in shown
    assert "last 1005." in shown
    assert shown.index("gate-1004-") < shown.index("gate-5-")
    assert "gate-4-" not in shown
    assert "newest 1,000" not in page_markdown(tracker_page(dataclasses.replace(served[1], history=lines[5:])))


@pytest.mark.parametrize(("failed", "seconds"), [(False, Spread(3.0, 3.0, 3.0, 1)), (True, None)])
def test_one_call_is_its_own_spread_and_a_failed_one_has_none(failed: bool, seconds: Spread | None) -> None:
    call = Call(role="client", arm="candidate", at=datetime(2026, 3, 2, tzinfo=UTC), run_id="run-1", failed=failed,
                score=None, seconds=3.0, cost=0.5)  # fmt: skip
    (found,) = figures_of([call]).values()
    assert (found.seconds, found.cost, found.spent, found.unpriced) == (seconds, 0.5, 0.5, 0)


def test_a_comparison_says_what_is_proven() -> None:
    assert "the intervals overlap, so no order is proven" in text(comparison_page(scores(), "run-1"))


def test_repetitions_add_nothing_to_an_interval() -> None:
    again = [*scores(), *(dataclasses.replace(one, repetition=2) for one in scores())]
    assert comparison_page(again, "r").headline == comparison_page(scores(), "r").headline


def poisoned(value: Any, words: str) -> Any:
    """The same view with every text people or models may have written replaced."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: poisoned(getattr(value, each.name), words) for each in dataclasses.fields(value)}
        kept = {name: getattr(value, name) for name in KEPT if name in fields}
        return dataclasses.replace(value, **{**fields, **kept})
    if isinstance(value, str):
        return words
    return tuple(poisoned(item, words) for item in value) if isinstance(value, tuple) else value


KEPT = ("role", "state", "links", "traces", "plan", "key", "condition", "group", "verdict")


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_people_typed_is_only_shown(
    words: str, waiting: GateView, served: tuple[GateView, TrackerView]
) -> None:
    gate, tracker = poisoned(waiting, words), poisoned(served[1], words)
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for page in (gate_page(gate), tracker_page(tracker), comparison_page(scores(words, words), words)):
        assert_harmless(read_page(page_html(page)))
        assert_harmless(read_page(reader.render(page_markdown(page))))


def test_what_nothing_was_measured_of_has_no_chart(waiting: GateView) -> None:
    assert waiting.evidence is not None
    silent = Evidence(window=waiting.evidence.window)
    assert len(stage_charts(waiting)) == 4
    assert stage_charts(dataclasses.replace(waiting, evidence=silent, figures=None)) == ()


def test_before_testing_there_is_nothing_to_draw_or_to_count(waiting: GateView) -> None:
    begun = dataclasses.replace(waiting, evidence=None, testing_since=None, afterwards=None)
    assert stage_charts(begun) == evidence_charts(begun) == window_chart(begun) == ()
    assert stages_table(begun) == afterwards_table(begun) == ()


@pytest.mark.parametrize(("costs", "shown"), [({"unknown": 1}, "unknown"), ({"free": 1}, "free"), ({}, "–")])
def test_a_cost_without_a_ratio_says_why(waiting: GateView, costs: dict[str, int], shown: str) -> None:
    assert waiting.evidence is not None
    seen = RoleEvidence(pairs=PairTally(pairs=1, costs=CostPairs(**costs)), buckets=(0,) * 24)
    roles = dict.fromkeys(waiting.plan.changed, seen)
    view = dataclasses.replace(waiting, evidence=waiting.evidence.model_copy(update={"roles": roles}))
    assert f"| {shown} |" in as_markdown(stages_table(view)).splitlines()[2]


def test_evidence_beyond_all_doubt_is_a_power(taken_back: GateView) -> None:
    assert taken_back.verdict is not None
    worst = taken_back.verdict.harm[0].model_copy(update={"log_e": 1876.0})
    view = dataclasses.replace(taken_back, verdict=taken_back.verdict.model_copy(update={"harm": (worst,)}))
    assert "e^1876" in as_markdown(harm_table(view))


def test_both_forms_of_a_page_are_written(served: tuple[GateView, TrackerView], tmp_path: Path) -> None:
    edited = dataclasses.replace(served[1], edited=("The block 'new' was edited.",))
    for markdown, html in (write_gate_report(served[0], tmp_path), write_tracker(edited, tmp_path)):
        assert markdown.read_text().startswith("# ")
        assert html.read_text().startswith("<!doctype html>")
    assert "The block 'new' was edited." in read_page(html.read_text()).text


def test_a_link_is_a_link_in_both_forms() -> None:
    block = Paragraph((Link("the run", "http://127.0.0.1:4200/runs?id=1"),))
    assert as_markdown((block,)) == "[the run](http://127.0.0.1:4200/runs?id=1)"
    assert '<a href="http://127.0.0.1:4200/runs?id=1"' in as_html((block,))


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://x/)[y](z", "/a b", "ftp://x", 'http://x/"onclick'])
def test_a_link_is_a_plain_web_address_or_none(address: str) -> None:
    with pytest.raises(ValueError, match="no plain web address"):
        Link("x", address)
