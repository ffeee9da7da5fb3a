"""`phasegate run` as a process: what it prints, how it ends, what it leaves."""

import json
import re
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from typer.testing import CliRunner

from blocks.errors import InputError
from deployments.application import app
from flows.generator.brief import load_input
from flows.generator.generate import taken_up
from flows.generator.samples import SAMPLE
from flows.transcripts.samples import SHORT
from tasks.records.database import close_databases, engine
from tasks.records.ledger import NewEntry, append, verify
from tasks.records.runs import end_run
from tests import one_loop
from tests.conftest import SaveLineup
from tests.deployments.small_disk import SmallDisk, small_disk
from tests.deployments.terminal import environment, phasegate, start
from tests.doubles.model_server import ModelServer, faults
from tests.generator.scene import asked, asks, newest_run, outputs, questions
from tests.operations.records import add_run

pytestmark = [
    pytest.mark.server, pytest.mark.usefixtures("own_environment"),
]  # fmt: skip
CORRECTION = "power_guarantee.recommendation_rationale=It is kept."
"""Of a field no other stage reads."""
DISK_BYTES = 800_000
"""Enough for the tables and some stages, too little for a run."""
READING_ON = ("value_stack", "pricing_framework", "payment_plans", "scarcity_upsells")


def test_ctrl_c_ends_it_at_once_and_keeps_what_was_finished(
    home: Path, prefect_api: str, models: ModelServer, lineup: SaveLineup
) -> None:
    models.delay = lambda request: 120 if asked(request) == "competitive_analysis" else 0
    with start("run", "--lineup", lineup(), env=environment(home, prefect_api)) as process:
        models.wait_for_requests(3, timeout=120)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=150)
    assert process.returncode == 130, printed
    assert "Traceback" not in printed
    assert "What was finished is kept" in printed
    assert newest_run()["status"] == "cancelled"
    assert f"2 of 13 stages are finished and kept. Go on with: phasegate run --continue {newest_run()['id']}" in printed
    assert set(outputs(newest_run()["id"])) == {"market_analysis", "buyer_psychology"}


def test_a_failed_run_says_how_to_go_on_and_goes_on(
    home: Path, prefect_api: str, models: ModelServer, lineup: SaveLineup
) -> None:
    env = environment(home, prefect_api)
    models.fail_when(asks("value_stack"), faults.http_error(400, "Out of order."))
    status, printed = phasegate("run", "--lineup", lineup(), env=env)
    assert status == 1
    assert "Traceback" not in printed
    assert "8. Value Stack" in printed
    assert "Out of order." in printed
    models.heal()
    models.clear()
    failed = str(newest_run()["id"])
    assert f"phasegate run --continue {failed} --lineup double" in printed
    status, printed = phasegate("run", "--lineup", "double", "--continue", failed, "--set", CORRECTION, env=env)
    assert status == 0, printed
    assert f"Prefect UI: {prefect_api.removesuffix('/api')} - this run" in printed
    assert {asked(request) for request in models.requests} == questions(*READING_ON)
    assert outputs(newest_run()["id"])["power_guarantee"]["recommendation_rationale"] == "It is kept."


def test_all_problems_of_a_brief_are_listed_at_once(home: Path, tmp_path: Path) -> None:
    brief = json.loads(SAMPLE.read_text())
    del brief["brief"]["niche"]
    brief["brief"]["favourite_colour"] = "green"
    (tmp_path / "brief.json").write_text(json.dumps(brief))
    status, printed = phasegate("run", str(tmp_path / "brief.json"), env=environment(home))
    assert status == 1
    assert "Traceback" not in printed
    assert "niche" in printed
    assert "Brief: 'favourite_colour' is no field" in printed


def test_a_file_that_is_not_there_is_one_clear_error(home: Path) -> None:
    status, printed = phasegate("run", "/no/such/brief.json", env=environment(home))
    assert status == 1
    assert "Traceback" not in printed
    assert "/no/such/brief.json" in printed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--continue", "x", "--set", "offer_design"), "stage.field=value"),
        (("--set", "offer_design.core_offer.offer_name=x"), "--continue"),
    ],
)
def test_a_correction_that_cannot_be_is_one_clear_error(home: Path, words: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, ["run", *words])
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)


