"""`phasegate alerts`: who is told of what."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.settings import apply_settings
from deployments.terminal import say

if TYPE_CHECKING:
    from prefect.events.schemas.automations import Automation

    from deployments.alerts import Alerts


def register(app: typer.Typer) -> None:
    app.command()(alerts)


def alerts(
    block: Annotated[
        str, typer.Option(help="Notification block to send through, type and name: slack-webhook/ops, for example.")
    ] = "",
) -> None:
    """Send what happens through a notification block; without --block, show what is sent where. Safe to repeat."""
    apply_settings(quiet=True)
    from deployments.prefect_server import prefect_api

    with prefect_api():
        if block:
            return report(asyncio.run(_create(block)))
        return _show(asyncio.run(_there()))


def report(made: "Alerts") -> None:
    """Says what was made, and what was there and stays as people made it."""
    for name in made.created:
        say(f"created automation {name}")
    for name in made.mended:
        say(f"automation {name} sent through a block that is gone; it sends through the new one now")
    for name, events in made.extended.items():
        say(
            f"automation {name} sends {', '.join(events)} as well now; phasegate has come to tell of it since it was made"
        )
    for name in made.present:
        say(f"automation {name} is there already and was left as it is")


async def _create(block: str) -> "Alerts":
    from prefect.client.orchestration import get_client

    from deployments.alerts import create_alerts

    async with get_client() as client:
        return await create_alerts(client, block)


async def _there() -> "list[Automation]":
    from prefect.client.orchestration import get_client

    from deployments.alerts import automations

    async with get_client() as client:
        return await automations(client)


def _show(found: "list[Automation]") -> None:
    from deployments.tables import show_table
    from flows.alarming import FAMILIES

    there = sorted(found, key=lambda automation: automation.name)
    rows = [(one.name, one.description, "on" if one.enabled else "paused") for one in there]
    if rows:
        show_table(("automation", "sends", "state"), rows, prose=("sends",))
    else:
        say("Nobody is told of anything yet: `phasegate alerts --block slack-webhook/ops`.")
    for family, events in FAMILIES.items():
        for event, meaning in events.items():
            say(f"{family:10} {event:34} {meaning}")
