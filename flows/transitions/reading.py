"""Gates as the ledger has them, read anew each time."""

from flows.transitions.story import Gate, tell
from flows.transitions.world import World
from tasks.records.ledger import Entry


def read_gate(world: World, gate_id: str) -> Gate:
    """Raises GateError if there is no such gate."""
    return tell(world.read(gate_id=gate_id))


def all_gates(world: World) -> list[Gate]:
    """Every gate there ever was, oldest first."""
    stories: dict[str, list[Entry]] = {}
    for entry in world.read():
        if entry.gate_id is not None:
            stories.setdefault(entry.gate_id, []).append(entry)
    return [tell(story) for story in stories.values()]
