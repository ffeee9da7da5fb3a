"""What is removed after how long, and what stays for ever."""

from datetime import timedelta

from sqlalchemy import Engine, func, insert, select

from tasks.operations.contents import contents_of
from tasks.operations.retention import Retention, apply_retention
from tasks.records.ledger import verify
from tasks.records.tables import attempts, outputs
from tasks.records.transcript_tables import transcript_runs, transcripts
from tests.operations.records import NOW, add_call, add_entries, add_run, count_calls, days_ago


def bodies(database: Engine) -> int:
    with database.connect() as connection:
        return connection.scalar(select(func.count()).where(attempts.c.raw_body != "")) or 0


def test_calls_are_kept_for_400_days(database: Engine) -> None:
    add_run(database, days_ago(399))
    add_run(database, days_ago(401))
    removed = apply_retention(database, NOW)
    assert {name: removed[name] for name in ("calls", "attempts", "steps", "runs", "outputs")} == {
        "calls": 1, "attempts": 2, "steps": 1, "runs": 1, "outputs": 1,
    }  # fmt: skip
    assert count_calls(database) == 1


def test_raw_bodies_go_sooner_than_their_calls(database: Engine) -> None:
    add_run(database, days_ago(31))
    add_run(database, days_ago(29))
    assert apply_retention(database, NOW)["raw bodies"] == 1
    assert (count_calls(database), bodies(database)) == (2, 1)


def test_a_run_stays_as_long_as_one_of_its_calls(database: Engine) -> None:
    start = add_run(database, days_ago(401))
    add_call(database, start, days_ago(10))
    apply_retention(database, NOW)
    assert (contents_of(database).rows["runs"], count_calls(database)) == (1, 1)


def test_an_output_that_is_still_used_stays(database: Engine) -> None:
    add_run(database, days_ago(401), output={"same": True})
    add_run(database, days_ago(10), output={"same": True})
    apply_retention(database, NOW)
    assert contents_of(database).rows["outputs"] == 1


def test_the_record_of_a_transcript_stays_with_its_run(database: Engine) -> None:
    start = add_run(database, days_ago(401))
    with database.begin() as connection:
        record = connection.scalar(select(outputs.c.sha256))
        connection.execute(insert(transcripts).values(
            external_id="1", filename="a.txt", raw_text="", content_sha256="", header={}, turns=[], run_id=start.id,
            created_at=NOW, updated_at=NOW,
        ))  # fmt: skip
        connection.execute(insert(transcript_runs).values(
            run_id=start.id, external_id="1", content_sha256="", model="double", record_sha256=record, at=NOW,
        ))  # fmt: skip
    apply_retention(database, NOW)
    rows = contents_of(database).rows
    assert (rows["calls"], rows["runs"], rows["outputs"], rows["transcript_runs"]) == (0, 1, 1, 1)


def test_the_ledger_stays_for_ever(database: Engine) -> None:
    add_entries(database)
    apply_retention(database, NOW + timedelta(days=10_000))
    assert verify(database).entries == 3


def test_other_rules_may_be_given(database: Engine) -> None:
    add_run(database, days_ago(31))
    apply_retention(database, NOW, Retention(calls=timedelta(days=30)))
    assert count_calls(database) == 0
