"""A record store as years of use leave it: a million calls with their runs, attempts, steps and outputs, and ten thousand
sales calls with their records and how far these have been brought.

First come the runs of one gate: trials under both lineups, users' meanwhile, and users' after its promotion. All others
are users' of the months before. What has nothing of its own to say, the database writes from the rows it belongs to.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Table, case, insert, literal, select, text

from blocks.lineups import GeneratorLineup
from tasks.judging.observations import Call
from tasks.records.tables import attempts, calls, outputs, runs, steps
from tests.benchmarks.million_transcripts import rows_by_table
from tests.transitions.records import MODELS, call_row, run_row
from tests.transitions.scenes import START

ROLES = GeneratorLineup.roles
CHANGED = ROLES[:3]
"""What the gate changes."""
DAY, PAST = timedelta(days=1), timedelta(days=139)
"""How long the gate watches; since when there are calls."""
AT_ONCE = 20_000


@dataclass(frozen=True)
class Size:
    """How much there is."""

    calls: int = 1_000_000
    """Of the generator. For each hundred of them there are one sales call, and one output that they share."""
    trials: int = 960
    """Runs of the gate's suite, half of them under each lineup."""
    entries: int = 2_000
    """Of the ledger besides those of the gate: nightly baselines of five years."""
    gates: int = 100
    """That are over."""

    @property
    def runs(self) -> int:
        return self.calls // len(ROLES)

    @property
    def hundredth(self) -> int:
        return max(1, self.calls // 100)

    @property
    def users(self) -> int:
        """Runs of users while the gate is monitored, and as many in the day after its promotion."""
        return self.trials // 4

    def before(self, n: int) -> int:
        """How many runs of the time before the gate are newer than run `n`; negative for the gate's own."""
        return n - self.trials - 2 * self.users


def fill(database: Engine, size: Size) -> None:
    with database.begin() as connection:
        _insert(connection, outputs, (_output(n) for n in range(size.hundredth)))
        _insert(connection, runs, (_run(n, size) for n in range(size.runs)))
        _insert(connection, calls, (row for n in range(size.runs) for row in _calls(n, size)))
        for table, rows in rows_by_table(size.hundredth, START, PAST):
            _insert(connection, table, rows)
        _follow(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))  # as it does by itself, within minutes


def _insert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Few enough at a time that memory does not grow with the store."""
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        connection.execute(insert(table), some)


def _output(n: int) -> dict[str, Any]:
    return {"sha256": _address(n), "body": {"text": "x" * 500}, "created_at": START - PAST}


def _address(n: int) -> str:
    return f"{n:064x}"


def _run(n: int, size: Size) -> dict[str, Any]:
    at, kind = _began(n, size), _kind(n, size)
    facts = {name: {"provider": "double", "model": f"{name}-70b", "temperature": 0.1} for name in MODELS.values()}
    return run_row(
        f"r{n}", at, **kind, ended_at=at + timedelta(minutes=5), input={"brief": {"niche": f"clinics {n % 500}"}},
        input_sha256=f"i{n // 2 if n < size.trials else n}", lineup={"name": kind["environment"], "roles": {}},
        models=facts, status="failed" if n >= size.trials and n % 50 == 49 else "completed",
    )  # fmt: skip


def _kind(n: int, size: Size) -> dict[str, str]:
    if n < size.trials:
        return {"environment": "preview" if n % 2 else "production", "purpose": "trial"}
    return {"environment": "production", "purpose": "user"}


def _began(n: int, size: Size) -> datetime:
    """Pairs of trials at the same time, then users' runs; those of the past last, the newest of them first."""
    if n < size.trials:
        return START + DAY * (n // 2 * 2 / size.trials)
    if (past := size.before(n)) < 0:
        return START + DAY * ((n - size.trials) / size.users) + timedelta(minutes=1)
    return START - PAST * ((past + 1) / max(1, size.before(size.runs)))


def _calls(n: int, size: Size) -> Iterator[dict[str, Any]]:
    """One of each stage, a fifth of a minute apart."""
    at, paired = _began(n, size), n < size.trials
    of_candidate = bool(n % 2) if paired else -size.users <= size.before(n) < 0
    for place, role in enumerate(ROLES):
        number = n * len(ROLES) + place
        call = Call(
            role=role, arm="candidate" if of_candidate else "incumbent", at=at + timedelta(seconds=12 * place),
            run_id=f"r{n}", failed=False, score=96 + n // 2 % 5, seconds=5 + n // 2 % 7 / 10, cost=0.01,
            pair_id=f"p{n // 2}" if paired else None,
        )  # fmt: skip
        block = MODELS[call.arm if role in CHANGED else "incumbent"]
        address = _address(number % size.hundredth)
        yield call_row(number, call, **_kind(n, size), model_block=block, output_sha256=address)


def _follow(connection: Connection) -> None:
    """An attempt of each call, one in a hundred with a body that was kept because it failed; and a step of each."""
    kept = case((calls.c.id.like("%99"), "not JSON " * 40), else_="")
    attempt = {
        "call_id": calls.c.id, "number": literal(1), "kind": literal("first"), "started_at": calls.c.started_at,
        "seconds": calls.c.total_seconds, "status": literal(200), "message": literal(""), "raw_body": kept,
        "truncated": calls.c.truncated, "cold": calls.c.cold,
    }  # fmt: skip
    step = {
        "run_id": calls.c.run_id, "role": calls.c.role, "part": calls.c.part, "input_key": calls.c.id,
        "output_sha256": calls.c.output_sha256, "source": literal("asked"), "call_id": calls.c.id,
        "score": calls.c.score, "finished_at": calls.c.started_at,
    }  # fmt: skip
    for table, columns in ((attempts, attempt), (steps, step)):
        connection.execute(insert(table).from_select(list(columns), select(*columns.values())))
