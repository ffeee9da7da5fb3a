"""Automations that send what phasegate tells of: one a family, through the notification block an operator names.

Made where they are missing. Whoever edits, pauses or points one elsewhere keeps what they made of it. Only two things are
changed of one that is there: it sends through a block again that was made anew under its old name, which is another one to
the server; and it sends what a release has added to its family since. Its description says what it was made for, so that
an event it names and does not send is one that a person took out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import BlockDocument
from prefect.events import EventTrigger, Posture
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.exceptions import ObjectNotFound

from blocks.errors import ConfigurationError
from deployments.catalogue import FIRST, WORK_POOL
from flows.alarming import FAMILIES
from flows.operations.tags import OURS

MEANINGS = {event: meaning for family in FAMILIES.values() for event, meaning in family.items()}
SUBJECT = "{{ event.payload.what }}"
BODY = "{{ event.payload.happened }}\n\n{{ event.payload.do }}\n{{ event.payload.link }}"
NO_WORKER = (
    f"No worker of the pool {WORK_POOL} is alive: nothing that is triggered or scheduled runs, gates are not driven.\n\n"
    "Start `phasegate serve`, or a worker on another machine; `phasegate doctor` shows what is missing."
)
NONE_FOR_FIRST = (
    f"No worker asks for the queue {FIRST} of the pool {WORK_POOL}: gates, the watch, rollbacks and the janitor wait.\n\n"
    f"Start `phasegate serve`, or `prefect worker start --pool {WORK_POOL} --work-queue {FIRST}`."
)


@dataclass(frozen=True)
class Alerts:
    """What there is of a block's automations."""

    created: Sequence[str]
    present: Sequence[str]
    """Those that were there before, as they are."""
    mended: Sequence[str] = ()
    """Those that sent through a block that is gone, and send through the one of that name again."""
    extended: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Those that send more than before: the events a release has added."""


async def create_alerts(client: PrefectClient, block: str) -> Alerts:
    """One automation a family for the block `<type>/<name>`. Raises ConfigurationError if it cannot notify."""
    document = await _notification_block(client, block)
    there = {one.name: one for one in await automations(client)}
    wanted = {one.name: one for one in wanted_automations(block, document)}
    created = [name for name in wanted if name not in there]
    for name in created:
        await client.create_automation(wanted[name])
    mended, extended = [], {}
    for name in (name for name in wanted if name in there):
        actions = await _actions(client, there[name], document)
        added = added_events(there[name], wanted[name])
        await _update(client, there[name], {"actions": actions, **_with(there[name], added)})
        if actions != there[name].actions:
            mended.append(name)
        if added:
            extended[name] = added
    return Alerts(created, [one for one in wanted if one not in {*created, *mended, *extended}], mended, extended)


async def _actions(client: PrefectClient, automation: Automation, document: BlockDocument) -> list[Any]:
    """What was sent through blocks that are gone is sent through this one."""
    return [
        action.model_copy(update={"block_document_id": document.id})
        if isinstance(action, SendNotification) and await _is_gone(client, action.block_document_id)
        else action
        for action in automation.actions
    ]


def added_events(automation: AutomationCore, wanted: AutomationCore) -> list[str]:
    """Events of the family that the automation was not made for; a trigger that a person replaced is left to them."""
    now, then = wanted.trigger, automation.trigger
    if not isinstance(now, EventTrigger) or not isinstance(then, EventTrigger) or not then.expect:  # none means all
        return []
    return sorted(one for one in now.expect - then.expect if MEANINGS.get(one, "") not in automation.description)


def _with(automation: Automation, events: Collection[str]) -> dict[str, Any]:
    """What changes of an automation that sends these as well."""
    if not events or not isinstance(automation.trigger, EventTrigger):
        return {}
    trigger = automation.trigger.model_copy(update={"expect": automation.trigger.expect | set(events)})
    meanings = (MEANINGS[one] for one in events)
    return {"trigger": trigger, "description": " ".join((automation.description, *meanings)).strip()}


async def _update(client: PrefectClient, automation: Automation, values: dict[str, Any]) -> None:
    may_change = set(AutomationCore.model_fields) - {"owner_resource"}  # the server refuses it, even unchanged
    kept = {name: getattr(automation, name) for name in may_change}
    if kept != kept | values:
        await client.update_automation(automation.id, AutomationCore(**kept | values))


async def _is_gone(client: PrefectClient, block: UUID) -> bool:
    try:
        await client.read_block_document(block, include_secrets=False)
    except ObjectNotFound:
        return True
    return False


async def automations(client: PrefectClient) -> list[Automation]:
    """All automations with phasegate's tag, those of people included."""
    return [one for one in await client.read_automations() if OURS in one.tags]


def wanted_automations(block: str, document: BlockDocument) -> list[AutomationCore]:
    """The automations of one block; their names say where they send to, so that another block gets its own."""
    mine = {"prefect.resource.id": "phasegate.*"}
    made = [
        _automation(
            f"{OURS} {family} to {block}", " ".join(events.values()), set(events), mine, document, SUBJECT, BODY
        )
        for family, events in FAMILIES.items()
    ]
    # The server itself says so: without a worker nothing of ours runs that could.
    pool = {"prefect.resource.id": "prefect.work-pool.*", "prefect.resource.name": WORK_POOL}
    subject = f"Work pool {WORK_POOL}: no live worker"
    dead = _automation(f"{OURS} workers to {block}", "No worker is alive.", {"prefect.work-pool.not-ready"}, pool,
                       document, subject, NO_WORKER)  # fmt: skip
    queue = {"prefect.resource.id": "prefect.work-queue.*", "prefect.resource.name": FIRST}
    of_pool = {"prefect.resource.role": "work-pool", "prefect.resource.name": WORK_POOL}
    waits = _automation(f"{OURS} first queue to {block}", "Nobody takes up what must not wait.",
                        {"prefect.work-queue.not-ready"}, queue, document, f"Work queue {FIRST}: no live worker",
                        NONE_FOR_FIRST, of_pool)  # fmt: skip
    return [*made, dead, waits]


def _automation(
    name: str, description: str, events: set[str], match: dict[str, str], document: BlockDocument, subject: str, body: str,
    related: Mapping[str, Any] | None = None,
) -> AutomationCore:  # fmt: skip
    return AutomationCore(
        name=name, description=description, tags=[OURS],
        trigger=EventTrigger(expect=events, match=match, match_related=related or {}, posture=Posture.Reactive, threshold=1),
        actions=[SendNotification(block_document_id=document.id, subject=subject, body=body)],
    )  # fmt: skip


async def _notification_block(client: PrefectClient, block: str) -> BlockDocument:
    kind, _, name = block.partition("/")
    try:
        document = await client.read_block_document_by_name(name, kind, include_secrets=False)
    except ObjectNotFound:
        raise ConfigurationError(
            f"There is no block {block!r}.",
            means="there is nothing to send messages through; nothing was changed.",
            do="create a notification block in the Prefect UI under Blocks, then give its type and name, for example "
            "slack-webhook/ops, custom-webhook/ops or sendgrid-email/ops.",
        ) from None
    if document.block_schema is None or "notify" not in document.block_schema.capabilities:
        raise ConfigurationError(
            f"The block {block!r} cannot send messages.",
            do="name a notification block: Slack Webhook, Microsoft Teams Webhook, Sendgrid Email, Custom Webhook ...",
        )
    return document
