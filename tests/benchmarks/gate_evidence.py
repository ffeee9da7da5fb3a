"""(e) How long a verdict over 24 hours of 13 stages takes, by the calls recorded; on SQLite, and PostgreSQL where it runs.

One store that grows: the calls of the gate's own window first, then those of the months before, which a verdict must not
have to read. Then stores that hold a window alone, which grows: all of it is evidence. SQLite works in this process, so its processor time is counted; a server's work is counted by the clock.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import Engine, insert

from blocks.lineups import GeneratorLineup
from tasks.judging.evidence import Circumstances
from tasks.judging.observations import Window
from tasks.judging.planning import Passage, plan_gate
from tasks.judging.policy import Policy
from tasks.judging.requirements import Workload
from tasks.judging.verdict import judge
from tasks.records.database import connect, full_address
from tasks.records.ledger_evidence import Slice, read_evidence
from tasks.records.migrating import migrate
from tasks.records.tables import calls, runs
from tests.benchmarks.figures import RATIO, Figure, Sizes, steepest
from tests.postgres import NoPostgresError, cluster

TRIES = 5
"""How often it is judged, of which the fastest counts."""
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
ROLES = GeneratorLineup.roles
EACH = 2 * len(ROLES)
"""Calls of one input: every stage, both arms."""
WINDOW = 480 * EACH
"""Calls of the gate's own in the store that grows."""


def figures(sizes: Sizes) -> Sequence[Figure]:
    found = _figures("SQLite", False, sizes)
    with contextlib.suppress(NoPostgresError):
        found += _figures("PostgreSQL", True, sizes)
    return found


def _figures(kind: str, of_postgresql: bool, sizes: Sizes) -> list[Figure]:
    store = _store(of_postgresql, sizes.recorded)
    window = {count: _store(of_postgresql, (count,), count)[count] for count in sizes.window}
    last = sizes.recorded[-1]
    return [
        Figure(
            name=f"{kind}: verdict at {last:,} calls", value=store[last], unit="s", wanted=1,
            how=f"evidence and judgement, fastest of {TRIES}; {_steps(store)}",
        ),
        Figure(
            name=f"{kind}: growth / growth of the store", value=steepest(store), unit=RATIO, wanted=1.25,
            how="the worst step between neighbours; a quarter over linear is left to chance",
        ),
        Figure(
            name=f"{kind}: growth / growth of the window", value=steepest(window), unit=RATIO, wanted=1.25,
            how=f"all calls are evidence; the worst step of {_steps(window)}",
        ),
    ]  # fmt: skip


def _steps(took: Mapping[int, float]) -> str:
    return ", ".join(f"{count:,}: {seconds:.3f} s" for count, seconds in took.items())


def _store(of_postgresql: bool, counts: Sequence[int], window: int = WINDOW) -> dict[int, float]:
    """Seconds of a verdict when so many calls are recorded, of which the first `window` are evidence."""
    clock, took = perf_counter if of_postgresql else process_time, {}
    with address(of_postgresql) as url:
        database = connect(full_address(url))
        migrate(database)
        for before, count in zip((0, *counts), counts, strict=False):
            _fill(database, before, count, window)
            took[count] = min(_judged(database, clock) for _ in range(TRIES))
        database.dispose()
    return took


def _judged(database: Engine, clock: Callable[[], float]) -> float:
    """Seconds from the store to the verdict."""
    policy = Policy()
    workloads = tuple(Workload(role=role, incumbent_cost=1, candidate_cost=1) for role in ROLES)
    plan = plan_gate(policy, ROLES[:3], workloads[:3], Passage(calls=26, seconds=60, money=1), others=ROLES[3:])
    until = START + timedelta(hours=24)
    wanted = Slice("generator", ("preview",), dict.fromkeys(ROLES[:3], "new"), START, until, "", ROLES)
    began = clock()
    judge(plan, read_evidence(database, wanted, policy, Window(start=START)), Circumstances(until))
    return clock() - began


@contextlib.contextmanager
def address(of_postgresql: bool) -> Iterator[str]:
    """A new database: a server's of its own, or a file."""
    if of_postgresql:
        with cluster() as server:
            yield f"{server}/postgres"
        return
    with tempfile.TemporaryDirectory() as place:
        yield f"sqlite:///{Path(place) / 'benchmark.db'}"


def _fill(database: Engine, start: int, end: int, window: int = WINDOW) -> None:
    """Calls number `start` to `end`."""
    with database.begin() as connection:
        if start == 0:
            connection.execute(insert(runs), [_run(f"r{n}") for n in range(1000)])
        for first in range(start, end, 20_000):
            connection.execute(insert(calls), [_call(n, window) for n in range(first, min(end, first + 20_000))])


def _run(run_id: str) -> dict[str, object]:
    return {
        "id": run_id, "pipeline": "generator", "environment": "preview", "purpose": "trial", "lineup": {}, "models": {},
        "lineup_sha256": "", "input": {}, "input_sha256": run_id, "status": "completed", "started_at": START,
    }  # fmt: skip


def _call(n: int, window: int) -> dict[str, object]:
    """The gate's calls first, spread over its 24 hours; then those of the months before."""
    own = n < window
    number, arm = n // EACH, ("incumbent", "candidate")[n % 2]
    role = ROLES[(n // 2) % len(ROLES)]
    at = START + timedelta(hours=24) * (n / window) if own else START - timedelta(minutes=n % 200_000 + 1)
    return {
        "id": f"c{n}", "run_id": f"r{n % 1000}", "pipeline": "generator", "environment": "preview", "purpose": "trial",
        "role": role, "part": "", "arm": arm, "model_block": "new" if arm == "candidate" else "old", "provider": "p",
        "model": "m", "lineup_sha256": "", "prompt_sha256": "", "started_at": at, "seconds": 5 + n % 7 / 10,
        "total_seconds": 5.0, "attempts": 1, "cost": 0.01, "outcome": "first_pass", "repairs": [], "truncated": False,
        "placeholders": 0, "echoes": 0, "score": 96 + n % 5, "problems": [], "pair_id": f"p{number}",
    }  # fmt: skip
