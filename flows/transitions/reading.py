"""Gates as the ledger has them, read anew each time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from blocks.errors import GateError
from flows.transitions.story import CLOSED, Gate, tell
from flows.transitions.world import World
from tasks.records.ledger import Entry, entries_of_gates


def read_gate(world: World, gate_id: str) -> Gate:
    """Raises GateError if there is no such gate."""
    return tell(world.read(gate_id=gate_id))


UNREAD = "Cannot be read"
"""Where other gates have the name of their state."""


@dataclass(frozen=True)
class Unreadable:
    """A gate whose story this release cannot tell."""

    id: str
    phase: str
    """Key of its phase; empty where that cannot be read either."""
    since: datetime
    """When it was last written to."""
    why: str
    over: bool
    """Whether its last move ended it: then nothing waits for it."""

    @property
    def sentence(self) -> str:
        return f"Gate {self.id} cannot be read: {self.why}"

    @property
    def way_back(self) -> str:
        return (
            f"No gate starts before it is over: the release that made it goes on with it, or takes it back"
            f" with phasegate rollback {self.id}."
        )


def all_gates(world: World) -> list[Gate]:
    """Every gate there ever was and that can be read, oldest first; `unreadable` has others that are not over."""
    return [gate for gate in _read(world) if isinstance(gate, Gate)]


def unreadable(world: World) -> list[Unreadable]:
    """Gates that cannot be read and are not over. One must neither keep the others from moving nor be forgotten."""
    return [gate for gate in _read(world) if isinstance(gate, Unreadable) and not gate.over]


def _read(world: World) -> Iterator[Gate | Unreadable]:
    stories: dict[str, list[Entry]] = {}
    for entry in entries_of_gates(world.database):
        stories.setdefault(str(entry.gate_id), []).append(entry)
    for gate_id, story in stories.items():
        try:
            yield tell(story)
        except GateError as error:
            moves = [entry.body.get("to") for entry in story if entry.kind == "moved"]
            over = bool(moves) and moves[-1] in CLOSED
            yield Unreadable(gate_id, _phase(story[0]), story[-1].at, error.happened, over)


def _phase(planned: Entry) -> str:
    opening = planned.body.get("opening")
    return str(opening.get("phase", "")) if isinstance(opening, dict) else ""
