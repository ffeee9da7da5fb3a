"""Telling people that a store lacks calls. A store that nobody has configured lacks nothing anybody waits for."""

from collections.abc import Iterable
from datetime import timedelta

from flows.alarming import Alarm, tell_once
from tasks.crm.projecting import Projection

QUIET = timedelta(hours=6)
"""A store that is down is one thing to know, however many calls come meanwhile."""
DO = (
    "Mend the store (`phasegate doctor` says what is wrong), then `phasegate sync`; the scheduled sync tries again too."
)


async def tell_behind(rounds: Iterable[Projection]) -> None:
    """Tells people which stores lack calls after these rounds. Never raises."""
    await tell_once((alarm for one in rounds if (alarm := of_round(one))), QUIET)


def of_round(one: Projection) -> Alarm | None:
    if not one.behind or one.status == "unconfigured":
        return None
    reason = next(iter(one.behind.values())).splitlines()[0]
    happened = f"{len(one.behind)} calls are not there. The database has them; nothing is lost. First reason: {reason}"
    return Alarm("phasegate.sync.behind", f"store.{one.target}", one.target.capitalize(), happened, DO)
