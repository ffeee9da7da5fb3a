"""What gates mean for runs under way: a rollback reaches their next call, a promotion does not; a canary sends by lot."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from prefect import flow

from blocks.errors import CallError
from blocks.lineups import GeneratorLineup
from blocks.models import OllamaModel
from flows.generator.opening import open_run
from flows.generator.run import GeneratorRun
from flows.generator.stages import stage
from flows.transitions.moving import movement
from flows.transitions.reading import read_gate
from flows.transitions.story import Opening
from flows.transitions.suites import SUITES
from flows.transitions.trial import run_trial
from flows.transitions.world import World, real_world
from tasks.records.ledger_serving import assigned, lot
from tasks.records.runs import read_calls
from tests import one_loop
from tests.conftest import SaveModel
from tests.doubles.model_server import ModelServer
from tests.generator.examples import outputs, sample
from tests.transitions.scenes import ROLE, opening

pytestmark = [pytest.mark.server]
SECOND = "buyer_psychology"


@pytest.fixture
def lineup(save_model: SaveModel) -> str:
    """A lineup whose first stages ask the candidate."""
    for name in ("old", "new"):
        save_model(name)
    return save_lineup(**{ROLE: "new", SECOND: "new"})


def save_lineup(**given: Any) -> str:
    roles = {**dict.fromkeys(GeneratorLineup.roles, "old"), **given}
    one_loop.run(GeneratorLineup(**roles).asave("reach", overwrite=True))
    return "reach"


def a_gate(world: World, *states: Any) -> Opening:
    """A gate of both roles on that lineup, moved along these states."""
    changes = [{"role": role, "incumbent": "old", "candidate": "new"} for role in (ROLE, SECOND)]
    about = opening(production="reach", preview="reach", changes=changes)
    world.record("planned", "tester", {"opening": about.model_dump(mode="json")}, "gate-1", 1)
    for state in states:
        moved(world, state)
    return about


def moved(world: World, state: Any) -> None:
    gate = read_gate(world, "gate-1")
    world.record("moved", "tester", movement(gate, state, "so"), "gate-1", gate.sequence + 1)


def served(run_id: str) -> list[tuple[str, str]]:
    """Block and arm of a run's calls."""
    return [(call["model_block"], call["arm"]) for call in read_calls(real_world().database, run_id)]


def asked(lineup: str, meanwhile: Any = None, run_id: str = "", **given: Any) -> list[tuple[str, str]]:
    """Block and arm of the first two stages' calls; `meanwhile` happens between them."""
    run_id = run_id or str(uuid4())

    @flow(name="two-stages")
    async def two_stages() -> None:
        run: GeneratorRun
        async with open_run(run_id, sample(), lineup, **given) as run:
            await run.stage(stage(ROLE))
            if meanwhile:
                meanwhile()
            await run.stage(stage(SECOND))

    one_loop.run(two_stages())
    return served(run_id)


def test_a_rollback_reaches_the_next_call_of_a_run_under_way(lineup: str) -> None:
    world = real_world()
    a_gate(world, "TESTING", "MONITORING")
    seen = asked(lineup, meanwhile=lambda: moved(world, "ROLLED_BACK"))
    assert seen == [("new", "candidate"), ("old", "incumbent")]


def test_a_rollback_reaches_a_question_that_waits_for_its_turn_and_makes_it_the_incumbents(
    models: ModelServer, save_model: SaveModel
) -> None:
    save_model("old", temperature=0.11)
    save_model("new", temperature=0.77, concurrency=1)
    lineup, world, run_id = save_lineup(**{ROLE: "new", SECOND: "new"}), real_world(), str(uuid4())
    a_gate(world, "TESTING", "MONITORING")
    models.clear()
    models.delay = lambda request: 1.5 if request.temperature == 0.77 else 0

    @flow(name="two-stages-at-once")
    async def at_once() -> None:
        async with open_run(run_id, sample(), lineup) as run:
            run.outputs = outputs()
            both = asyncio.gather(run.stage(stage(ROLE)), run.stage(stage(SECOND)))
            await asyncio.to_thread(models.wait_for_requests, 1)
            moved(world, "ROLLED_BACK")
            await both

    one_loop.run(at_once())
    assert served(run_id) == [("new", "candidate"), ("old", "incumbent")]
    assert [one.temperature for one in models.requests] == [0.77, 0.11]


