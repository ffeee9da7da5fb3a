"""A ledger of some thousand entries over the store that is measured, and the gates it tells of."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from blocks.lineups import TranscriptLineup
from flows.transitions.moving import movement, open_gate, roll_back
from flows.transitions.reading import read_gate
from flows.transitions.story import Change, Opening, State
from tasks.judging.planning import Passage, plan_gate
from tasks.judging.policy import Policy
from tasks.judging.requirements import Workload
from tests.benchmarks.million_store import CHANGED, ROLES, Size
from tests.benchmarks.million_transcripts import MODEL
from tests.reports import records
from tests.transitions.memory import Clock, a_lineup
from tests.transitions.scenes import START, opening
from tests.transitions.story import GATE, Story

AGO = timedelta(days=5 * 365)
HELD, OF_TRANSCRIPTS, WHOLE = "held-1", "transcripts-1", "whole-3"
"""A gate that was not proven in time, one of the other pipeline that is over; and a generator run with a report, which
goes on from two others."""


def told(database: Engine, size: Size) -> Story:
    """A gate at the end of its 24 hours of calls, beside all the others."""
    _whole_runs(database)
    story = Story(database, clock=Clock(START - AGO), opened=_changing(*CHANGED))
    lineup = TranscriptLineup(**dict.fromkeys(TranscriptLineup.roles, "old"))
    content = lineup.model_dump(mode="json", exclude={"block_type_slug"})
    story.blocks.lineups |= {("transcripts", name): dict(content) for name in ("production", "preview")}
    story.blocks.lineups["generator", "held"] = a_lineup(payment_plans="new")
    _past(story, size)
    story.prepared().planned().moved()
    suite = [
        {"run_id": f"r{n}", "lineup": ("production", "preview")[n % 2], "item": "", "problem": ""} for n in range(40)
    ]
    tested = {"outcome": "done", "detail": "40 runs", "runs": suite}
    story.world.record("tested", "benchmark", tested, GATE, story.gate.sequence + 1)
    story.moved()
    _begun(story, HELD, opening(phase="generator-3", preview="held", **_changing("payment_plans")), "HELD")
    return story.waited(hours=24)


def _whole_runs(database: Engine) -> None:
    for number, until in ((1, 5), (2, 5), (3, 13)):
        begun = records.start(database, f"whole-{number}", parent=f"whole-{number - 1}" if number > 1 else None)
        records.record(database, begun, until)


def _changing(*roles: str) -> dict[str, Any]:
    """The opening of a gate about these roles, judged as strictly as any."""
    workloads = tuple(Workload(role=role, incumbent_cost=0.01, candidate_cost=0.01) for role in roles)
    others = tuple(role for role in ROLES if role not in roles) if roles[0] in ROLES else ()
    plan = plan_gate(Policy(mirror=0.1), roles, workloads, Passage(calls=26, seconds=60, money=1), others=others)
    return {"plan": plan, "changes": tuple(Change(role=role, incumbent="old", candidate="new") for role in roles)}


def _past(story: Story, size: Size) -> None:
    """Five years, in which the time passes evenly; two of the gates are older than the calls."""
    world, runs = story.world, [f"r{n}" for n in range(0, 40, 2)]
    for _ in range(size.entries):
        story.clock.now += AGO / size.entries / 2
        detail = {"pipeline": "generator", "lineup": "production", "passed": True, "detail": "20 runs", "runs": runs}
        world.record("baseline", "benchmark", detail)
    for n in range(size.gates):
        open_gate(world, f"old-{n}", opening(), "Ada")
        asyncio.run(roll_back(world, f"old-{n}", "Grace", "only a benchmark"))
    of_transcripts = _changing("extraction") | {"pipeline": "transcripts", "phase": "transcripts-preproduction"}
    change = Change(role="extraction", incumbent="old", candidate=MODEL)
    _begun(story, OF_TRANSCRIPTS, opening(**of_transcripts | {"changes": (change,)}))
    story.clock.now = START
    asyncio.run(roll_back(world, OF_TRANSCRIPTS, "Grace", "only a benchmark"))


def _begun(story: Story, gate_id: str, of: Opening, *further: State) -> None:
    """A gate that was tested, is monitored, and came `further`, without looking at calls."""
    world = story.world
    open_gate(world, gate_id, of, "Ada")
    to: State
    for to in ("TESTING", "MONITORING", *further):
        gate = read_gate(world, gate_id)
        world.record("moved", "benchmark", movement(gate, to, "only a benchmark"), gate_id, gate.sequence + 1)
        world.record("settled", "benchmark", {}, gate_id, gate.sequence + 2)
        if to == "TESTING":
            world.record("tested", "benchmark", {"outcome": "done", "detail": ""}, gate_id, gate.sequence + 3)
