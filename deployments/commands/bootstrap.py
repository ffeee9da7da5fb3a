"""`phasegate bootstrap`, also called `deploy`, and `phasegate models`: block types, default blocks, deployments; models' credentials."""

import asyncio
import os
import re
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.commands.alerts import report as report_alerts
from deployments.commands.gates import Actor, acting, me
from deployments.prompting import Prompting
from deployments.settings import apply_settings, default_timezone
from deployments.terminal import say

if TYPE_CHECKING:
    from blocks.loading import Documents
    from deployments.applying import Applied
    from flows.transitions.world import World

ACCOUNT = r"[A-Za-z0-9_-]{1,64}"


def register(app: typer.Typer) -> None:
    app.command()(bootstrap)
    app.command("deploy", help="The same as `bootstrap`: bring the Prefect server to what the catalogue says.")(
        bootstrap
    )
    models = typer.Typer(help="Language model blocks.", no_args_is_help=True)
    models.command("list")(list_models)
    models.command("cloudflare", cls=Prompting)(cloudflare)
    app.add_typer(models, name="models")


def bootstrap(
    alerts: Annotated[
        str,
        typer.Option(
            help="Notification block for alerts, for example slack-webhook/ops; else PHASEGATE_ALERTS names it."
        ),
    ] = "",
) -> None:
    """Create block types, default blocks, the work pool and all deployments on the Prefect server; safe to repeat.

    Exit status 1 if nothing can be sent through the block named by --alerts; the rest is done all the same.
    """
    apply_settings(quiet=True)
    default_timezone()  # a mistyped one is said before anything is made
    from deployments.applying import bootstrap as apply
    from deployments.prefect_server import prefect_api

    with prefect_api():
        applied = asyncio.run(apply(alerts or os.environ.get("PHASEGATE_ALERTS", "")))
    report(applied)
    if alerts and applied.alerts_problem:  # what the environment names must not keep workers from starting
        raise typer.Exit(1)


def report(applied: "Applied") -> None:
    """Says what a bootstrap did."""
    for block in applied.created_blocks:
        say(f"created block {block}")
    if applied.noted_blocks:
        say(f"noted {len(applied.noted_blocks)} blocks in the ledger; edits by hand are found from now on")
    if applied.created_work_pool:
        say("created work pool phasegate")
    for name in applied.created_limits:
        say(f"created limit {name}")
    say(f"{applied.deployments} deployments are up to date, {len(applied.changed_deployments)} of them were changed")
    for sentence in applied.merged:
        say(sentence)
    for name in applied.strangers:
        say(f"the {name} is not in the catalogue; it was left alone, delete it in the UI if nobody needs it")
    report_alerts(applied.alerts)
    if applied.alerts_problem:
        say(f"nobody is told of anything: {applied.alerts_problem}")


def list_models() -> None:
    """Show every language model block and the roles it serves. Changes nothing."""
    apply_settings(quiet=True)
    from deployments.prefect_server import prefect_api

    with prefect_api():
        asyncio.run(_list())


async def _list() -> None:
    from prefect.client.orchestration import get_client

    from blocks.lineups import lineup_kinds
    from blocks.loading import documents_by_kind
    from blocks.models import PROVIDERS

    async with get_client() as client:
        show_models(await documents_by_kind(client, [*PROVIDERS, *lineup_kinds().values()]))


def show_models(documents: "Documents") -> None:
    """A line for every model block among the documents, or where to get some."""
    from blocks.loading import models_in
    from deployments.tables import show_table

    rows = []
    for name, blocks in sorted(models_in(documents).items()):
        for block in blocks:
            kind, data = (block.block_type_name or "").split(": ")[-1], block.data
            window, withdrawn = str(data.get("context_window", "")), data.get("withdrawn_on") or ""
            serves = "\n".join(_serves(name, documents))
            rows.append((name, kind, str(data.get("model")), window, withdrawn, serves))
    if rows:
        show_table(("block", "provider", "model", "window", "withdrawn", "serves"), rows)
    else:
        say("There is no model block on this server yet. Next: `phasegate bootstrap` creates those it comes with.")


def _serves(model: str, documents: "Documents") -> list[str]:
    """A line for every lineup that names the model, of whichever pipeline."""
    from blocks.lineups import lineup_kinds

    return [
        f"{pipeline}/{lineup.name}: {roles} role{'s' if roles > 1 else ''}"
        for pipeline, kind in lineup_kinds().items()
        for lineup in documents[kind]
        if (roles := sum(lineup.data.get(role) == model for role in kind.roles))
    ]


def cloudflare(
    account: Annotated[str, typer.Option(help="Cloudflare account id.")],
    token: Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="CLOUDFLARE_API_TOKEN", help="API token.")],
    gateway: Annotated[str, typer.Option(help="AI Gateway id, if calls go through one.")] = "",
    by: Actor = "",
) -> None:
    """Enter your Cloudflare account and token into every Cloudflare model block; the ledger notes the account."""
    _require_account(account, token, gateway)

    async def act(world: "World") -> list[str]:
        from flows.transitions.drift import note_entered, note_new

        await note_new(world)
        entered = await _enter(account, token.strip(), gateway)
        await note_entered(world, by or me(), ("account_id", "gateway"), "entered with `phasegate models cloudflare`")
        return entered

    for name in acting(act):
        say(f"entered the account into {name}")
    say("The ledger notes the account, so gates do not take it for an edit by hand.")
    say("Name these blocks in a lineup, in the Prefect UI under Blocks.")


def _require_account(account: str, token: str, gateway: str) -> None:
    """Raises InputError for what a script passes when its variable is not set, or what was pasted wrong."""
    from blocks.errors import InputError

    means = "nothing was entered; the blocks are as before."
    if not token.strip():
        raise InputError(
            "The API token is empty.", means=means,
            do="give it with CLOUDFLARE_API_TOKEN or --token; in a script, see whether the variable is set.",
        )  # fmt: skip
    if not re.fullmatch(ACCOUNT, account):
        raise InputError(
            f"{account!r} is no Cloudflare account id.", means=means,
            do="give the 32 hexadecimal digits of your account's Workers AI page with --account.",
        )  # fmt: skip
    if gateway and not re.fullmatch(ACCOUNT, gateway):
        raise InputError(f"{gateway!r} is no id of an AI Gateway.", means=means, do="give its name with --gateway.")


async def _enter(account: str, token: str, gateway: str) -> list[str]:
    from prefect.client.orchestration import get_client
    from pydantic import SecretStr

    from blocks.loading import documents_of
    from blocks.models import CloudflareModel

    changed = []
    async with get_client() as client:
        documents = await documents_of(client, CloudflareModel)
    for document in documents:
        block = CloudflareModel._from_block_document(document)
        entered = {"account_id": account, "api_token": SecretStr(token), "gateway": gateway}
        await block.model_copy(update=entered).asave(document.name, overwrite=True)
        changed.append(document.name or "")
    return sorted(changed)