@pytest.mark.parametrize("words", [(), ("--set", "offer_design.core_offer.offer_name=x")])
def test_a_run_that_is_not_there_is_said_before_anything_starts(home: Path, words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, ["run", "--continue", "nothing", *words])
    assert "There is no generator run 'nothing'" in str(result.exception)
    assert "there is no run to go on from yet; begin one with a brief: `phasegate run`." in str(result.exception)
    assert "Starting" not in result.output


def test_another_brief_is_not_asked_in_the_name_of_an_earlier_run(home: Path) -> None:
    earlier = add_run(engine()).id
    result = CliRunner().invoke(app, ["run", str(SAMPLE), "--continue", earlier])
    assert f"run {earlier} had another brief" in str(result.exception)
    assert "Starting" not in result.output


def test_the_brief_of_the_earlier_run_may_be_named_with_it(home: Path) -> None:
    brief = load_input(SAMPLE)
    assert taken_up(add_run(engine(), given=brief.model_dump(mode="json")).id, {}, brief)[0] == {}


def test_a_run_that_could_be_meant_is_named(home: Path) -> None:
    failed = add_run(engine()).id
    end_run(engine(), failed, "failed", datetime.now(UTC))
    result = CliRunner().invoke(app, ["run", "--continue", "nothing"])
    assert f"the newest failed one is {failed}." in str(result.exception)


def flow_runs() -> int:
    async def count() -> int:
        async with get_client() as client:
            return int((await client.request("POST", "/flow_runs/count", json={})).json())

    return one_loop.run(count())


@pytest.mark.parametrize("words", [("run",), ("transcript",), ("score", str(SHORT.parent))])
def test_a_mistyped_lineup_makes_no_failed_flow_run(prefect_api: str, words: tuple[str, ...]) -> None:
    before = flow_runs()
    result = CliRunner().invoke(app, [*words, "--lineup", "nosuch"])
    assert "Next: name one there is (" in str(result.exception)
    assert "production" in str(result.exception)
    assert flow_runs() == before


@pytest.fixture
def disk(home: Path, tmp_path: Path) -> Iterator[SmallDisk]:
    """Room for the tables, a ledger that has begun, and some stages."""
    append(engine(), NewEntry(kind="noted", actor="ada", at=datetime.now(UTC)))
    close_databases()
    with small_disk(tmp_path / "disk", DISK_BYTES, holding=home) as mounted:
        yield mounted


def test_a_full_disk_ends_the_run_which_goes_on_when_there_is_room(
    disk: SmallDisk, home: Path, prefect_api: str, models: ModelServer, lineup: SaveLineup
) -> None:
    env = environment(disk.place, prefect_api)
    status, printed = phasegate("run", "--lineup", lineup(), env=env, within=disk.entered)
    disk.copy(home)
    begun, finished = newest_run()["id"], outputs(newest_run()["id"])
    assert_told_of_a_full_disk(status, printed, f"phasegate run --continue {begun} --lineup double")
    assert 1 <= len(finished) < 13
    models.clear()
    disk.make_room()
    status, printed = phasegate("run", "--lineup", "double", "--continue", begun, env=env, within=disk.entered)
    assert status == 0, printed
    close_databases()
    disk.copy(home)
    assert outputs(newest_run()["id"]).items() >= finished.items()
    assert {asked(request) for request in models.requests}.isdisjoint(finished)
    assert (verify(engine()).sound, verify(engine()).entries) == (True, 1)


def assert_told_of_a_full_disk(status: int, printed: str, next_command: str) -> None:
    assert status == 1, printed
    assert "Traceback" not in printed
    assert printed.count("Error: ") == 1
    assert re.search(r"cannot be used: (database or disk is full|disk I/O error)\n", printed)
    assert "the disk has room" in printed
    assert next_command in printed
