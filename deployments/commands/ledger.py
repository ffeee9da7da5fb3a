"""`phasegate history`, `verify`, `as-of`, `drift`, `trial` and `approver`: what the ledger knows, and who may decide."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.commands.gates import Actor, Reason, Repeats, acting, find, me
from deployments.settings import apply_settings
from deployments.terminal import say

if TYPE_CHECKING:
    from flows.transitions.drift import Finding
    from flows.transitions.world import World

NEWEST = 500
"""Events shown unless more are asked for: some years of gates. To lay a table out takes longer than to read the ledger."""
POLICIES = (
    "adopt: what is there is right. revert: what the ledger says is written back. freeze: the block stays, and an incident"
    " freezes all gates until somebody closes it. Only shown if left out."
)
Pipeline = Annotated[str, typer.Option(help="generator or transcripts.")]


def register(app: typer.Typer) -> None:
    for command in (history, verify, drift, trial):
        app.command()(command)
    app.command("as-of")(as_of)
    approver = typer.Typer(help="People who may decide about gates.", no_args_is_help=True)
    approver.command("add")(add_approver)
    approver.command("list")(list_approvers)
    approver.command("remove")(remove_approver)
    app.add_typer(approver, name="approver")


def _records() -> "World":
    """The ledger alone: reading it needs no server."""
    apply_settings(quiet=True)
    from flows.transitions.world import real_world

    return real_world()


def history(
    last: Annotated[int, typer.Option(min=1, help="Only so many events, the newest.")] = NEWEST,
) -> None:
    """Show every phase, attempt, approval and incident, the documents' own first."""
    from deployments.tables import show_table
    from flows.transitions.history import history as tell

    events = tell(_records())
    if (older := len(events) - last) > 0:
        say(f"{older} older events are not shown; `phasegate history --last {len(events)}` shows all.")
    rows = []
    for event in events[-last:]:
        when = f"{event.at:%Y-%m-%d} *" if event.from_documents else f"{event.at:%Y-%m-%d %H:%M:%S}"
        rows.append((when, event.what, event.subject, event.outcome, event.detail))
    show_table(("when (UTC)", "what", "subject", "outcome", "detail"), rows, prose=("detail",))
    say("* taken from the documents phasegate answers; only the day is known. It happened to the system they tell of;")
    say("  here every phase begins anew, and `phasegate status` says what this installation has recorded of it.")


def verify(
    head: Annotated[str, typer.Option(help="Hash of an entry you noted earlier; it has to be there.")] = "",
) -> None:
    """Prove that no entry of the ledger was changed, removed or put in between."""
    from tasks.records.ledger import verify as check

    found = check(_records().database, head or None)
    if found.sound and not found.entries:
        return say("The ledger is empty.")
    if found.sound:
        return say(f"{found.entries} entries, sound. Newest: {found.head}")
    say(f"BROKEN at entry {found.broken}: {found.reason}. {found.entries} entries before it are sound.")
    raise typer.Exit(1)


def as_of(
    moment: Annotated[str, typer.Argument(help="Date and time with zone, for example 2026-11-02T08:00+01:00.")],
    pipeline: Pipeline = "generator",
    lineup: Annotated[str, typer.Option(help="Name of the lineup.")] = "production",
) -> None:
    """Tell which model served which role at a time."""
    from blocks.errors import InputError
    from flows.transitions.history import as_of as served

    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        at = datetime.min
    if at.tzinfo is None:
        raise InputError(f"{moment!r} is no moment with a time zone.", do="write 2026-11-02T08:00+01:00, for example.")
    if at > datetime.now(UTC):
        raise InputError(f"{moment} has not come yet.", do="give a moment that is past.")
    roles = served(_records(), pipeline, lineup, at)
    for role, model in roles.items():
        say(f"{role:24} {model}")
    if not roles:
        say(f"The ledger did not know the lineup {lineup!r} yet; its history begins later.")


