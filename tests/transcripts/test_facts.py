"""The facts of a call as a prompt shows them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from flows.transcripts.facts import facts
from tasks.transcripts.record import CrmRecord, Meeting

AT = datetime(2026, 5, 12, 19, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ({"next_meeting": AT, "timezone": "America/Chicago"}, "- next meeting: 2026-05-12 14:00 (America/Chicago)"),
        ({"next_meeting": AT}, "- next meeting: 2026-05-12 19:00 (UTC)"),
        ({"next_meeting_on": date(2026, 5, 12)}, "- next meeting: 2026-05-12"),
        ({}, "- none are known"),
    ],
)
def test_the_next_meeting_is_told_as_far_as_it_is_known(known: dict[str, Any], shown: str) -> None:
    record = CrmRecord(meeting=Meeting(transcript_id="10000001", filename="a.txt", **known))
    assert facts(record).splitlines()[2:] == [shown]
