"""Baserow in a storm: refusals, conflicts, errors and answers lost after storing, mixed at random; and it catches up."""

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from blocks.errors import BaserowError
from tests.crm.baserow_setting import NAMES, Setting, crm, records
from tests.doubles.baserow import answer, html_500, proxy

COUNT, FAULTS, SYNCS = 8, 14, 4
"""Calls, faults of a storm, and syncs after which everything must be there."""
STORM: list[Callable[[], Any]] = [
    answer(409, {"error": "ERROR_DATABASE_DEADLOCK", "detail": "said so"}),
    answer(429, {"detail": "Request was throttled. Expected available in 3 seconds."}, Retry_After="3"),
    html_500,
    proxy(503),
]


@pytest.fixture
def setting() -> Iterator[Setting]:
    with crm() as given:
        yield given


@pytest.mark.parametrize("seed", range(6))
def test_after_a_storm_every_row_is_there_once(seed: int, setting: Setting) -> None:
    chance, given = random.Random(seed), records(COUNT)
    for _ in range(FAULTS):
        kind: Any = chance.choice(["before", "after", "lose answer", "cut answer"])
        setting.double.faults.plan(kind, skip=chance.randrange(30), answer=chance.choice(STORM))
    for _ in range(SYNCS):
        with contextlib.suppress(BaserowError):
            setting.sync(*given)
    setting.double.faults.planned.clear()
    assert all(result.complete for result in setting.sync(*given).values())
    wanted = sorted(one.meeting.transcript_id or "" for one in given)
    assert [sorted(setting.rows(name)) for name in NAMES] == [wanted] * len(NAMES)
