"""The page of a gate, written as HTML and shown as an artifact whenever the gate has moved."""

from dataclasses import replace
from pathlib import Path

from blocks.home import folder
from flows.showing import TROUBLE, log_trouble, show_markdown, ui_address
from flows.transitions.gate_view import page_view
from flows.transitions.reading import read_gate
from flows.transitions.story import Gate
from flows.transitions.telling import name_of
from flows.transitions.world import World
from tasks.reports.gate import gate_page, write_gate_report
from tasks.reports.gate_views import GateView
from tasks.reports.page import page_markdown, slug


async def show_gate(world: World, gate_id: str) -> None:
    """Shows the gate as it is now. What goes wrong is logged and stops nothing: no page is worth a gate."""
    try:
        gate = read_gate(world, gate_id)
        view = page_view(world, gate)
        html = _written(gate, view)[1]
        # In the UI itself its own pages are found without its address, which another browser may know by another name.
        shown = replace(view, links=_links("", gate), places=(*_places(gate), ("Page with charts", str(html))))
        await show_markdown(
            artifact_key(gate), page_markdown(gate_page(shown)), f"{name_of(gate.state)}: {gate.reason}"
        )
    except TROUBLE as error:
        log_trouble(f"The page of gate {gate_id}", error)


def write_gate(world: World, gate: Gate) -> tuple[Path, Path]:
    """Writes the files of the gate's page; their paths (Markdown, HTML). Needs no server."""
    return _written(gate, page_view(world, gate))


def _written(gate: Gate, view: GateView) -> tuple[Path, Path]:
    ui = ui_address()
    linked = replace(view, links=_links(ui, gate) if ui else (), places=_places(gate))
    return write_gate_report(linked, folder("reports", "gates"))


def artifact_key(gate: Gate) -> str:
    """The same for all versions of a gate's page."""
    return f"gate-{slug(gate.id, 80)}"


def _links(ui: str, gate: Gate) -> tuple[tuple[str, str], ...]:
    return (
        ("Run of the gate in the Prefect UI", f"{ui}/runs/flow-run/{slug(gate.id, 80)}"),
        ("All versions of this page in the Prefect UI", f"{ui}/artifacts/key/{artifact_key(gate)}"),
    )


def _places(gate: Gate) -> tuple[tuple[str, str], ...]:
    return (
        ("Trials as JSON", f"phasegate trial --gate {gate.id[:8]}"),
        ("Everything that ever happened", "phasegate history, and the tracker"),
    )
