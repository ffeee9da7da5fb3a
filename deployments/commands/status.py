"""`phasegate status`: how every gate and every phase stands, from the ledger alone; needs no server."""

from typing import TYPE_CHECKING, Annotated

import typer

from deployments.commands.gates import find
from deployments.settings import apply_settings
from deployments.terminal import console, say

if TYPE_CHECKING:
    from rich.text import Text

    from flows.transitions.reading import Unreadable
    from flows.transitions.story import Gate
    from flows.transitions.world import World
    from tasks.reports.gate_views import CheckView
    from tasks.reports.tracker_views import PipelineView

STYLES = {
    "Stable": "green", "Promoted": "green", "Recorded": "green", "Awaiting approval": "bold yellow",
    "Held": "bold yellow", "Rolled back": "red", "Cannot be read": "bold red", "Not begun": "dim", "Not recorded": "dim",
}  # fmt: skip
UNDER_WAY = "cyan"


def register(app: typer.Typer) -> None:
    app.command()(status)


def status(
    gate: Annotated[str, typer.Argument(help="A gate to show in full: its id, or the beginning of it.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Also gates that are over.")] = False,
) -> None:
    """Show open gates and all phases, or one gate in full with its evidence."""
    apply_settings(quiet=True)
    from flows.transitions.reading import all_gates, unreadable
    from flows.transitions.tracker_view import pipelines, readiness, standing
    from flows.transitions.world import real_world

    world = real_world()
    if gate:
        return _one(world, find(world, gate))
    gates, unread = all_gates(world), unreadable(world)
    _incident(world)
    for lost in unread:
        _show_unread(lost)
    known = {one.id: _show_gate(world, one) for one in gates if every or not one.at_rest}
    if not unread and not any(one.open for one in gates):
        say("No gate is open.")
    for key in pipelines():
        waited_for = any(one.open and one.opening.pipeline == key for one in gates)
        _phases(standing(world, key, gates, unread, known), told=waited_for or bool(unread))
    for key in pipelines():
        say("; ".join(f"{what}: {age}" for what, age in readiness(world, key)) + ".")
    return None


def _one(world: "World", gate: "Gate") -> None:
    from deployments.tables import show_markdown
    from flows.transitions.form import page

    show_markdown(page(world, gate))
    say(f"The whole page, with charts: phasegate report gate {gate.id[:8]}")


def _incident(world: "World") -> None:
    from rich.panel import Panel
    from rich.text import Text

    from flows.transitions.known import open_incident

    incident = open_incident(world.read("incident_opened", "incident_closed"))
    if incident is None:
        return
    said = f"{incident.body['reason']}\nOpened by {incident.actor} on {incident.at:%Y-%m-%d %H:%M} UTC."
    console.print(Panel(_text(said), title=Text("An incident is open"), border_style="bold red"))
    say("Nothing goes forward until it is closed: phasegate close-incident WHAT-WAS-FOUND")


def _show_unread(gate: "Unreadable") -> None:
    from rich.panel import Panel
    from rich.text import Text

    title = Text("A gate of another release is not over")
    console.print(Panel(_text(gate.sentence), title=title, title_align="left", border_style="bold red"))
    say(gate.way_back)


def _show_gate(world: "World", gate: "Gate") -> "tuple[CheckView, ...]":
    """One gate: verdict, change and progress, and below the frame what comes next: a command can be copied from there.

    Its checklist, which was made on the way.
    """
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    from flows.transitions.gate_view import gate_view
    from flows.transitions.telling import name_of
    from tasks.reports.gate import at_a_glance

    view, state = gate_view(world, gate), name_of(gate.state)
    lines = [Text(_plain(view.sentence), style="bold")]
    lines += [_text(f"As it came here: {view.reason}")] if view.reason not in view.sentence else []
    lines += [Text(_plain(view.failure), style="red")] if view.failure else []
    lines += [_text(at_a_glance(view))]
    title = Text.assemble(_plain(f"{view.phase} · {view.title} ·"), " ", (state, STYLES.get(state, UNDER_WAY)))
    console.print(Panel(Group(*lines), title=title, title_align="left", subtitle=_text(f"gate {gate.id[:8]}"),
                        subtitle_align="right", border_style=STYLES.get(state, UNDER_WAY)))  # fmt: skip
    say(f"Next: {view.next_step}")
    return view.checklist


def _phases(view: "PipelineView", told: bool) -> None:
    """All phases; what comes next, unless a gate above has `told` it."""
    from rich.text import Text

    from deployments.tables import show_table

    rows = []
    for phase in view.phases:
        since = f"{phase.since:%Y-%m-%d %H:%M}" if phase.since else ""
        done = f"{sum(check.state == 'done' for check in phase.checklist)} of {len(phase.checklist)}"
        state = Text(phase.state, style=STYLES.get(phase.state, UNDER_WAY))
        rows.append((phase.key, phase.title, state, since, done))
    show_table(("phase", "what", "state", "since (UTC)", "checklist"), rows,
               title=f"{view.key.capitalize()}: {view.summary}")  # fmt: skip
    if not told:
        say(f"Next: {view.next_step}")


def _text(words: str) -> "Text":
    from rich.text import Text

    return Text("\n".join(map(_plain, words.split("\n"))))


def _plain(words: str) -> str:
    """What people and models typed does nothing in a terminal."""
    from tasks.reports.text import one_line

    return one_line(words)
