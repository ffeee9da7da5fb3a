"""Automations on the Prefect server: made where they are missing, never changed. To be rid of one, disable it."""

from collections.abc import Sequence
from datetime import timedelta

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

from flows.operations.tags import OURS

EVENT = "prefect.flow-run."
SILENCE = timedelta(seconds=90)
"""Three heartbeats."""
NOT_DEAD = (
    "heartbeat", "Completed", "Failed", "Cancelled", "Cancelling", "Crashed", "Suspended", "Paused", "AwaitingRetry",
    "Resuming", "Scheduled",
)  # fmt: skip
"""What is heard of a run that is alive or has ended. A suspended gate is silent for a day and must be left alone."""


def automations() -> Sequence[AutomationCore]:
    """What the server itself does when something happens, or does not."""
    return (_silent_runs(),)


async def create_automations(client: PrefectClient) -> list[str]:
    """Creates those whose name is not there; their names."""
    created = []
    for automation in automations():
        if not await client.read_automations_by_name(automation.name):
            await client.create_automation(automation)
            created.append(automation.name)
    return created


def _silent_runs() -> AutomationCore:
    """A run whose process is gone stays Running for ever; its heartbeats stop. Crashed, the janitor starts it again."""
    return AutomationCore(
        name="phasegate: runs without a heartbeat",
        description="A run whose process is gone is marked as crashed; the janitor then starts it again.",
        trigger=EventTrigger(
            match={"prefect.resource.id": EVENT + "*"},
            # A server may run flows of other people; only runs of our deployments carry the tag.
            match_related={"prefect.resource.id": f"prefect.tag.{OURS}", "prefect.resource.role": "tag"},
            for_each={"prefect.resource.id"},
            after={EVENT + "heartbeat"},
            expect={EVENT + name for name in NOT_DEAD},
            posture=Posture.Proactive,
            threshold=1,
            within=SILENCE,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="No heartbeat for 90 seconds")],
    )
