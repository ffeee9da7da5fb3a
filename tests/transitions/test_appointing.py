"""Who becomes an approver, and what a new secret changes: the secret and the lock, nothing else."""

import asyncio
from typing import Any

import pytest

from blocks.errors import InputError, ServiceError
from flows.transitions.appointing import appoint
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
    with pytest.raises(ServiceError):
        appointed(story, "Grace", renew=True)
    assert [entry.body["renewed"] for entry in story.world.read("approver_added")] == [True]
