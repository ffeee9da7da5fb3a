"""Was the candidate observed through the whole window, and is it observed now? Traffic has hours; so have outages."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Coverage(NamedTuple):
    covered: int
    """Buckets with enough calls."""
    needed: int
    total: int

    @property
    def enough(self) -> bool:
        return self.covered >= self.needed

    @property
    def lacking(self) -> int:
        return max(0, self.needed - self.covered)


def coverage(calls_per_bucket: Sequence[int], *, needed: int, least: int) -> Coverage:
    """Counts the buckets with at least `least` calls; an empty series covers nothing."""
    return Coverage(sum(calls >= least for calls in calls_per_bucket), needed, len(calls_per_bucket))


def silence(last_seen: datetime | None, start: datetime, end: datetime, now: datetime) -> timedelta:
    """How long no call has been seen in the window, up to its end; from its start if there was none."""
    return max(timedelta(0), min(now, end) - max(start, last_seen or start))


def is_blind(silent_for: timedelta, limit: timedelta) -> bool:
    """Whether the data source has been silent for too long to leave a candidate in production."""
    return silent_for > limit
