"""Emergencies, drift, drills and history."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from blocks.errors import GateError
from flows.transitions.drift import handle, note_new, scan
from flows.transitions.drill import SPARE, newest_drill, record_drill, rehearse
from flows.transitions.history import as_of, history
from flows.transitions.incidents import close, emergency
from flows.transitions.known import frozen
from flows.transitions.moving import roll_back
from flows.transitions.tracker_view import tracker_view
from tasks.reports.page import page_markdown
from tasks.reports.tracker import tracker_page
from tests.transitions.memory import a_lineup
from tests.transitions.scenes import ROLE, START
from tests.transitions.several import newest
from tests.transitions.story import GATE, Story


def declare(story: Story, **given: Any) -> None:
    asyncio.run(emergency(story.world, "Grace", "Customers see nonsense.", **given))


def found(story: Story) -> list[str]:
    return [finding.sentence for finding in asyncio.run(scan(story.world))]


class TestEmergency:
    def test_takes_back_what_is_promoted_and_freezes(self, story: Story) -> None:
        declare(story.awaiting().answered())
        assert (story.gate.state, story.serves(), frozen(story.world)) == (
            "ROLLED_BACK",
            "old",
            "Customers see nonsense.",
        )

    def test_twice_reaches_no_further_back(self, story: Story) -> None:
        story.awaiting().answered().served()
        declare(story)
        declare(story)
        assert len(story.world.read("incident_opened")) == 1
        assert len([e for e in story.world.read("moved") if e.body["to"] == "ROLLED_BACK"]) == 1

    def test_nothing_starts_until_it_is_closed(self, story: Story) -> None:
        story.prepared()
        declare(story)
        assert "incident is open" in story.planned().moved().gate.reason
        close(story.world, "Grace", "A bad deployment; replaced.")
        assert frozen(story.world) == ""

    def test_is_closed_with_its_cause(self, story: Story) -> None:
        declare(story)
        with pytest.raises(GateError, match="cause"):
            close(story.world, "Grace", " ")

    def test_needs_a_reason(self, story: Story) -> None:
        with pytest.raises(GateError, match="reason"):
            asyncio.run(emergency(story.world, "Grace", ""))


def test_the_latest_change_taken_back_twice_leaves_the_one_before(story: Story) -> None:
    story.awaiting().answered()
    for _ in range(2):
        asyncio.run(roll_back(story.world, newest(story), "Grace", "slow"))
    assert newest(story) == GATE


class TestDrift:
    def edited(self, story: Story) -> Story:
        """A lineup's number and a model's number, edited by hand."""
        asyncio.run(note_new(story.world))
        story.blocks.lineups["generator", "production"]["report_words"] = 900
        story.blocks.facts["old"]["temperature"] = 1.5
        return story

    def test_what_was_never_seen_is_noted_once(self, story: Story) -> None:
        assert asyncio.run(note_new(story.world)) == ["production", "preview", "old", "new"]
        assert asyncio.run(note_new(story.world)) == []
        assert found(story) == []

    def test_what_is_known_is_looked_up_in_the_ledger_once_not_for_every_lineup(self, story: Story) -> None:
        asyncio.run(note_new(story.world, ("production", "preview", "spare")))
        asked: list[str] = []
        event.listen(story.world.database, "before_cursor_execute", lambda *given: asked.append(given[2]))
        asyncio.run(note_new(story.world, ("production", "preview", "spare")))
        assert len([question for question in asked if "FROM ledger" in question]) == 2

    def test_numbers_are_seen_too(self, story: Story) -> None:
        assert found(self.edited(story)) == [
            "In the generator lineup 'production' report_words is 900 instead of 5500.",
            "In the model 'old' temperature is 1.5 instead of 0.1.",
        ]

    def test_keeps_gates_from_starting(self, story: Story) -> None:
        assert "temperature is 1.5" in self.edited(story).prepared().planned().moved().gate.reason

    @pytest.mark.parametrize(("policy", "words"), [("adopt", 900), ("revert", 5500)])
    def test_is_settled_by_policy(self, story: Story, policy: Any, words: int) -> None:
        self.edited(story)
        for finding in asyncio.run(scan(story.world)):
            asyncio.run(handle(story.world, finding, policy, "Grace", "agreed"))
        assert found(story) == []
        assert story.blocks.lineups["generator", "production"]["report_words"] == words

    def test_may_freeze_everything(self, story: Story) -> None:
        finding = asyncio.run(scan(self.edited(story).world))[0]
        asyncio.run(handle(story.world, finding, "freeze", "Grace", "who was it?"))
        assert "who was it?" in frozen(story.world)

    def test_is_not_settled_without_a_reason(self, story: Story) -> None:
        finding = asyncio.run(scan(self.edited(story).world))[0]
        with pytest.raises(GateError, match="reason"):
            asyncio.run(handle(story.world, finding, "adopt", "Grace", ""))

    @pytest.mark.parametrize(
        ("kind", "policy", "why"),
        [("lineup", "adopt", "nothing to adopt"), ("model", "adopt", "deleted"), ("model", "revert", "deleted")],
    )
    def test_what_cannot_be_done_about_a_deleted_block_is_not_recorded(
        self, story: Story, kind: str, policy: Any, why: str
    ) -> None:
        asyncio.run(note_new(story.world))
        if kind == "lineup":
            del story.blocks.lineups["generator", "production"]
        else:
            del story.blocks.facts["old"]
        [finding] = asyncio.run(scan(story.world))
        with pytest.raises(GateError, match=why):
            asyncio.run(handle(story.world, finding, policy, "Grace", "agreed"))
        assert story.world.read("drift") == []

    def test_a_deleted_lineup_comes_back_by_reverting(self, story: Story) -> None:
        asyncio.run(note_new(story.world))
        del story.blocks.lineups["generator", "production"]
        [finding] = asyncio.run(scan(story.world))
        asyncio.run(handle(story.world, finding, "revert", "Grace", "a slip"))
        assert story.blocks.lineups["generator", "production"] == a_lineup()

    def test_gates_themselves_are_no_drift(self, story: Story) -> None:
        asyncio.run(note_new(story.world))
        story.awaiting().answered()
        assert found(story) == []


class TestDrill:
    def test_every_bad_candidate_is_caught_and_taken_back(self, story: Story) -> None:
        story.blocks.facts["drill-candidate"] = {}
        drilled = asyncio.run(rehearse(story.world, "generator"))
        assert {one.candidate: one.passed for one in drilled} == {"dead": True, "slow": True, "sloppy": True}
        assert drilled[0].calls <= 3
        assert story.serves() == "old"

    def test_fails_when_the_way_back_is_dead(self, story: Story) -> None:
        story.blocks.dead.add("old")
        drilled = asyncio.run(rehearse(story.world, "generator"))
        assert [(one.passed, one.calls, "way back is dead" in one.detail) for one in drilled] == [(False, 0, True)] * 3

    def test_a_model_that_has_to_be_loaded_first_is_loaded_before_the_clock_runs(self, story: Story) -> None:
        story.blocks.loading = 3 * SPARE.total_seconds()
        drilled = asyncio.run(rehearse(story.world, "generator", timer=lambda: story.blocks.spent))
        assert [one.candidate for one in drilled if not one.passed] == []

    def test_the_newest_of_a_pipeline_can_be_read_again(self, story: Story) -> None:
        drilled = asyncio.run(rehearse(story.world, "generator"))
        record_drill(story.world, "generator", "tester", drilled)
        again = newest_drill(story.world, "generator")
        assert [(one.candidate, one.calls, one.passed) for one in again] == [
            (one.candidate, one.calls, one.passed) for one in drilled
        ]
        assert newest_drill(story.world, "transcripts") == []

    def test_leaves_records_and_gates_alone(self, story: Story) -> None:
        drilled = asyncio.run(rehearse(story.world, "generator"))
        record_drill(story.world, "generator", "tester", drilled)
        assert [entry.kind for entry in story.world.read()] == ["drilled"]


class TestHistory:
    def test_begins_with_the_documents_failed_attempt(self, story: Story) -> None:
        first, second = history(story.world)
        assert (first.outcome, first.from_documents, f"{first.at:%Y-%m-%d}") == ("ROLLED_BACK", True, "2025-01-26")
        assert (second.what, second.from_documents) == ("baseline", True)

    def test_tells_attempts_approvals_and_incidents_in_order(self, story: Story) -> None:
        declare(story.awaiting().answered())
        told = [(event.what, event.outcome) for event in history(story.world)][2:]
        assert told == [
            ("baseline", "passed"), ("drill", "passed"), ("gate", "PLANNED"), ("gate", "TESTING"),
            ("gate", "MONITORING"), ("gate", "AWAITING_APPROVAL"), ("approval", "approve"), ("gate", "PROMOTED"),
            ("incident", "opened"), ("gate", "ROLLED_BACK"),
        ]  # fmt: skip

    def test_what_people_typed_breaks_no_table(self, story: Story) -> None:
        story.awaiting().answered("Grace", "reject", reason="a | b\n<img> `x`")
        page = page_markdown(tracker_page(asyncio.run(tracker_view(story.world))))
        assert "a \\| b &lt;img&gt; \\`x\\`" in page
        assert "<img" not in page

    def test_who_served_when(self, story: Story) -> None:
        asyncio.run(note_new(story.world))
        promoted = story.awaiting().answered().clock.now
        story.waited(hours=1).rolled_back()

        def model(at: Any) -> str | None:
            return as_of(story.world, "generator", "production", at).get(ROLE)

        moments = (START - timedelta(days=1), START, promoted, promoted + timedelta(hours=2))
        assert [model(at) for at in moments] == [None, "old", "new", "old"]
