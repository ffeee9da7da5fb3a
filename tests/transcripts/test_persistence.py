"""The truth about calls: text first, one record in one transaction, every run kept, nothing written twice."""

import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.exc import IntegrityError

from blocks.errors import StorageError
from tasks.crm.status import PLACES, Claim, Settled, claim, count_not_done, read_status, settle, why_not_done
from tasks.records import runs
from tasks.records.database import connect
from tasks.records.transcript_tables import sync_status
from tasks.records.transcripts import (
    Earlier,
    Result,
    earlier_answers,
    keep_result,
    keep_source,
    read_earlier,
    read_records,
    read_transcript,
    read_transcript_run,
)
from tasks.transcripts.knowledge import Knowledge
from tests.crm.baserow_setting import record
from tests.transcripts.kept import count_transcripts, runs_of
from tests.transcripts.scene import NOW, begin, call, store, stored

LATER = NOW + timedelta(hours=1)
KEY = "10000001"


def row(database: Engine, key: str = KEY) -> dict[str, Any]:
    found = read_transcript(database, key)
    assert found is not None
    return dict(found)


def test_text_and_turns_are_there_before_any_record(database: Engine) -> None:
    keep_source(database, call(KEY), NOW)

    kept = row(database)
    assert kept["raw_text"] == call(KEY).text
    assert [turn["speaker"] for turn in kept["turns"]] == ["Rolf Adler", "Hanna Brandt"]
    assert kept["crm_data"] is None


def test_a_record_is_stored_whole_and_read_back(database: Engine) -> None:
    assert store(database)

    kept = row(database)
    assert stored(kept) == record(1)
    assert kept["client_key"] == "hanna1@example.com"
    assert kept["email_draft"] == "Dear Hanna,\nthank you."
    assert kept["coaching_feedback"]["strengths"] == ["Listened"]


def test_the_same_again_changes_nothing(database: Engine) -> None:
    store(database)
    before, states = row(database), read_status(database)

    assert not store(database, run_id="run-again", at=LATER)

    assert row(database) == before
    assert read_status(database) == states


def test_another_record_replaces_the_first_and_both_runs_stay(database: Engine) -> None:
    store(database)
    assert store(database, run_id="run-b", at=LATER, meeting={"model": "another"})

    kept = row(database)
    assert (stored(kept).meeting.model, kept["run_id"], kept["created_at"], kept["updated_at"]) == (
        "another", "run-b", NOW, LATER,
    )  # fmt: skip
    models = [
        read_transcript_run(database, run["run_id"])["record"]["meeting"]["model"] for run in runs_of(database, KEY)
    ]  # type: ignore[index]
    assert models == ["embedded", "another"]
    assert count_transcripts(database) == 1


def test_other_phases_are_written_and_put_nothing_behind(database: Engine) -> None:
    store(database)
    begin(database, "run-b", call(KEY), LATER)
    with database.begin() as connection:
        connection.execute(update(sync_status).values(status="done"))
    phases = [{"phase": "Closing", "start": "00:00:05"}]

    assert not keep_result(
        database, Result("run-b", call(KEY).sha256, record(1), Knowledge(deposit="5"), phases), LATER
    )

    kept = row(database)
    assert (kept["conversation_phases"], kept["extracted_data"]["deposit"]) == (phases, "5")
    assert {state["status"] for state in read_status(database)} == {"done"}


def test_what_a_call_had_is_known_only_while_its_text_is_the_same(database: Engine) -> None:
    assert read_earlier(database, call(KEY)) is None
    store(database)
    assert read_earlier(database, call(KEY)) == Earlier(record(1), [])

    keep_source(database, call(KEY, "Let us do it."), LATER)

    assert read_earlier(database, call(KEY, "Let us do it.")) is None


def test_a_changed_record_puts_every_projection_behind(database: Engine) -> None:
    store(database)

    states = read_status(database, [KEY])

    assert {state["status"] for state in states} == {"behind"}
    assert {(state["target"], state["place"]) for state in states} == {
        (target, place) for target, places in PLACES.items() for place in places
    }


def test_a_new_text_replaces_the_old_one_and_leaves_the_record(database: Engine) -> None:
    store(database)
    keep_source(database, call(KEY, "Let us do it."), LATER)

    kept = row(database)
    assert "Let us do it." in kept["raw_text"]
    assert (kept["created_at"], kept["updated_at"]) == (NOW, LATER)
    assert stored(kept) == record(1)


def test_a_run_over_a_text_that_was_replaced_meanwhile_does_not_become_the_record(database: Engine) -> None:
    old = call(KEY)
    begin(database, "slow", old)
    keep_source(database, call(KEY, "Let us do it."), LATER)

    assert not keep_result(database, Result("slow", old.sha256, record(1), Knowledge()), LATER)

    assert row(database)["crm_data"] is None
    assert read_transcript_run(database, "slow")["record"] is not None  # type: ignore[index]


def test_half_a_transaction_is_nothing(database: Engine) -> None:
    """The record cannot name a run that is not there: neither record nor statuses stay behind."""
    keep_source(database, call(KEY), NOW)

    with pytest.raises(IntegrityError):
        keep_result(database, Result("no-such-run", call(KEY).sha256, record(1), Knowledge()), NOW)

    assert row(database)["crm_data"] is None
    assert read_status(database) == []


@pytest.mark.parametrize("use", [
    lambda database: keep_source(database, call(KEY), NOW),
    lambda database: claim(database, "graph", NOW),
    lambda database: settle(database, Claim("token", "graph", {KEY: ""}), {KEY: {"": Settled("done")}}, NOW),
    lambda database: why_not_done(database, KEY),
    lambda database: count_not_done(database),
    lambda database: read_records(database, {KEY: ""}),
])  # fmt: skip
def test_a_database_that_fails_is_said_without_the_clients_words(use: Callable[[Engine], Any]) -> None:
    """As after an upgrade somebody took back, or a disk that is full: the tables are not there."""
    database = connect("sqlite://")

    with pytest.raises(StorageError) as caught:
        use(database)

    assert "hanna" not in "".join(traceback.format_exception(caught.value)).casefold()
    assert "no such table" in str(caught.value)


def test_answers_of_earlier_runs_of_the_call_are_known(database: Engine) -> None:
    begin(database, "first", call(KEY))
    with database.begin() as connection:
        address = runs.put_output(connection, {"summary": "x"}, NOW)
        runs.put_step(connection, "first", runs.Step("summary", "whole", "key", address, "asked"), NOW)

    assert earlier_answers(database, KEY)["key"][1] == {"summary": "x"}
    assert earlier_answers(database, "another") == {}


def test_records_are_read_only_as_they_were_claimed(database: Engine) -> None:
    store(database)
    address = row(database)["crm_sha256"]

    assert list(read_records(database, {KEY: address, "unknown": address})) == [KEY]
    assert read_records(database, {KEY: "0" * 64}) == {}
