"""How long it takes from an alarm to the restored block and the answered probe: the watch, a Prefect server, a database.

A canary serves users with a candidate that begins to fail. Each round is one watch: it reads the calls, rolls the gate
back, writes both lineups, reads them back and asks the incumbent for a sign of life.

.venv/bin/python -m tests.benchmarks.gate_rollback [rounds] [--postgresql]
"""

import asyncio
import logging
import os
import sys
import tempfile
from datetime import UTC, datetime
from statistics import median, quantiles
from time import perf_counter
from uuid import uuid4

from pydantic import SecretStr

from blocks.lineups import GeneratorLineup
from blocks.models import OpenAICompatibleModel
from tests.benchmarks.gate_evidence import address
from tests.doubles.model_server import ModelServer

ROLES = GeneratorLineup.roles[:3]
ROUNDS = 40


def main() -> None:
    rounds = next((int(word) for word in sys.argv[1:] if word.isdigit()), ROUNDS)
    with tempfile.TemporaryDirectory() as home, address("--postgresql" in sys.argv) as url, ModelServer() as models:
        os.environ |= {"PHASEGATE_HOME": home, "PHASEGATE_DATABASE_URL": url}
        from deployments.prefect_server import prefect_api
        from deployments.settings import apply_settings
        from tasks.records.database import close_databases

        apply_settings(quiet=True)
        logging.disable(logging.WARNING)
        with prefect_api():
            seconds = asyncio.run(_measure(models, rounds))
        close_databases()
    for what, each in zip(("alarm to proven way back", "the whole watch"), zip(*seconds, strict=True), strict=True):
        p95 = quantiles(each, n=20)[-1]
        sys.stdout.write(
            f"{rounds} rollbacks, {what}: p50 {median(each):.2f} s, p95 {p95:.2f} s, worst {max(each):.2f} s\n"
        )


async def _measure(models: ModelServer, rounds: int) -> list[tuple[float, float]]:
    from blocks.registering import register_blocks

    await register_blocks()
    for name in ("old", "new"):
        await OpenAICompatibleModel(
            model="llama3.1:8b", base_url=models.openai_url, api_key=SecretStr(models.token), context_window=24_000
        ).asave(name)
    for name in ("production", "preview"):
        await GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, "old")).asave(name, overwrite=True)
    return [await _round() for _ in range(rounds)]


async def _round() -> tuple[float, float]:
    """Seconds from the recorded alarm until the way back is proven, and of the whole watch, its pages included."""
    from flows.transitions.reading import read_gate
    from flows.transitions.watch import watch
    from flows.transitions.world import real_world

    world, gate_id = real_world(), str(uuid4())
    await _begin(gate_id)
    began = perf_counter()
    await watch()
    gate, serving = read_gate(world, gate_id), await world.blocks.lineup("generator", "production") or {}
    seconds = perf_counter() - began
    at = {entry.kind: entry.at for entry in world.read("judged", "settled", gate_id=gate_id)}
    assert (gate.state, gate.settled) == ("ROLLED_BACK", True), gate.reason
    assert {serving[role] for role in ROLES} == {"old"}
    assert serving["canary_percent"] == 0
    return (at["settled"] - at["judged"]).total_seconds(), seconds


async def _begin(gate_id: str) -> None:
    """A gate whose canary serves half of the users, and twenty failed calls."""
    from flows.transitions.moving import movement, open_gate
    from flows.transitions.reading import read_gate
    from flows.transitions.settling import settle
    from flows.transitions.story import Change
    from flows.transitions.world import real_world
    from tasks.judging.observations import Call
    from tasks.judging.planning import plan_gate
    from tasks.judging.policy import Policy
    from tasks.judging.requirements import Workload
    from tests.transitions.records import store_calls
    from tests.transitions.scenes import opening

    world = real_world()
    workloads = tuple(Workload(role=role, seconds_per_call=5, incumbent_cost=1, candidate_cost=1) for role in ROLES)
    changes = tuple(Change(role=role, incumbent="old", candidate="new") for role in ROLES)
    plan = plan_gate(Policy(), ROLES, workloads, others=GeneratorLineup.roles[3:])
    open_gate(world, gate_id, opening(canary=True, changes=changes).model_copy(update={"plan": plan}), "benchmark")
    world.record("moved", "benchmark", movement(read_gate(world, gate_id), "TESTING", "so"), gate_id, 2)
    await settle(world, read_gate(world, gate_id))
    gate = read_gate(world, gate_id)
    world.record("moved", "benchmark", movement(gate, "MONITORING", "so"), gate_id, gate.sequence + 1)
    world.record("weighted", "benchmark", {"percent": 50, "reason": "so"}, gate_id, gate.sequence + 2)
    await settle(world, read_gate(world, gate_id))
    made = [
        Call(role=role, arm="candidate", at=datetime.now(UTC), run_id=f"{gate_id[:8]}-{role}-{n}", failed=True)
        for role in ROLES
        for n in range(20)
    ]
    first = int(gate_id[:8], 16) * 100
    store_calls(world.database, made, gate_id, first, environment="production", purpose="user")


if __name__ == "__main__":
    main()
