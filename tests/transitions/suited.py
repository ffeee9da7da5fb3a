"""What a plan can be made of: a suite of one's own, models that cost nothing, a recorded run of production."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from blocks.lineups import GeneratorLineup
from flows.transitions.planning import plan_phase
from flows.transitions.story import Opening
from tasks.judging.observations import Call
from tasks.records.tables import runs
from tests.transitions.records import store_calls
from tests.transitions.scenes import START
from tests.transitions.story import Story

FREE = {"model": "m", "input_price": 0, "output_price": 0}


def briefs(place: Path, count: int = 93) -> Path:
    """A folder with as many briefs as the default policy demands, in the folder that PHASEGATE_SUITES names."""
    folder = place / "suites" / "generator"
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number}.json").touch()
    return folder


def served(story: Story, seconds: float = 26, sections: int = 1) -> Story:
    """With a run of production through all stages; the report's is asked section by section."""
    counts = {role: sections if role == "report_synthesis" else 1 for role in GeneratorLineup.roles}
    made = [
        Call(role=role, arm="incumbent", at=START, run_id="served", failed=False, seconds=2)
        for role, count in counts.items()
        for _ in range(count)
    ]
    store_calls(story.database, made, environment="production", purpose="user")
    lasted(story, seconds)
    return story


def lasted(story: Story, seconds: float) -> None:
    """All recorded runs took so long."""
    with story.database.begin() as connection:
        connection.execute(update(runs).values(ended_at=START + timedelta(seconds=seconds)))


def planned(story: Story, phase: str = "generator-1", target: str = "new", **given: Any) -> Opening:
    return asyncio.run(plan_phase(story.world, phase, "Ada", target=target, **given))
