"""Processes that are killed for good: each moves a gate and sends itself SIGKILL at its n-th write, for every n there is.

.venv/bin/python -m tests.transitions.killing FOLDER

One line of JSON for each process: what it was to do, at which write it died, and what became of the gate when another
process had moved it again. A program of its own, because only one without threads may be forked.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event

import flows.transitions.world as world
from blocks.errors import GateError
from flows.transitions.incidents import emergency
from flows.transitions.moving import extend
from flows.transitions.world import Content
from tasks.records import ledger
from tasks.records.database import connect
from tasks.records.migrating import migrate
from tests.transitions.memory import MemoryBlocks
from tests.transitions.story import GATE, Story

Act = Callable[[Story], Any]


@dataclass
class FileBlocks(MemoryBlocks):
    """Blocks that outlive the process."""

    path: Path = field(kw_only=True)

    def __post_init__(self) -> None:
        if self.path.exists():
            self.lineups = {("generator", name): found for name, found in json.loads(self.path.read_text()).items()}

    async def write_lineup(self, pipeline: str, name: str, content: Content) -> None:
        await super().write_lineup(pipeline, name, content)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({name: found for (_, name), found in self.lineups.items()}))
        new.replace(self.path)


def canary(story: Story) -> Story:
    story.opened = {"canary": True}
    return story.prepared().planned().moved()


def extended(story: Story) -> None:
    with suppress(GateError):  # a person who is not sure types it again, and is told that it is monitored already
        asyncio.run(extend(story.world, GATE, "Grace", 12))


def stopped(story: Story) -> None:
    asyncio.run(emergency(story.world, "Grace", "Customers see nonsense."))


SCENES: dict[str, tuple[Act, Act]] = {
    "start": (lambda story: story.prepared().planned(), lambda story: story.moved()),
    "monitor": (lambda story: story.prepared().planned().moved().tested(), lambda story: story.moved()),
    "promote": (lambda story: story.awaiting().answers(), lambda story: story.moved()),
    "roll back": (lambda story: story.awaiting().answered(), lambda story: story.rolled_back()),
    "harm": (lambda story: story.monitoring().called(20, failed=20), lambda story: story.waited(minutes=1).moved()),
    "canary": (lambda story: canary(story).tested(), lambda story: story.moved()),
    "answer": (lambda story: story.awaiting(), lambda story: (story.answers(), story.moved())),
    "extend": (lambda story: story.monitoring().monitored(calls=2), lambda story: extended(story)),
    "emergency": (lambda story: story.monitoring(), lambda story: stopped(story)),
}
"""Name -> how the gate comes there, and what the process does that is killed."""


def opened(place: Path) -> Story:
    database = connect(f"sqlite:///{place / 'killed.db'}")
    migrate(database)
    return Story(database, blocks=FileBlocks(path=place / "blocks.json"))


def main() -> None:
    folder = Path(sys.argv[1])
    for name, (prepare, act) in SCENES.items():
        base = folder / name
        base.mkdir()
        story = opened(base)
        prepare(story)
        story.database.dispose()
        number, died = 0, True
        while died:
            number += 1
            place = Path(shutil.copytree(base, folder / f"{name} {number}"))
            died = killed(place, story, act, number)
            sys.stdout.write(
                json.dumps({"scene": name, "write": number, "died": died, **again(place, story, act)}) + "\n"
            )


def killed(place: Path, before: Story, act: Act, number: int) -> bool:
    """Whether a process that does `act` in `place` died at its n-th write; False: it made fewer."""
    child = os.fork()
    if child == 0:
        story = at(place, before)
        die_at_write(story, number)
        act(story)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)
    return os.WIFSIGNALED(status)


def at(place: Path, before: Story) -> Story:
    story = opened(place)
    story.clock.now, story.calls = before.clock.now, before.calls
    return story


def die_at_write(story: Story, number: int) -> None:
    """Before a ledger entry, before its commit, after it; before a block is written and after."""
    left = number

    def survive(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    write = FileBlocks.write_lineup

    def appending(*given: Any) -> Any:
        survive()
        made = ledger.append(*given)
        survive()
        return made

    async def writing(self: FileBlocks, *given: Any) -> None:
        survive()
        await write(self, *given)
        survive()

    world.append = appending
    FileBlocks.write_lineup = writing  # type: ignore[method-assign, assignment]
    event.listen(story.database, "commit", survive)


def again(place: Path, before: Story, act: Act) -> dict[str, Any]:
    """What another process finds when it has done the same."""
    story = at(place, before)
    act(story)
    moves = [entry.body["to"] for entry in story.world.read("moved")]
    found = {
        "state": story.gate.state, "settled": story.gate.settled, "serves": [story.serves(), story.serves("preview")],
        "sound": ledger.verify(story.database).sound, "moves": moves,
    }  # fmt: skip
    story.database.dispose()
    return found


if __name__ == "__main__":
    main()
