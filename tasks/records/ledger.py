"""The ledger: what happened to which gate, when and by whom. Append-only, each entry sealed with the one before it.

The state of every gate is derived from its entries and stored nowhere else. An entry takes a numbered place in its gate's
story; a second process that wants the same place is refused, reads again and decides anew.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, RowMapping, Select, select
from sqlalchemy.exc import IntegrityError

from blocks.errors import GateError, StorageError
from tasks.records.database import usable
from tasks.records.ledger_tables import ledger
from tasks.records.runs import canonical
from tasks.records.writing import alone

GENESIS = "0" * 64
"""Stands for the entry before the first."""
TAIL_LOCK = 0x7068617365
"""Key of the advisory lock that PostgreSQL's writers of the ledger queue for."""
PART = 50
"""Entries read at once by whoever looks for the newest of something."""
SECRETS = frozenset({"code", "otp", "password", "secret", "token", "api_key", "api_token"})
"""Keys that never stand in an entry, at any depth."""


class AlreadyMovedError(GateError):
    """Another process has made the gate's next move; read the gate again."""


@dataclass(frozen=True)
class NewEntry:
    """What is to be recorded."""

    kind: str
    actor: str
    at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    gate_id: str | None = None
    gate_sequence: int | None = None
    """Place in the gate's story; required for an entry of a gate."""


@dataclass(frozen=True)
class Entry:
    """One recorded entry."""

    sequence: int
    kind: str
    gate_id: str | None
    gate_sequence: int | None
    actor: str
    at: datetime
    body: Mapping[str, Any]
    previous_hash: str
    hash: str


_COLUMNS = [ledger.c[one.name] for one in fields(Entry)]


@dataclass(frozen=True)
class Read:
    """What a decision was made on: all entries of some kinds, whatever gate they are of."""

    kinds: tuple[str, ...]
    until: int
    """Number of the ledger's newest entry when they were read."""


def append(database: Engine, new: NewEntry, decided_on: Read | None = None) -> Entry:
    """Records `new` after the last entry.

    Raises AlreadyMovedError if the gate's place is taken, or what it was decided on has grown; StorageError if the
    ledger cannot be written, ValueError for a secret in the body or an entry of a gate without a place.
    """
    if (new.gate_id is None) != (new.gate_sequence is None):
        raise ValueError("an entry of a gate needs its place in the gate's story, and only such an entry has one")
    _refuse_secrets(new.body)
    with usable(database):
        try:
            with alone(database, TAIL_LOCK) as connection:
                _refuse_overtaken(connection, new, decided_on)
                row = _sealed(new, *_last(connection))
                connection.execute(ledger.insert().values(row))
        except IntegrityError as error:
            raise _moved_on(new) from error
    return _entry(row)


def _moved_on(new: NewEntry) -> AlreadyMovedError:
    if new.gate_id is None:
        return AlreadyMovedError(
            "The ledger has grown by something that this was decided on.",
            means="nothing was recorded.",
            do="look again, and decide anew.",
        )
    return AlreadyMovedError(
        f"Gate {new.gate_id} has moved on in the meantime.",
        means="this move was not made; the other process's was.",
        do="look at the gate again: `phasegate status`.",
    )


def _refuse_overtaken(connection: Connection, new: NewEntry, decided_on: Read | None) -> None:
    """In the transaction that alone may append: nobody can come between this look and the entry."""
    if decided_on is None:
        return
    later = select(ledger.c.sequence).where(ledger.c.sequence > decided_on.until, ledger.c.kind.in_(decided_on.kinds))
    if connection.execute(later.limit(1)).first():
        raise _moved_on(new)


def entries(database: Engine, *, gate_id: str | None = None, kinds: Sequence[str] = (), after: int = 0) -> list[Entry]:
    """Entries in their order: of one gate, of some kinds, or all. Raises StorageError."""
    wanted = select(*_COLUMNS).where(ledger.c.sequence > after).order_by(ledger.c.sequence)
    if gate_id is not None:
        wanted = wanted.where(ledger.c.gate_id == gate_id)
    if kinds:
        wanted = wanted.where(ledger.c.kind.in_(kinds))
    return _found(database, wanted)