@pytest.fixture
def dead() -> str:
    """A block whose server does not answer."""
    block = OllamaModel(model="smol", base_url="http://127.0.0.1:9", context_window=8192, attempts=1)
    one_loop.run(block.asave("dead-candidate", overwrite=True))
    return "dead-candidate"


def test_a_dead_candidate_is_felt_by_the_canarys_share_only_and_counted(lineup: str, dead: str) -> None:
    canary = {"canary_roles": f"{ROLE}={dead} {SECOND}={dead}", "canary_gate": "gate-1"}
    assert asked(save_lineup(canary_percent=0, **canary)) == [("old", "incumbent")] * 2
    run_id = str(uuid4())
    with pytest.raises(
        CallError, match=r"Market Analysis, asked of the model block 'dead-candidate': .*127\.0\.0\.1:9"
    ):
        asked(save_lineup(canary_percent=100, **canary), run_id=run_id)
    [call] = read_calls(real_world().database, run_id)
    assert (call["arm"], call["outcome"], call["error_class"]) == ("candidate", "failed", "connection")


def test_a_promotion_does_not(lineup: str) -> None:
    world = real_world()
    a_gate(world, "TESTING", "MONITORING", "AWAITING_APPROVAL")
    seen = asked(save_lineup(), meanwhile=lambda: moved(world, "PROMOTED"))
    assert seen == [("old", "incumbent"), ("old", "incumbent")]


def test_what_was_taken_back_before_a_run_began_is_past(lineup: str) -> None:
    a_gate(real_world(), "TESTING", "ROLLED_BACK")
    assert [block for block, _ in asked(lineup)] == ["new", "new"]


@pytest.mark.parametrize("purpose", ["trial", "baseline"])
def test_a_canary_sends_users_and_nobody_else(lineup: str, purpose: str) -> None:
    name = save_lineup(canary_percent=100, canary_roles=f"{ROLE}=new {SECOND}=new", canary_gate="gate-1")
    assert asked(name, purpose=purpose) == [("old", "incumbent")] * 2


def test_a_canary_of_all_asks_the_candidate_and_records_its_arm(lineup: str) -> None:
    canary = {"canary_roles": f"{ROLE}=new {SECOND}=new", "canary_gate": "gate-1"}
    assert asked(save_lineup(canary_percent=100, **canary)) == [("new", "candidate")] * 2
    assert asked(save_lineup(canary_percent=0, **canary)) == [("old", "incumbent")] * 2


def test_a_run_keeps_its_arm_whatever_becomes_of_the_weight() -> None:
    database, now = real_world().database, datetime.now(UTC)
    first = {str(n): assigned(database, str(n), "gate-1", 50, now) for n in range(40)}
    assert {str(n): assigned(database, str(n), "gate-1", 100, now) for n in range(40)} == first
    assert set(first.values()) == {"incumbent", "candidate"}


def test_lots_are_even_and_differ_by_gate() -> None:
    lots = [lot(str(n), "gate-1") for n in range(5000)]
    assert 400 < sum(one < 10 for one in lots) < 600
    assert lots != [lot(str(n), "gate-2") for n in range(5000)]


class TwoStages:
    def items(self) -> list[str]:
        return ["a", "b"]

    async def ask(self, item: str, lineup: str, run_id: str, pair: str, purpose: Any) -> None:
        async with open_run(run_id, sample(), lineup, purpose=purpose, pair=pair) as run:
            await run.stage(stage(ROLE))


def test_a_trial_asks_both_arms_the_same_in_pairs_and_goes_on_where_it_was(
    lineup: str, monkeypatch: pytest.MonkeyPatch, models: Any
) -> None:
    monkeypatch.setitem(SUITES, "generator", TwoStages())
    one_loop.run(GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, "old")).asave("reach-old", overwrite=True))
    a_gate(real_world(), "TESTING")

    @flow(name="one-trial")
    async def one_trial() -> Any:
        return await run_trial("generator", ("reach-old", "reach"), "t1")

    runs = one_loop.run(one_trial())
    calls = [call for run in runs for call in read_calls(real_world().database, run.run_id)]
    pairs = {(call["pair_id"], call["arm"]) for call in calls}
    assert len({pair for pair, _ in pairs}) == 2
    assert len(pairs) == 4
    before = len(models.requests)
    one_loop.run(one_trial())
    assert len(models.requests) == before
