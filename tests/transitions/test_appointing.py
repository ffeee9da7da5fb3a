"""Who becomes an approver, and what a new secret changes: the secret and the lock, nothing else."""

import asyncio
from typing import Any

import httpx
import pytest

from blocks.errors import InputError
from flows.transitions.appointing import appoint, remove
from flows.transitions.approvers import approvers
from flows.transitions.history import history
from tests.transitions.memory import SECRETS
from tests.transitions.story import Story

NEW = "B" * 32


def appointed(story: Story, name: str, **given: Any) -> bool:
    return asyncio.run(appoint(story.world, name, NEW, "Ada", **given)).active


def test_a_person_becomes_an_approver(story: Story) -> None:
    assert appointed(story, "hopper")
    (entry,) = story.world.read("approver_added")
    assert (entry.actor, entry.body) == ("Ada", {"approver": "hopper", "renewed": False, "active": True})
    assert story.blocks.people["hopper"] == NEW


@pytest.mark.parametrize(
    ("name", "advice"),
    [("Hopper", "take 'hopper'"), ("Zoë  O'Hara", "take 'zoe-o-hara'"), ("a" * 101, f"take '{'a' * 100}'"),
     ("watch", "another name"), ("", "another name")],
)  # fmt: skip
def test_a_name_that_no_block_can_have_is_refused_before_it_is_recorded(story: Story, name: str, advice: str) -> None:
    with pytest.raises(InputError, match=advice):
        appointed(story, name)
    assert story.world.read("approver_added") == []


def test_an_approver_is_not_replaced_unasked(story: Story) -> None:
    with pytest.raises(InputError, match="already"):
        appointed(story, "Grace")
    assert (story.blocks.people["Grace"], story.world.read("approver_added")) == (SECRETS["Grace"], [])


def test_a_new_secret_does_not_bring_a_deactivated_approver_back(story: Story) -> None:
    story.awaiting().blocks.inactive.add("Grace")
    assert not appointed(story, "Grace", renew=True)
    assert "Nobody of this name" in story.answers("Grace")


def test_the_ledger_knows_of_a_new_secret_before_the_block_has_it(story: Story) -> None:
    story.blocks.refuse.add("Grace")
    with pytest.raises(httpx.HTTPStatusError):
        appointed(story, "Grace", renew=True)
    assert [entry.body["renewed"] for entry in story.world.read("approver_added")] == [True]


def dismissed(story: Story, name: str) -> None:
    asyncio.run(remove(story.world, name, "Ada", "left"))


class TestWhoWasRemoved:
    def test_decides_nothing_with_a_right_code_and_leaves_no_secret(self, story: Story) -> None:
        story.awaiting()
        dismissed(story, "Grace")
        assert "Grace" not in story.blocks.people
        assert "Nobody of this name" in story.answers("Grace", code=story.code())

    def test_decides_nothing_although_the_block_could_not_be_deleted(self, story: Story) -> None:
        story.awaiting().blocks.refuse.add("Grace")
        with pytest.raises(httpx.HTTPStatusError):
            dismissed(story, "Grace")
        assert "Nobody of this name" in story.answers("Grace")
        [listed] = [one for one in asyncio.run(approvers(story.world)) if one.name == "Grace"]
        assert (listed.may, listed.remark.startswith("removed, and a block is here")) == (False, True)
        story.blocks.refuse.clear()
        dismissed(story, "Grace")
        assert "Grace" not in {*story.blocks.people, *[one.name for one in asyncio.run(approvers(story.world))]}
        assert len(story.world.read("approver_removed")) == 1

    def test_is_no_approver_whom_a_gate_can_count_on(self, story: Story) -> None:
        for name in [*story.blocks.people]:
            dismissed(story, name)
        story.planned()
        assert "there are 0" in story.moved().gate.reason

    def test_may_be_appointed_again(self, story: Story) -> None:
        appointed(story, "hopper")
        dismissed(story, "hopper")
        assert appointed(story, "hopper")
        assert [event.outcome for event in history(story.world) if event.what == "approver"] == [
            "added", "removed", "added",
        ]  # fmt: skip

    def test_does_not_decide_with_the_old_secret_when_a_new_one_cannot_be_written(self, story: Story) -> None:
        appointed(story.awaiting(), "hopper")
        story.blocks.refuse.add("hopper")
        for act in (dismissed, appointed):
            with pytest.raises(httpx.HTTPStatusError):
                act(story, "hopper")
        assert "Nobody of this name" in story.answers("hopper")

    def test_has_to_be_one(self, story: Story) -> None:
        with pytest.raises(InputError, match=r"no approver called 'hopper'.*(?s:.)*Grace"):
            dismissed(story, "hopper")


def test_history_tells_a_new_secret_from_a_new_approver(story: Story) -> None:
    appointed(story, "hopper")
    appointed(story, "hopper", renew=True)
    told = [(event.subject, event.outcome) for event in history(story.world) if event.what == "approver"]
    assert told == [("hopper", "added"), ("hopper", "renewed")]


def test_approvers_are_listed_with_since_when_and_what_keeps_them_from_deciding(story: Story) -> None:
    appointed(story, "hopper")
    since = story.world.clock()
    story.waited(hours=1)
    appointed(story, "hopper", renew=True)
    story.blocks.inactive.add("hopper")
    story.world.record("approver_added", "Ada", {"approver": "lost", "renewed": False, "active": True})
    listed = {one.name: one for one in asyncio.run(approvers(story.world))}
    assert (listed["hopper"].since, listed["hopper"].renewed) == (since, story.world.clock())
    assert (listed["Grace"].may, listed["Grace"].since, listed["Grace"].remark) == (True, None, "")
    assert listed["hopper"].remark.startswith("deactivated")
    assert listed["lost"].remark == "no block on this Prefect server: phasegate approver add lost"


def test_a_locked_approver_is_listed_as_one(story: Story) -> None:
    story.awaiting()
    for _ in range(5):
        story.answers(code="000000")
    assert [one.remark for one in asyncio.run(approvers(story.world)) if not one.may] == [
        "locked after 5 wrong codes: phasegate approver add Grace --renew"
    ]
