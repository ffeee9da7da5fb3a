"""What people may want to be told of: Prefect events, which automations send on (`phasegate alerts`).

Nothing that must happen depends on one. An event that cannot be sent is lost with a word in the log; what it tells of
is in the ledger and the run's state all the same. No event carries a secret: its words are those that people are shown.
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from prefect.client.orchestration import get_client
from prefect.events import emit_event
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter, EventResourceFilter
from prefect.exceptions import PrefectException
from prefect.logging import get_logger
from prefect.settings import PREFECT_API_URL
from prefect.utilities.urls import url_for

FAMILIES: Mapping[str, Mapping[str, str]] = {
    "gates": {
        "phasegate.gate.awaiting-approval": "Everything is proven; an approver is asked.",
        "phasegate.gate.held": "The window is over and something is unproven; two people may decide.",
        "phasegate.gate.reminder": "Nobody has decided yet.",
        "phasegate.gate.expired": "Nobody decided in time; the change was taken back.",
        "phasegate.gate.promoted": "Production asks the candidate from now on.",
        "phasegate.gate.stable": "Promoted for a whole window without harm; the next phase may start.",
        "phasegate.gate.rolled-back": "Every lineup names the incumbent again.",
        "phasegate.gate.way-back-dead": "A change was taken back, and the model that serves again does not answer.",
        "phasegate.gate.unsettled": "The lineup blocks do not follow a gate's last move yet.",
    },
    "harm": {"phasegate.harm": "A candidate did harm; it is being taken back."},
    "drift": {"phasegate.drift": "A lineup or model block was edited by hand."},
    "incidents": {
        "phasegate.incident.opened": "All gates are frozen.",
        "phasegate.incident.closed": "Gates may go on.",
    },
    "sync": {"phasegate.sync.behind": "Baserow or the graph lacks calls."},
    "runs": {
        "phasegate.run.failed": "A run failed, or crashed too often to be started again.",
        "phasegate.run.late": "Runs of a deployment wait, and no worker takes them.",
        "phasegate.watch.failed": "The watch, which drives every gate, failed or has not run.",
        "phasegate.baseline.failed": "The nightly baseline did not complete; gates need a fresh one.",
        "phasegate.drill.failed": "A bad candidate was not caught in time, or the way back did not answer.",
    },
}
"""Family -> event -> what it means. One automation sends a family."""
LONGEST = 1500
"""Characters of one text of an event."""
UNREACHABLE = (httpx.HTTPError, PrefectException, OSError, ValueError)


@dataclass(frozen=True)
class Alarm:
    """One thing that happened, in plain words."""

    event: str
    about: str
    """What it is about, for example `gate.<id>`: the same thing told again has the same name."""
    name: str
    """As people call it."""
    happened: str
    do: str = ""
    """What to do next: a command, or where in the UI."""
    run_id: str | None = None
    """The flow run it is about; its event shows on that run's page."""

    @property
    def resource(self) -> dict[str, str]:
        return {"prefect.resource.id": f"phasegate.{self.about}", "prefect.resource.name": self.name}

    @property
    def payload(self) -> dict[str, str]:
        """What a message shows: `what`, `happened`, `do`, and the `link` to the run it is about."""
        meanings = {event: meaning for family in FAMILIES.values() for event, meaning in family.items()}
        texts = {"what": f"{self.name}: {meanings[self.event]}", "happened": self.happened, "do": self.do}
        link = url_for("flow-run", obj_id=self.run_id) if self.run_id else None
        texts["link"] = link or ""
        return {key: text[:LONGEST] for key, text in texts.items()}


def tell(alarm: Alarm) -> None:
    """Hands the event to Prefect's sender, a thread of its own, and returns at once. Never raises."""
    if not _server():
        return
    related = [{"prefect.resource.id": f"prefect.flow-run.{alarm.run_id}", "prefect.resource.role": "flow-run"}]
    try:
        emit_event(alarm.event, alarm.resource, payload=alarm.payload, related=related if alarm.run_id else [])
    except Exception as error:  # whatever it is: a gate must not stop because nobody could be told
        get_logger("phasegate").warning("The event %s could not be sent: %s", alarm.event, type(error).__name__)


async def tell_once(alarms: Iterable[Alarm], quiet: timedelta, now: datetime | None = None) -> list[Alarm]:
    """Tells what was not told within `quiet`: for what lasts, and is found again at every look. Never raises.

    What was told is read from the server's own events, so that whoever looks has to remember nothing.
    """
    since, told = (now or datetime.now(UTC)) - quiet, []
    for alarm in alarms if _server() else ():
        with contextlib.suppress(*UNREACHABLE):  # a server that does not say takes no event either
            if not await told_since(alarm, since):
                tell(alarm)
                told.append(alarm)
    return told


def _server() -> bool:
    """Whether there is a server to tell; Prefect would start one of its own to have somebody to send to."""
    return bool(PREFECT_API_URL.value())


async def told_since(alarm: Alarm, since: datetime) -> bool:
    """Whether the server has stored this event. It does so some seconds after it came, and keeps it for a week."""
    wanted = EventFilter(
        event=EventNameFilter(name=[alarm.event]), resource=EventResourceFilter(id=[alarm.resource["prefect.resource.id"]]),
        occurred=EventOccurredFilter(since=since),
    )  # fmt: skip
    query: dict[str, Any] = {"filter": wanted.model_dump(mode="json", exclude_unset=True), "limit": 1}
    async with get_client() as client:
        found = await client.request("POST", "/events/filter", json=query)
    return bool(found.json()["events"])
