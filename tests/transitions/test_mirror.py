"""Mirrored calls: what users asked, asked of the candidate too; nobody sees the answer, and it counts for the candidate."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from prefect import flow
from sqlalchemy import insert

from blocks.lineups import GeneratorLineup, TranscriptLineup
from deployments.catalogue import deployments
from flows.generator.opening import open_run
from flows.generator.stages import stage
from flows.transcripts.process import process_transcript
from flows.transcripts.samples import SHORT
from flows.transitions.mirror import reflect, shadow_of, unmirrored
from flows.transitions.reading import read_gate
from flows.transitions.story import Gate
from flows.transitions.watch import MIRROR, REPLAY
from flows.transitions.world import World, real_world
from tasks.judging.observations import Window
from tasks.judging.policy import Policy
from tasks.records.ledger_evidence import Slice, read_evidence
from tasks.records.ledger_serving import assigned
from tasks.records.runs import latest_run, read_calls, read_run, read_steps
from tasks.records.tables import runs
from tasks.records.transcripts import earlier_answers, keep_source, read_transcript
from tasks.transcripts.reading import read_text
from tests import one_loop
from tests.conftest import SaveModel
from tests.doubles.model_server import ModelServer, faults
from tests.generator.examples import sample
from tests.transcripts.scene import says
from tests.transitions.records import run_row
from tests.transitions.scenes import ROLE, START, opening
from tests.transitions.story import GATE, QUICK, Story

SECOND = "buyer_psychology"
ALWAYS = QUICK.model_copy(update={"mirror": 1.0})


# Which runs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def monitored(story: Story) -> Callable[[float], Story]:
    def begin(share: float) -> Story:
        story.opened = {"policy": QUICK.model_copy(update={"mirror": share})}
        return story.monitoring().waited(hours=1)

    return begin


def ran(story: Story, count: int = 1, **given: Any) -> list[str]:
    """Users' runs that are over, unless said otherwise."""
    usual = {"environment": "production", "purpose": "user", **given}
    rows = [run_row(str(uuid4()), story.clock.now, **usual) for _ in range(count)]
    with story.database.begin() as connection:
        connection.execute(insert(runs), rows)
    return [row["id"] for row in rows]


def waiting(story: Story) -> set[str]:
    return set(unmirrored(story.world, story.gate))


def test_nothing_is_mirrored_unless_the_plan_says_so(monitored: Callable[[float], Story]) -> None:
    assert Policy().mirror == 0
    story = monitored(0)
    ran(story)
    assert waiting(story) == set()


def test_a_share_of_users_runs_is_chosen_by_lot(monitored: Callable[[float], Story]) -> None:
    story = monitored(0.25)
    there = ran(story, 400)
    assert waiting(story) < set(there)
    assert 60 < len(waiting(story)) < 140


@pytest.mark.parametrize(
    "other",
    [{"purpose": "trial"}, {"environment": "preview"}, {"status": "running"}, {"pipeline": "transcripts"},
     {"started_at": START - timedelta(hours=1)}],
)  # fmt: skip
def test_only_users_runs_of_the_window_that_are_over(
    monitored: Callable[[float], Story], other: dict[str, Any]
) -> None:
    story = monitored(1)
    mine = ran(story)
    ran(story, **other)
    assert waiting(story) == set(mine)


def test_what_a_canary_sent_to_the_candidate_is_not_asked_of_it_again(monitored: Callable[[float], Story]) -> None:
    story = monitored(1)
    (sent,) = ran(story)
    assert assigned(story.database, sent, GATE, 100, story.clock.now) == "candidate"
    assert waiting(story) == set()


def test_a_gate_that_has_moved_on_mirrors_nothing(monitored: Callable[[float], Story]) -> None:
    story = monitored(1)
    ran(story)
    story.rolled_back()
    assert waiting(story) == set()


def test_the_watch_starts_what_is_deployed() -> None:
    names = {deployment.name for deployment in deployments()}
    assert {name.partition("/")[2] for name in (MIRROR, REPLAY)} <= names


# What becomes of them -------------------------------------------------------------------------------------------------


def a_gate(world: World, kind: Any, roles: tuple[str, ...]) -> Gate:
    """A gate in monitoring that mirrors everything: `old` serves users, `new` wants to."""
    for name, model in (("mirrored", "old"), ("mirroring", "new")):
        lineup = kind(**{**dict.fromkeys(kind.roles, "old"), **dict.fromkeys(roles, model)})
        one_loop.run(lineup.asave(name, overwrite=True))
    about = opening(
        pipeline=kind.pipeline, production="mirrored", preview="mirroring", policy=ALWAYS,
        changes=[{"role": role, "incumbent": "old", "candidate": "new"} for role in roles],
    )  # fmt: skip
    world.record("planned", "tester", {"opening": about.model_dump(mode="json")}, "gate-m", 1)
    for place, to in enumerate(("TESTING", "MONITORING"), start=2):
        body = {"to": to, "reason": "so", "pipeline": kind.pipeline, "serves": {}}
        world.record("moved", "tester", body, "gate-m", place)
    return read_gate(world, "gate-m")


