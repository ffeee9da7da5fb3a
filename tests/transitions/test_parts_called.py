"""How users' calls since a promotion are spread, found without reading each of them."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from tasks.records.ledger_evidence import Slice
from tasks.records.parts_called import parts_called
from tests.transitions.scenes import ROLE, START
from tests.transitions.story import Story

HOUR = timedelta(hours=1)


def slice_of(*roles: str) -> Slice:
    return Slice(
        "generator", ("production",), dict.fromkeys(roles, "new"), START, START + 12 * HOUR, purposes=("user",)
    )


@pytest.fixture
def served(story: Story) -> Engine:
    """Calls of one role in the hours 0, 3, 4 and 13."""
    for hours, count in ((0, 40), (3, 1), (1, 30), (9, 1)):
        story.waited(hours=hours).called(count, environment="production", purpose="user")
    return story.database


@pytest.mark.parametrize(
    ("width", "most", "parts"), [(HOUR, 20, 3), (2 * HOUR, 20, 3), (4 * HOUR, 20, 2), (HOUR, 2, 2)]
)
def test_parts_with_a_call_are_counted_up_to_as_many_as_are_needed(
    served: Engine, width: timedelta, most: int, parts: int
) -> None:
    assert parts_called(served, slice_of(ROLE), width, most) == parts


def test_the_role_that_was_called_in_fewest_counts(served: Engine) -> None:
    assert parts_called(served, slice_of(ROLE, "offer_design"), HOUR, 20) == 0


def test_a_look_asks_once_a_part_however_many_calls_there_are(served: Engine) -> None:
    asked: list[str] = []
    event.listen(served, "before_cursor_execute", lambda *given: asked.append(given[2]))
    parts_called(served, slice_of(ROLE), HOUR, 20)
    assert len([one for one in asked if "LIMIT" in one]) == len([one for one in asked if "calls" in one]) == 4
