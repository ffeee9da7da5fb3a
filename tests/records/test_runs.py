"""Runs, calls, attempts, outputs and steps: written as they were, read back the same, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError

from tasks.records import runs
from tasks.records.tables import attempts, calls, outputs
from tests.records.given import GOOD, MOMENT, REFUSED, a_call, a_run, later


@pytest.fixture
def run(database: Engine) -> runs.RunStart:
    start = a_run()
    runs.start_run(database, start)
    return start


class TestRuns:
    def test_a_run_is_read_back(self, database: Engine, run: runs.RunStart) -> None:
        found = runs.read_run(database, run.id)
        assert found is not None
        assert (found["status"], found["error"], found["ended_at"]) == ("running", None, None)
        assert (found["lineup"], found["models"], found["input"]) == (run.lineup, run.models, run.input)
        assert found["lineup_sha256"] == run.lineup_sha256

    def test_a_lineup_may_have_a_long_name(self, database: Engine) -> None:
        long = a_run("long", environment="-".join(["weekly-comparison"] * 11))
        runs.start_run(database, long)
        runs.save_call(database, a_call(long))
        assert runs.read_calls(database, "long")[0]["environment"] == long.environment

    def test_a_run_that_is_not_there_is_none(self, database: Engine) -> None:
        assert runs.read_run(database, "nobody") is None

    def test_an_ended_run_says_how_and_when(self, database: Engine, run: runs.RunStart) -> None:
        runs.end_run(database, run.id, "failed", MOMENT + timedelta(minutes=1), "No room.")
        found = runs.read_run(database, run.id)
        assert found is not None
        assert (found["status"], found["error"], found["ended_at"]) == (
            "failed",
            "No room.",
            MOMENT + timedelta(minutes=1),
        )

    def test_a_run_taken_up_again_runs_and_keeps_its_start(self, database: Engine, run: runs.RunStart) -> None:
        runs.end_run(database, run.id, "failed", MOMENT, "No room.")
        runs.start_run(database, replace(run, started_at=MOMENT + timedelta(hours=1)))
        found = runs.read_run(database, run.id)
        assert found is not None
        assert (found["status"], found["error"], found["ended_at"]) == ("running", None, None)
        assert found["started_at"] == MOMENT

    def test_the_newest_run_of_a_status_is_found(self, database: Engine) -> None:
        for number, status in enumerate(("completed", "completed", "failed")):
            runs.start_run(database, a_run(f"run-{number}", started_at=MOMENT + timedelta(minutes=number)))
            runs.end_run(database, f"run-{number}", status, MOMENT)  # type: ignore[arg-type]
        newest = runs.latest_run(database, "generator")
        assert newest is not None
        assert newest["id"] == "run-1"
        assert runs.latest_run(database, "transcripts") is None

    def test_lineup_and_models_make_the_hash(self) -> None:
        start = a_run()
        assert start.lineup_sha256 == a_run("another", input={}).lineup_sha256
        assert start.lineup_sha256 != replace(start, models={"small": {"model": "t"}}).lineup_sha256
        assert start.lineup_sha256 != replace(start, lineup={"name": "production"}).lineup_sha256


class TestCalls:
    def test_a_call_is_read_back(self, database: Engine, run: runs.RunStart) -> None:
        call = a_call(run, cost=0.25, placeholders=1, echoes=2, problems=[{"field": "total", "message": "low"}])
        runs.save_call(database, call)
        found = runs.read_call(database, call.id)
        assert found is not None
        assert (found["outcome"], found["score"], found["cost"]) == ("first_pass", 95, 0.25)
        assert (found["placeholders"], found["echoes"], found["problems"]) == (1, 2, list(call.problems))
        assert (found["prompt_tokens"], found["completion_tokens"], found["digest"]) == (100, 40, "sha256:1")
        assert found["output_sha256"] == runs.sha256({"total": 1700})

    def test_latency_is_that_of_the_answering_attempt_apart_from_the_total(
        self, database: Engine, run: runs.RunStart
    ) -> None:
        runs.save_call(database, a_call(run, REFUSED, later(3)))
        (found,) = runs.read_calls(database, run.id)
        assert (found["seconds"], found["total_seconds"], found["attempts"]) == (2.0, 5.0, 2)

    def test_each_attempt_is_kept_the_body_of_failed_ones_only(self, database: Engine, run: runs.RunStart) -> None:
        good = replace(later(3), raw_body='{"answer": "good"}')
        runs.save_call(database, a_call(run, REFUSED, good))
        with database.connect() as connection:
            rows = connection.execute(select(attempts).order_by(attempts.c.number)).mappings().all()
        assert [(row["number"], row["kind"], row["status"]) for row in rows] == [(1, "first", 503), (2, "retry", 200)]
        assert [row["raw_body"] for row in rows] == ['{"errors": [3040]}', ""]
        assert [row["error_class"] for row in rows] == ["capacity", None]

    def test_what_is_unknown_is_null(self, database: Engine, run: runs.RunStart) -> None:
        silent = replace(GOOD, prompt_tokens=None, completion_tokens=None)
        runs.save_call(database, a_call(run, silent, digest=None, score=None))
        (found,) = runs.read_calls(database, run.id)
        unknown = ("cost", "prompt_tokens", "completion_tokens", "digest", "score", "pair_id", "error", "error_class")
        assert {found[name] for name in unknown} == {None}

    def test_a_failed_call_has_its_reason_and_no_output(self, database: Engine, run: runs.RunStart) -> None:
        runs.save_call(database, a_call(run, REFUSED, output=None, score=None))
        (found,) = runs.read_calls(database, run.id)
        assert (found["outcome"], found["error_class"], found["seconds"]) == ("failed", "capacity", None)
        assert "No room." in found["error"]
        assert runs.read_steps(database, run.id) == {}

    def test_calls_come_in_the_order_they_were_asked(self, database: Engine, run: runs.RunStart) -> None:
        for seconds, part in ((5, "late"), (0, "early")):
            runs.save_call(database, a_call(run, later(seconds), part=part))
        assert [row["part"] for row in runs.read_calls(database, run.id)] == ["early", "late"]

    def test_a_call_is_stored_whole_or_not_at_all(self, database: Engine, run: runs.RunStart) -> None:
        call = a_call(run)
        runs.save_call(database, call)
        with pytest.raises(IntegrityError):
            runs.save_call(database, replace(call, output={"total": 2}))
        assert count(database, outputs) == 1
        assert count(database, calls) == 1

    def test_a_call_of_no_run_is_refused(self, database: Engine) -> None:
        with pytest.raises(IntegrityError):
            runs.save_call(database, a_call(a_run("nobody")))


class TestOutputs:
    def test_the_same_content_is_stored_once(self, database: Engine, run: runs.RunStart) -> None:
        runs.save_call(database, a_call(run, part="one", output={"a": 1, "b": [2]}))
        runs.save_call(database, a_call(run, part="two", output={"b": [2], "a": 1}))
        assert count(database, outputs) == 1
        assert len({step.output_sha256 for step, _ in runs.read_steps(database, run.id).values()}) == 1

    def test_a_step_is_replaced_when_its_role_is_asked_again(self, database: Engine, run: runs.RunStart) -> None:
        runs.save_call(database, a_call(run))
        second = a_call(run, output={"total": 2000}, score=80)
        runs.save_call(database, second)
        ((step, body),) = runs.read_steps(database, run.id).values()
        assert (body, step.call_id, step.score, step.source) == ({"total": 2000}, second.id, 80, "asked")
        assert count(database, calls) == 2

    def test_a_call_that_is_no_step_leaves_the_steps_alone(self, database: Engine, run: runs.RunStart) -> None:
        runs.save_call(database, a_call(run, input_key=None))
        assert runs.read_steps(database, run.id) == {}
        assert count(database, outputs) == 1

    @pytest.mark.parametrize(
        "body", ["Text — “quoted” 🙂", [1, 2.5, None, True], {"nested": {"empty": {}, "no": None}}]
    )
    def test_any_json_comes_back_as_it_was(self, body: object, database: Engine, run: runs.RunStart) -> None:
        runs.save_call(database, a_call(run, output=body))
        ((_, found),) = runs.read_steps(database, run.id).values()
        assert found == body


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class TestAddresses:
    @given(st.dictionaries(st.text(), JSON, max_size=6))
    @settings(max_examples=60, deadline=None)
    def test_the_order_of_keys_does_not_matter(self, value: dict[str, object]) -> None:
        assert runs.sha256(value) == runs.sha256(dict(reversed(value.items())))

    @given(JSON, JSON)
    @settings(max_examples=60, deadline=None)
    def test_another_text_has_another_address(self, one: object, other: object) -> None:
        assert (runs.canonical(one) == runs.canonical(other)) == (runs.sha256(one) == runs.sha256(other))

    def test_a_lone_surrogate_has_an_address(self) -> None:
        assert len(runs.sha256("\ud800")) == 64


def count(database: Engine, table: object) -> int:
    with database.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]