def mirrored(world: World) -> int:
    @flow(name="mirroring")
    async def mirroring() -> int:
        return await reflect(world, "gate-m")

    return one_loop.run(mirroring())


@pytest.fixture
def users_run(save_model: SaveModel) -> str:
    """A user's run of the first two stages while a gate of both is monitored; its id."""
    for name in ("old", "new"):
        save_model(name)
    a_gate(real_world(), GeneratorLineup, (ROLE, SECOND))
    run_id = str(uuid4())

    @flow(name="two-stages")
    async def two_stages() -> None:
        async with open_run(run_id, sample(), "mirrored") as run:
            for role in (ROLE, SECOND):
                await run.stage(stage(role))

    one_loop.run(two_stages())
    return run_id


def of(run_id: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(call[name] for name in columns) for call in read_calls(real_world().database, run_id)]


@pytest.mark.server
class TestTheGenerator:
    def test_the_candidate_is_asked_exactly_the_same_and_counted(self, users_run: str, models: ModelServer) -> None:
        world, before = real_world(), [request.prompt for request in models.requests]
        assert mirrored(world) == 1
        assert sorted(request.prompt for request in models.requests[len(before) :]) == sorted(before)
        shadow = of(shadow_of("gate-m", users_run), "purpose", "arm", "model_block", "pair_id")
        assert shadow == [("shadow", "candidate", "new", users_run)] * 2
        assert of(users_run, "arm", "pair_id") == [("incumbent", users_run)] * 2
        assert pairs(world) == {ROLE: (1, 1), SECOND: (1, 1)}

    def test_it_is_asked_once(self, users_run: str, models: ModelServer) -> None:
        mirrored(real_world())
        asked = len(models.requests)
        assert (mirrored(real_world()), len(models.requests)) == (0, asked)

    def test_no_user_ever_sees_it(self, users_run: str) -> None:
        database = real_world().database
        before = read_steps(database, users_run)
        mirrored(real_world())
        assert read_steps(database, users_run) == before
        newest = latest_run(database, "generator")
        assert newest
        assert newest["id"] == users_run

    def test_a_dead_candidate_harms_itself_alone(self, users_run: str, models: ModelServer) -> None:
        world = real_world()
        models.fail_next(*[faults.http_error(500)] * 2)
        assert mirrored(world) == 1
        assert of(shadow_of("gate-m", users_run), "outcome") == [("failed",)] * 2
        run = read_run(world.database, users_run)
        assert run
        assert run["status"] == "completed"


def pairs(world: World) -> dict[str, tuple[int, int]]:
    """Role -> pairs, and calls of the candidate."""
    now = datetime.now(UTC)
    window = Window(start=now - timedelta(hours=1))
    wanted = Slice("generator", ("mirrored", "mirroring"), {ROLE: "new", SECOND: "new"}, window.start, now)
    seen = read_evidence(world.database, wanted, ALWAYS, window)
    return {role: (found.pairs.pairs, found.candidate.calls) for role, found in seen.roles.items()}


@pytest.mark.server
def test_a_users_call_is_mirrored_and_its_record_stays(save_model: SaveModel, models: ModelServer) -> None:
    world = real_world()
    models.answer = says()
    for name in ("old", "new"):
        save_model(name)
    a_gate(world, TranscriptLineup, TranscriptLineup.roles)
    done = one_loop.run(process_transcript(path=SHORT, lineup="mirrored"))
    row = read_transcript(world.database, done.transcript_id)
    known = earlier_answers(world.database, done.transcript_id)
    asked = len(models.requests)
    assert mirrored(world) == 1
    assert len(models.requests) == 2 * asked
    assert set(of(shadow_of("gate-m", done.run_id), "arm", "pair_id")) == {("candidate", done.run_id)}
    assert read_transcript(world.database, done.transcript_id) == row
    assert earlier_answers(world.database, done.transcript_id) == known


@pytest.mark.server
def test_a_call_whose_text_was_replaced_since_is_left_out(save_model: SaveModel, models: ModelServer) -> None:
    world = real_world()
    models.answer = says()
    for name in ("old", "new"):
        save_model(name)
    a_gate(world, TranscriptLineup, TranscriptLineup.roles)
    one_loop.run(process_transcript(path=SHORT, lineup="mirrored"))
    keep_source(world.database, read_text(f"{SHORT.read_text()}\n[00:59:00] Priya: One more thing.\n"), START)
    asked = len(models.requests)
    assert (mirrored(world), len(models.requests)) == (0, asked)
