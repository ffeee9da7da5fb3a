"""The page of a gate and that of all phases: verdict first, everything an approver needs, nothing that acts."""

import dataclasses
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tasks.reports.as_markdown import as_markdown
from tasks.reports.comparison import comparison_page
from tasks.reports.document import Link
from tasks.reports.gate import gate_page, gate_summary
from tasks.reports.gate_views import AnswerView, GateView
from tasks.reports.page import Page, page_html, page_markdown
from tasks.reports.tracker import tracker_page
from tasks.reports.tracker_views import TrackerView
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


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://x/)[y](z", "/a b", "ftp://x", 'http://x/"onclick'])
def test_a_link_is_a_plain_web_address_or_none(address: str) -> None:
    with pytest.raises(ValueError, match="no plain web address"):
        Link("x", address)