def drift(
    policy: Annotated[str, typer.Argument(help=POLICIES)] = "",
    name: Annotated[str, typer.Option(help="One block; all that were edited if left out.")] = "",
    pipeline: Annotated[str, typer.Option(help="Only its lineups: generator or transcripts.")] = "",
    reason: Reason = "",
    by: Actor = "",
) -> None:
    """Show blocks that were edited by hand; keep that, undo it, or freeze all gates until it is looked into."""
    from blocks.errors import InputError
    from blocks.lineups import lineup_kind

    if policy not in ("", "adopt", "revert", "freeze"):
        raise InputError(f"There is no policy {policy!r}.", do="use adopt, revert or freeze.")
    if pipeline:
        lineup_kind(pipeline)

    async def act(world: "World") -> "list[Finding]":
        from flows.transitions.drift import handle, note_new, require_known, scan

        await note_new(world)
        if name:
            require_known(world, name)
        found = [one for one in await scan(world) if name in ("", one.name) and pipeline in ("", one.pipeline)]
        for finding in found if policy else ():
            await handle(world, finding, policy, by or me(), reason)  # type: ignore[arg-type]
        return found

    found = acting(act)
    for finding in found:
        say(finding.sentence + (f" Handled: {policy}." if policy else ""))
    if found and not policy:
        from flows.transitions.drift import NEXT_STEP

        say(NEXT_STEP)
    if not found:
        say("No such block differs from the ledger." if name or pipeline else "Every block is what the ledger says.")


def trial(
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Ask the suite of the lineup that serves users.")
    ] = False,
    gate: Annotated[str, typer.Option(help="Export the trials of this gate instead.")] = "",
    pipeline: Pipeline = "generator",
    repeats: Repeats = 1,
) -> None:
    """Make a baseline, or export a gate's trials, as a JSON file under the documents' names."""
    from blocks.errors import InputError

    if gate:
        from flows.transitions.baseline import export_gate

        world = _records()
        return say(str(export_gate(world, find(world, gate))))
    if not baseline:
        raise InputError("Nothing was asked for.", do="give --baseline, or --gate with the id of a gate.")
    apply_settings(quiet=True)
    from deployments.prefect_server import prefect_api
    from deployments.watching import watching
    from flows.transitions.baseline import nightly_baseline
    from flows.transitions.trial import suite_of

    suite_of(pipeline)  # a mistyped one is an error of the command, not a failed flow run
    with prefect_api(), watching() as context:
        return say(str(context.run(asyncio.run, nightly_baseline(pipeline, repeats=repeats))))


def add_approver(
    name: Annotated[str, typer.Argument(help="As it will be typed on the form.")],
    by: Actor = "",
    renew: Annotated[bool, typer.Option("--renew", help="Replace the secret of an approver that is there.")] = False,
) -> None:
    """Make a person an approver: a secret is made, stored on the Prefect server, and shown once as a QR code."""
    import pyotp
    import segno

    secret = pyotp.random_base32()

    async def act(world: "World") -> bool:
        from flows.transitions.appointing import appoint

        return (await appoint(world, name, secret, by or me(), renew)).active

    active = acting(act)
    say(
        f"{name} may approve."
        if active
        else f"{name} stays deactivated; tick Active in the Approver block to change it."
    )
    say("Scan this with an authenticator app now; it is not shown again.")
    segno.make(pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="phasegate")).terminal(compact=True)
    say(f"Or type the secret: {secret}")


def list_approvers() -> None:
    """Show who may decide about gates, since when, and what keeps somebody from it."""
    from deployments.tables import show_table
    from flows.transitions.approvers import approvers

    found = acting(approvers)
    if not found:
        return say("Nobody may approve yet. Next: `phasegate approver add NAME`.")
    rows = [
        (
            one.name,
            "yes" if one.may else "no",
            _day(one.since) or "not in the ledger",
            one.by,
            _day(one.renewed),
            one.remark,
        )
        for one in found
    ]
    headings = ("name", "may decide", "since (UTC)", "added by", "secret renewed", "remark")
    return show_table(headings, rows, prose=("remark",))


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def remove_approver(
    name: Annotated[str, typer.Argument(help="Name of the approver.")], reason: Reason = "", by: Actor = ""
) -> None:
    """Take from a person that they may decide, at once, and delete their secret; what they decided before stays."""

    async def act(world: "World") -> None:
        from flows.transitions.appointing import remove

        await remove(world, name, by or me(), reason)

    acting(act)
    say(f"{name} may not decide any more, and the secret is deleted.")
