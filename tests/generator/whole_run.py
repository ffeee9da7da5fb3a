"""The main job for real: thirteen stages on the embedded model, as `make run` does it, at its shortest.

It takes seven minutes of both processors, so tests and CI leave it alone: `make whole`.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from blocks.home import PROJECT_ROOT
from blocks.local_process import read_json
from flows.generator.report_synthesis import SECTIONS
from flows.generator.stages import STAGES
from tasks.records.database import engine
from tasks.records.runs import latest_run, read_calls
from tests.deployments.terminal import all_gone, environment, phasegate, processes_of
from tests.generator.scene import outputs

SHORTEST = """
import asyncio
from blocks.lineups import GeneratorLineup
from blocks.models import EmbeddedModel

async def save():
    await EmbeddedModel(text_limit=12).asave("shortest")
    await GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, "shortest"), report_words=300).asave("shortest")

asyncio.run(save())
"""


@pytest.mark.server
@pytest.mark.model
@pytest.mark.timeout(1200)
def test_the_main_job_runs_on_the_embedded_model(home: Path) -> None:
    save_shortest(home)
    status, printed = phasegate("run", "--lineup", "shortest", env=environment(home), seconds=1100)
    assert status == 0, printed
    run = latest_run(engine(), "generator")
    assert run is not None
    made = outputs(run["id"])
    for stage in STAGES:
        stage.output.model_validate(made[stage.key])
    assert [section["title"] for section in made["report_synthesis"]["sections"]] == [one.title for one in SECTIONS]
    assert {call["provider"] for call in read_calls(engine(), run["id"])} == {"embedded"}
    for path in re.findall(r"\S+\.(?:html|md)", printed):
        assert "demo model" in Path(path).read_text().lower()
    assert all_gone(home, seconds=90), processes_of(home)


def save_shortest(home: Path) -> None:
    """The lineup and its model, on the server that `phasegate deploy` leaves for a moment."""
    status, printed = phasegate("deploy", env=environment(home))
    assert status == 0, printed
    url = (read_json(home / "run" / "prefect-server" / "state.json") or {})["url"]
    subprocess.run([sys.executable, "-c", SHORTEST], env=environment(home, url), cwd=PROJECT_ROOT, check=True)
