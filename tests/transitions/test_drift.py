"""Edits by hand that are adopted: what adopting may do, and what only a gate may."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from blocks.errors import GateError, InputError
from flows.transitions.drift import Finding, handle, note_entered, note_new, require_known, scan
from flows.transitions.moving import advance
from flows.transitions.world import Content
from tasks.records.ledger import AlreadyMovedError
from tests.transitions.memory import MemoryBlocks
from tests.transitions.scenes import ROLE
from tests.transitions.story import GATE, Story

PROTECTED = "avatar_creation"


def edited(story: Story, lineup: str = "production", **fields: Any) -> Story:
    asyncio.run(note_new(story.world))
    story.blocks.lineups["generator", lineup].update(fields)
    return story


def adopted(story: Story) -> Story:
    for finding in asyncio.run(scan(story.world)):
        asyncio.run(handle(story.world, finding, "adopt", "Grace", "agreed"))
    assert asyncio.run(scan(story.world)) == []
    return story


def test_what_a_command_has_entered_is_known_and_what_a_person_changed_besides_is_not(story: Story) -> None:
    asyncio.run(note_new(story.prepared().world))
    for block in story.blocks.facts.values():
        block["account_id"] = "a"
    story.blocks.facts["new"]["temperature"] = 0.9
    asyncio.run(note_entered(story.world, "Grace", ("account_id",), "entered"))
    assert [finding.name for finding in asyncio.run(scan(story.world))] == ["new"]


def test_a_name_of_no_block_is_not_said_to_be_unedited(story: Story) -> None:
    with pytest.raises(InputError, match="`phasegate bootstrap`"):
        require_known(story.world, "new")
    asyncio.run(note_new(story.world))
    for name in ("new", "preview"):
        require_known(story.world, name)
    with pytest.raises(InputError, match=r"no block 'newer'.*\n.*\nNext: use one of: new, old, preview, production."):
        require_known(story.world, "newer")


class TestOfAProtectedRole:
    def test_in_production_is_not_adopted(self, story: Story) -> None:
        edited(story.prepared(), **{PROTECTED: "new"})
        with pytest.raises(GateError, match="avatar_creation is protected"):
            adopted(story)
        assert len(asyncio.run(scan(story.world))) == 1
        assert story.world.read("drift") == []

    def test_is_adopted_while_the_pipeline_is_set_up(self, story: Story) -> None:
        adopted(edited(story, **{PROTECTED: "new"}))

    def test_is_adopted_where_nobody_is_served(self, story: Story) -> None:
        adopted(edited(story.prepared(), "preview", **{PROTECTED: "new"}))

    def test_is_adopted_where_the_model_does_not_answer_any_more(self, story: Story) -> None:
        story.blocks.dead.add("old")
        adopted(edited(story.prepared(), **{PROTECTED: "new"}))

    def test_leaves_the_other_roles_alone(self, story: Story) -> None:
        adopted(edited(story.prepared(), buyer_psychology="new"))


class TestOfTheBlockThatServesAProtectedRole:
    FIELDS: ClassVar[Mapping[str, str]] = {"provider": "ollama", "model": "old-70b", "expected_digest": "9f59"}

    def edited(self, story: Story, **fields: Any) -> Story:
        story.blocks.facts["old"].update(self.FIELDS)
        asyncio.run(note_new(story.prepared().world))
        story.blocks.facts["old"].update(fields)
        return story

    @pytest.mark.parametrize(
        "another",
        [{"model": "another-8b"}, {"provider": "cloudflare"}, {"expected_digest": ""}, {"expected_digest": "a0"}],
    )
    def test_another_model_is_not_adopted(self, story: Story, another: dict[str, str]) -> None:
        with pytest.raises(GateError, match="It serves the role avatar_creation, which is protected"):
            adopted(self.edited(story, **another))
        assert story.world.read("drift") == []

    @pytest.mark.parametrize("same", [{"temperature": 0.3}, {"base_url": "http://b"}, {"expected_digest": "9f59c1"}])
    def test_the_same_model_with_other_settings_is(self, story: Story, same: dict[str, Any]) -> None:
        adopted(self.edited(story, **same))

    def test_another_model_is_where_it_serves_none(self, story: Story) -> None:
        story.blocks.lineups["generator", "production"][PROTECTED] = "new"
        adopted(self.edited(story, model="another-8b"))

    def test_another_model_is_while_the_pipeline_is_set_up(self, story: Story) -> None:
        asyncio.run(note_new(story.world))
        story.blocks.facts["old"]["model"] = "another-8b"
        adopted(story)


class TestWhileAGateIsOpen:
    def monitoring(self, story: Story) -> Story:
        for lineup in story.blocks.lineups.values():
            lineup[PROTECTED] = "its own"
        asyncio.run(note_new(story.world))
        return story.monitoring()

    def test_an_edit_of_a_model_that_was_new_at_the_start_ends_it(self, story: Story) -> None:
        story.prepared().planned().moved().blocks.facts["new"]["temperature"] = 0.9
        assert story.moved().gate.state == "ROLLED_BACK"
        assert "temperature" in story.gate.reason

    @pytest.mark.parametrize("model", ["old", "new"])
    def test_another_model_behind_a_compared_block_ends_it(self, story: Story, model: str) -> None:
        self.monitoring(story).blocks.facts[model]["model"] = "another-8b"
        assert adopted(story).moved().gate.state == "ROLLED_BACK"
        assert "adopted while the gate was open" in story.gate.reason
        assert "another-8b" in story.gate.reason

    def test_a_changed_role_ends_it(self, story: Story) -> None:
        self.monitoring(story)
        assert adopted(edited(story, "preview", **{ROLE: "third"})).moved().gate.state == "ROLLED_BACK"

    def test_what_it_does_not_compare_does_not(self, story: Story) -> None:
        self.monitoring(story).blocks.facts["other"] = {"model": "other-8b"}
        assert adopted(story).moved().gate.state == "MONITORING"

    @pytest.mark.parametrize(("lineup", "treated"), [("production", adopted), ("preview", lambda story: story)])
    def test_lineups_that_come_to_differ_in_more_than_the_change_end_it(
        self, story: Story, lineup: str, treated: Any
    ) -> None:
        treated(edited(self.monitoring(story), lineup, buyer_psychology="new", report_words=900)).moved()
        assert (story.gate.state, story.serves("preview")) == ("ROLLED_BACK", "old")
        assert "in buyer_psychology and report_words, which this gate does not change" in story.gate.reason

    def test_the_same_edit_of_both_lineups_does_not(self, story: Story) -> None:
        edited(edited(self.monitoring(story), report_words=900), "preview", report_words=900)
        assert story.moved().gate.state == "MONITORING"

    def test_an_edit_after_the_window_leaves_what_was_proven(self, story: Story) -> None:
        assert edited(story.awaiting(), "preview", report_words=900).answered().gate.state == "PROMOTED"

    def test_what_was_adopted_before_it_began_does_not(self, story: Story) -> None:
        asyncio.run(note_new(story.world))
        story.blocks.facts["new"]["temperature"] = 0.7
        assert adopted(story).monitoring().moved().gate.state == "MONITORING"

    @pytest.mark.parametrize("end", ["promoted", "rolled back"])
    def test_an_edit_of_something_else_stays_and_stays_an_edit(self, story: Story, end: str) -> None:
        edited(self.monitoring(story).monitored(), report_words=900, buyer_psychology="new")
        story.answered() if end == "promoted" else story.rolled_back()
        assert story.blocks.lineups["generator", "production"]["report_words"] == 900
        [finding] = asyncio.run(scan(story.world))
        assert set(finding.fields) == {"report_words", "buyer_psychology"}


class TestAfterPromotion:
    @pytest.mark.parametrize("treated", [adopted, lambda story: story])
    def test_what_is_tried_in_preview_takes_nothing_from_users(self, story: Story, treated: Any) -> None:
        treated(edited(story.awaiting().answered(), "preview", **{ROLE: "third"})).moved()
        assert (story.gate.state, story.serves(), story.serves("preview")) == ("PROMOTED", "new", "third")

    def test_an_edit_of_production_takes_it_back(self, story: Story) -> None:
        edited(story.awaiting().answered(), **{ROLE: "third"}).moved()
        assert (story.gate.state, story.serves()) == ("ROLLED_BACK", "old")


class TestWhatHasMovedSinceItWasFound:
    def found(self, story: Story) -> Finding:
        [finding] = asyncio.run(scan(edited(story, report_words=900).world))
        return finding

    @pytest.mark.parametrize("policy", ["adopt", "revert"])
    def test_by_a_person_is_looked_at_again(self, story: Story, policy: Any) -> None:
        finding = self.found(story)
        edited(story, report_words=700)
        with pytest.raises(GateError, match="not so any more"):
            asyncio.run(handle(story.world, finding, policy, "Grace", "agreed"))
        assert story.world.read("drift") == []

    def test_by_a_gate_is_not_undone(self, story: Story) -> None:
        finding = self.found(story.awaiting())
        story.answered()
        with pytest.raises(GateError, match="not so any more"):
            asyncio.run(handle(story.world, finding, "revert", "Grace", "agreed"))
        assert story.serves() == "new"

    def test_by_a_gate_while_it_is_reverted_is_not_undone_either(self, story: Story) -> None:
        finding = self.found(story.awaiting())
        assert story.answers() == ""
        with pytest.raises(AlreadyMovedError, match="moved on while it was written"):
            asyncio.run(handle(replace(story.world, blocks=Overtaken(story)), finding, "revert", "Grace", "agreed"))
        assert (story.gate.state, story.serves()) == ("PROMOTED", "new")


class Overtaken(MemoryBlocks):
    """Blocks of a story whose gate moves on just before the first of them is written."""

    def __init__(self, story: Story) -> None:
        super().__init__(**vars(story.blocks))
        self.story: Story | None = story

    async def write_lineup(self, pipeline: str, name: str, content: Content) -> None:
        story, self.story = self.story, None
        if story:
            await advance(story.world, GATE)
        await super().write_lineup(pipeline, name, content)
