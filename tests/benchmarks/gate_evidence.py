"""How long a verdict over 24 hours of 13 stages takes from a store with a million calls, and how large the gate's own part is.

.venv/bin/python -m tests.benchmarks.gate_evidence [--postgresql]
"""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from sqlalchemy import Engine, insert

from blocks.lineups import GeneratorLineup
from tasks.judging.evidence import Circumstances
from tasks.judging.observations import Window
from tasks.judging.planning import plan_gate
from tasks.judging.policy import Policy
from tasks.judging.requirements import Workload
from tasks.judging.verdict import judge
from tasks.records.database import connect, full_address, migrate
from tasks.records.ledger_evidence import Slice, read_evidence
from tasks.records.tables import calls, runs
from tests.postgres import cluster

CALLS, MINE = 1_000_000, 480
"""Calls in the store, and inputs the gate's window has for each stage and arm."""
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
ROLES = GeneratorLineup.roles


def main() -> None:
    with address("--postgresql" in sys.argv) as url:
        database = connect(full_address(url))
        migrate(database)
        _fill(database)
        policy = Policy()
        workloads = tuple(Workload(role=role, seconds_per_call=5, incumbent_cost=1, candidate_cost=1) for role in ROLES)
        plan = plan_gate(policy, ROLES[:3], workloads[:3], others=ROLES[3:])
        wanted = Slice(
            "generator", ("preview",), dict.fromkeys(ROLES[:3], "new"), START, START + timedelta(hours=24), "", ROLES
        )
        for _ in range(3):
            began = perf_counter()
            evidence = read_evidence(database, wanted, policy, Window(start=START))
            read = perf_counter()
            verdict = judge(plan, evidence, Circumstances(START + timedelta(hours=24)))
            sys.stdout.write(
                f"evidence {read - began:.3f} s, verdict {perf_counter() - read:.3f} s, "
                f"{sum(role.candidate.calls for role in evidence.roles.values())} calls of the candidate: {verdict.state}\n"
            )


@contextlib.contextmanager
def address(of_postgresql: bool) -> Iterator[str]:
    """A new database: a server's of its own, or a file."""
    if of_postgresql:
        with cluster() as server:
            yield f"{server}/postgres"
        return
    with tempfile.TemporaryDirectory() as place:
        yield f"sqlite:///{Path(place) / 'benchmark.db'}"


def _fill(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(insert(runs), [_run(f"r{n}") for n in range(1000)])
        batch = []
        for n in range(CALLS):
            batch.append(_call(n))
            if len(batch) == 20_000:
                connection.execute(insert(calls), batch)
                batch.clear()


def _run(run_id: str) -> dict[str, object]:
    return {
        "id": run_id, "pipeline": "generator", "environment": "preview", "purpose": "trial", "lineup": {}, "models": {},
        "lineup_sha256": "", "input": {}, "input_sha256": "", "status": "completed", "started_at": START,
    }  # fmt: skip


def _call(n: int) -> dict[str, object]:
    """The gate's calls first, spread over its window; then those of the months before."""
    own = n < 2 * MINE * len(ROLES)
    number, arm = n // (2 * len(ROLES)), ("incumbent", "candidate")[n % 2]
    role = ROLES[(n // 2) % len(ROLES)]
    at = START + timedelta(minutes=3 * number) if own else START - timedelta(minutes=n % 200_000 + 1)
    return {
        "id": f"c{n}", "run_id": f"r{n % 1000}", "pipeline": "generator", "environment": "preview", "purpose": "trial",
        "role": role, "part": "", "arm": arm, "model_block": "new" if arm == "candidate" else "old", "provider": "p",
        "model": "m", "lineup_sha256": "", "prompt_sha256": "", "started_at": at, "seconds": 5 + n % 7 / 10,
        "total_seconds": 5.0, "attempts": 1, "cost": 0.01, "outcome": "first_pass", "repairs": [], "truncated": False,
        "placeholders": 0, "echoes": 0, "score": 96 + n % 5, "problems": [], "pair_id": f"p{number}",
    }  # fmt: skip


if __name__ == "__main__":
    main()
