"""(i) How long it takes from an alarm to the restored block and the answered probe: the watch, a Prefect server, a database.

A canary serves users with a candidate that begins to fail. Each round is one watch: it reads the calls, rolls the gate
back, writes both lineups, reads them back and asks the incumbent for a sign of life.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median, quantiles
from time import perf_counter
from uuid import uuid4

from pydantic import SecretStr

from blocks.lineups import GeneratorLineup
from blocks.models import OpenAICompatibleModel
from flows.transitions.moving import movement, open_gate
from flows.transitions.reading import read_gate
from flows.transitions.settling import settle
from flows.transitions.story import Change
from flows.transitions.watch import watch
from flows.transitions.world import real_world
from tasks.judging.observations import Call
from tasks.judging.planning import Passage, plan_gate
from tasks.judging.policy import Policy
from tasks.judging.requirements import Workload
from tests.benchmarks.figures import Figure, Sizes
from tests.benchmarks.installation import installation
from tests.doubles.model_server import ModelServer
from tests.transitions.records import store_calls
from tests.transitions.scenes import opening

ROLES = GeneratorLineup.roles[:3]


def figures(sizes: Sizes) -> Sequence[Figure]:
    """Seconds from the recorded alarm until the way back is proven, and of the whole watch, its pages included."""
    with installation() as opened:
        rounds = asyncio.run(_measure(opened.models, sizes.rollbacks))
    return [
        Figure(
            name=name, value=quantiles(each, n=20)[-1], unit="s", wanted=wanted,
            how=f"95th percentile of {len(rounds)}; median {median(each):.2f} s, worst {max(each):.2f} s",
        )
        for name, wanted, each in zip(
            ("alarm to proven way back, p95", "whole watch with its pages, p95"), (5, None), zip(*rounds, strict=True), strict=True
        )
    ]  # fmt: skip


async def _measure(models: ModelServer, rounds: int) -> list[tuple[float, float]]:
    for name in ("old", "new"):
        await OpenAICompatibleModel(
            model="llama3.1:8b", base_url=models.openai_url, api_key=SecretStr(models.token), context_window=24_000
        ).asave(name, overwrite=True)
    for name in ("production", "preview"):
        await GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, "old")).asave(name, overwrite=True)
    return [await _round() for _ in range(rounds)]


async def _round() -> tuple[float, float]:
    """Seconds from the recorded alarm until the way back is proven, and of the whole watch, its pages included."""
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
    world = real_world()
    workloads = tuple(Workload(role=role, incumbent_cost=1, candidate_cost=1) for role in ROLES)
    changes = tuple(Change(role=role, incumbent="old", candidate="new") for role in ROLES)
    plan = plan_gate(
        Policy(), ROLES, workloads, Passage(calls=26, seconds=60, money=1), others=GeneratorLineup.roles[3:]
    )
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
