"""What `make load` says about queued runs, from records and figures that are made up."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, insert

from tasks.judging.observations import Call
from tasks.records.tables import calls, runs
from tests.benchmarks.load import FILLED, FLAT_KB, QUESTIONS, Load, counted, growth
from tests.transitions.records import call_row, run_row

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def completed(database: Engine, run_id: str, transcript: str, answers: int = QUESTIONS) -> None:
    call = Call(role="client", arm="incumbent", at=NOW, run_id=run_id, failed=False, score=99, seconds=1, cost=0)
    rows = [call_row(n, call, id=f"{run_id}-{n}", part=str(n)) for n in range(answers)]
    with database.begin() as connection:
        connection.execute(insert(runs), [run_row(run_id, NOW, input={"transcript_id": transcript})])
        connection.execute(insert(calls), rows)


def test_all_is_there_once(database: Engine) -> None:
    completed(database, "run-1", "1")
    completed(database, "run-2", "2")
    assert counted(["1", "2"]) == (0, 0)


def test_a_second_run_of_one_does_not_hide_the_loss_of_another(database: Engine) -> None:
    completed(database, "run-1", "1")
    completed(database, "run-2", "1")
    assert counted(["1", "2"]) == (1 + QUESTIONS, 1 + QUESTIONS)


def test_an_answer_that_is_missing_is_lost(database: Engine) -> None:
    completed(database, "run-1", "1", answers=QUESTIONS - 1)
    assert counted(["1"]) == (1, 0)


@pytest.mark.parametrize(("each", "kb"), [(0.0, 0), (0.5, 512)])
def test_growth_is_that_of_a_run_when_the_caches_are_full(each: float, kb: float) -> None:
    held = [(done, 300 + each * done) for done in range(20, 41)]
    assert growth([(0, 100.0), (19, 200.0), *held]) == pytest.approx(kb)
    longer = [(done, 300 + each * done) for done in range(FILLED * 2, FILLED * 2 + 9)]
    assert growth([(0, 100.0), (FILLED * 2 - 1, 200.0), *longer], workers=2) == pytest.approx(kb)


def test_nothing_grows_while_nothing_ends() -> None:
    assert growth([]) == growth([(3, 100.0), (3, 200.0)]) == 0


@pytest.mark.parametrize(
    ("given", "good"), [({}, True), ({"lost": 1}, False), ({"doubled": 1}, False), ({"workers_kb": FLAT_KB + 1}, False)]
)
def test_loss_and_growing_memory_are_not_good(given: dict[str, float], good: bool) -> None:
    usual = {"workers": 2, "runs": 200, "seconds": 400, "queueing_p95": 380, "lost": 0, "doubled": 0,
             "server_kb": 0, "workers_kb": 0}  # fmt: skip
    load = Load.model_validate(usual | given)
    assert load.good is good
    assert "10,000 at this rate take 5.6 hours, queueing p95 5.3 hours" in load.sentence