def newest_first(database: Engine, kind: str) -> Iterator[Entry]:
    """Entries of a kind, read in parts: who looks for the last that passed reads few of the years there are. Raises StorageError."""
    wanted = select(*_COLUMNS).where(ledger.c.kind == kind).order_by(ledger.c.sequence.desc()).limit(PART)
    part = _found(database, wanted)
    while part:
        yield from part
        part = _found(database, wanted.where(ledger.c.sequence < part[-1].sequence))


def entries_of_gates(database: Engine) -> list[Entry]:
    """Those of all gates in their order, without the baselines and drills of years. Raises StorageError."""
    return _found(database, select(*_COLUMNS).where(ledger.c.gate_id.is_not(None)).order_by(ledger.c.sequence))


def _found(database: Engine, wanted: Select[Any]) -> list[Entry]:
    with usable(database), database.connect() as connection:
        return [_read(row) for row in connection.execute(wanted)]


def _read(row: Row[Any]) -> Entry:
    """By place and not by name: every page and command reads thousands, some of them many times."""
    sequence, kind, gate_id, gate_sequence, actor, at, body, previous, own = row
    return Entry(sequence, kind, gate_id, gate_sequence, actor, at, json.loads(body), previous, own)


def last_sequence(database: Engine) -> int:
    """Number of the newest entry; 0 for an empty ledger."""
    with usable(database), database.connect() as connection:
        return _last(connection)[0]


@dataclass(frozen=True)
class Verification:
    """What a check of the whole chain found."""

    entries: int
    head: str
    """Hash of the newest sound entry; kept elsewhere, it also proves that none was cut off the end."""
    broken: int | None = None
    """Number of the first entry that does not hold."""
    reason: str = ""

    @property
    def sound(self) -> bool:
        return self.broken is None


def verify(database: Engine, head: str | None = None) -> Verification:
    """Recomputes every hash. With `head`, an entry with that hash has to be there too."""
    previous, count, found = GENESIS, 0, head is None
    with usable(database), database.connect() as connection:
        for row in connection.execute(select(ledger).order_by(ledger.c.sequence)).mappings():
            reason = _fault(row, count + 1, previous)
            if reason:
                return Verification(count, previous, count + 1, reason)
            previous, count = row["hash"], count + 1
            found = found or previous == head
    if not found:
        return Verification(count, previous, count + 1, f"the entry with hash {head} is not there")
    return Verification(count, previous)


def require_sound(database: Engine) -> None:
    """StorageError if the chain is broken: nothing is decided on a record that someone has changed."""
    found = verify(database)
    if not found.sound:
        raise StorageError(
            f"Entry {found.broken} of the ledger does not hold: {found.reason}.",
            means="the record of the gates was changed outside phasegate; no gate moves.",
            do="restore the database from a backup taken before, then run `phasegate verify`.",
        )


def _fault(row: RowMapping, expected: int, previous: str) -> str:
    if row["sequence"] != expected:
        return f"entry {expected} is missing"
    if row["previous_hash"] != previous:
        return "it does not follow the entry before it"
    return "" if row["hash"] == _hash(dict(row)) else "its content does not match its hash"


def _last(connection: Connection) -> tuple[int, str]:
    wanted = select(ledger.c.sequence, ledger.c.hash).order_by(ledger.c.sequence.desc()).limit(1)
    row = connection.execute(wanted).first()
    return (row.sequence, row.hash) if row else (0, GENESIS)


def _sealed(new: NewEntry, sequence: int, previous: str) -> dict[str, Any]:
    row = {
        **vars(new),
        "body": canonical(dict(new.body)),
        "at": new.at.astimezone(UTC),
        "sequence": sequence + 1,
        "previous_hash": previous,
    }
    return {**row, "hash": _hash(row)}


def _hash(row: Mapping[str, Any]) -> str:
    sealed = {name: value for name, value in row.items() if name != "hash"}
    sealed["at"] = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(canonical(sealed).encode(errors="surrogatepass")).hexdigest()


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(**{**row, "body": json.loads(row["body"])})


def _refuse_secrets(value: Any) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if str(key).casefold() in SECRETS:
                raise ValueError(f"{key!r} never goes into the ledger")
            _refuse_secrets(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_secrets(inner)
