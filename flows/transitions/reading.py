"""Gates as the ledger has them, read anew each time."""

from collections.abc import Iterator
from dataclasses import dataclass

from blocks.errors import GateError
from flows.transitions.story import CLOSED, Gate, tell
from flows.transitions.world import World
from tasks.records.ledger import Entry


def read_gate(world: World, gate_id: str) -> Gate:
    """Raises GateError if there is no such gate."""
    return tell(world.read(gate_id=gate_id))


@dataclass(frozen=True)
class Unreadable:
    """A gate whose story this release cannot tell."""

    id: str
    why: str
    over: bool
    """Whether its last move ended it: then nothing waits for it."""


def all_gates(world: World) -> list[Gate]:
    """Every gate there ever was and that can be read, oldest first; `unreadable` has the others."""
    return [gate for gate in _read(world) if isinstance(gate, Gate)]


def unreadable(world: World) -> list[Unreadable]:
    """Gates that cannot be read. One of them must neither keep the others from moving nor be forgotten."""
    return [gate for gate in _read(world) if isinstance(gate, Unreadable)]


def _read(world: World) -> Iterator[Gate | Unreadable]:
    stories: dict[str, list[Entry]] = {}
    for entry in world.read():
        if entry.gate_id is not None:
            stories.setdefault(entry.gate_id, []).append(entry)
    for gate_id, story in stories.items():
        try:
            yield tell(story)
        except GateError as error:
            moves = [entry.body.get("to") for entry in story if entry.kind == "moved"]
            yield Unreadable(gate_id, error.happened, bool(moves) and moves[-1] in CLOSED)
