"""Everything outside a gate's own decision: the ledger's database, the clock, and the blocks people and gates write."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

import httpx
from prefect.exceptions import PrefectException
from sqlalchemy import Engine

from tasks.records.database import engine
from tasks.records.ledger import Entry, NewEntry, Read, append, entries, newest_first

Content = Mapping[str, Any]
"""Fields of a block document, none of them secret."""
OUTAGES = (PrefectException, httpx.HTTPError, RuntimeError)
"""What blocks raise while their server does not answer or answers with an error; RuntimeError: at the first request."""


class Probe(NamedTuple):
    """What one small question to a model showed."""

    alive: bool
    seconds: float
    reason: str = ""
    do: str = ""
    """What to do about it, where that is known."""


class RunState(NamedTuple):
    """State of a gate's own flow run, as the orchestrator has it."""

    name: str
    since: datetime


class ApproverFacts(NamedTuple):
    """Who may decide, with what proves it."""

    name: str
    totp: str
    """Shared secret of the one-time codes; never recorded."""
    active: bool


class Blocks(Protocol):
    """Where lineups, models and approvers live. One implementation asks Prefect; nothing else writes a lineup."""

    async def lineup(self, pipeline: str, name: str) -> Content | None:
        """The lineup as it is stored, valid or not; None if there is none."""

    async def write_lineup(self, pipeline: str, name: str, content: Content) -> None:
        """Makes the lineup exactly this."""

    async def models(self) -> Mapping[str, Content]:
        """Name -> fields of every model block, without secrets."""

    async def write_model(self, name: str, content: Content) -> None:
        """Puts recorded fields back into a model block; its secrets stay."""

    async def probe(self, model: str) -> Probe:
        """One small question to a model block."""

    async def approvers(self) -> Sequence[ApproverFacts]: ...

    async def write_approver(self, approver: ApproverFacts) -> None:
        """Makes this the approver of its name."""

    async def delete_approver(self, name: str) -> None:
        """Nothing is left of this approver, the secret included; one that is not there is no error."""

    async def run_state(self, run_id: str) -> RunState | None:
        """State of a flow run; None if there is no such run."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def nobody(world: "World", entry: Entry) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class World:
    """What the steps of a gate act on. Tests pass another clock, and blocks without a server."""

    blocks: Blocks
    database: Engine
    clock: Callable[[], datetime] = utc_now
    announce: "Callable[[World, Entry], None]" = nobody
    """Tells people of an entry that was recorded; never raises. A drill's ledger is nobody's business."""

    def record(
        self,
        kind: str,
        actor: str,
        body: Content,
        gate_id: str | None = None,
        place: int | None = None,
        decided_on: Read | None = None,
    ) -> Entry:
        """Appends to the ledger, now. AlreadyMovedError if the place is taken or what it was decided on has grown."""
        entry = append(self.database, NewEntry(kind, actor, self.clock(), body, gate_id, place), decided_on)
        self.announce(self, entry)
        return entry

    def read(self, *kinds: str, gate_id: str | None = None) -> list[Entry]:
        return entries(self.database, kinds=kinds, gate_id=gate_id)

    def newest(self, kind: str) -> Iterator[Entry]:
        return newest_first(self.database, kind)


def real_world() -> World:
    """Prefect's blocks, the configured database, the clock on the wall, events for whoever wants to be told."""
    from flows.transitions.announcing import announce
    from flows.transitions.prefect_blocks import PrefectBlocks

    return World(PrefectBlocks(), engine(), utc_now, announce)
