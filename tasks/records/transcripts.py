"""Calls, what runs made of them, and the record that counts: stored first as text, then as one record, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, RowMapping, and_, select, update

from tasks.crm.status import mark_behind
from tasks.records import runs
from tasks.records.database import usable
from tasks.records.runs import Step
from tasks.records.tables import outputs, steps
from tasks.records.transcript_tables import transcript_runs, transcripts
from tasks.records.writing import insert_new, insert_or_change
from tasks.transcripts.knowledge import Knowledge
from tasks.transcripts.record import CrmRecord
from tasks.transcripts.transcript import Transcript


@dataclass(frozen=True)
class Result:
    """What a run came to."""

    run_id: str
    content_sha256: str
    """Of the text the record was made from."""
    record: CrmRecord
    knowledge: Knowledge
    phases: Sequence[Mapping[str, str]] = ()
    dropped: Sequence[Mapping[str, Any]] = ()
    checks: Sequence[Mapping[str, Any]] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    """Agent -> why it gave no answer."""


@dataclass(frozen=True)
class Earlier:
    """What the call's record says now, and the phases beside it."""

    record: CrmRecord
    phases: Sequence[Mapping[str, str]]


def keep_source(database: Engine, transcript: Transcript, at: datetime) -> None:
    """Stores text and turns, before anything is asked. Raises StorageError.

    Another text under the same id replaces the one before; the record stays what it was until a run has finished.
    """
    body = transcript.model_dump(mode="json")
    row = {
        "external_id": transcript.transcript_id, "filename": transcript.filename, "raw_text": transcript.text,
        "content_sha256": transcript.sha256, "header": body["header"], "turns": body["turns"],
        "created_at": at, "updated_at": at,
    }  # fmt: skip
    change = [name for name in row if name not in ("external_id", "created_at")]
    with usable(database), database.begin() as connection:
        insert_or_change(connection, transcripts, [row], change, if_other=("content_sha256", "filename"))


def note_run(
    database: Engine, transcript: Transcript, run_id: str, model: str, digest: str | None, at: datetime
) -> None:
    """Stores that a run is about this call, and which model block extracts in it."""
    row = {"run_id": run_id, "external_id": transcript.transcript_id, "content_sha256": transcript.sha256,
           "model": model, "digest": digest, "at": at}  # fmt: skip
    with database.begin() as connection:
        insert_new(connection, transcript_runs, row)


def keep_result(database: Engine, result: Result, at: datetime) -> bool:
    """Stores what the run came to, as the call's record too, in one transaction; whether that record changed.

    The run's own row is always written. The call's row stays untouched when all is the same as before, or when its text
    was replaced while the run went on: then a newer run is about to write it. Where only phases or provenance are
    others, they are written and no projection is behind: none shows them.
    """
    body, knowledge = result.record.model_dump(mode="json"), result.knowledge.model_dump(mode="json")
    address = runs.sha256(body)
    with database.begin() as connection:
        runs.put_output(connection, body, at)
        known_as = runs.put_output(connection, knowledge, at)
        connection.execute(
            update(transcript_runs).where(transcript_runs.c.run_id == result.run_id).values(
                record_sha256=address, knowledge_sha256=known_as, dropped=list(result.dropped),
                checks=list(result.checks), missing=dict(result.missing), at=at,
            )
        )  # fmt: skip
        external_id = result.record.meeting.transcript_id
        this = and_(transcripts.c.external_id == external_id, transcripts.c.content_sha256 == result.content_sha256)
        before = connection.execute(select(transcripts).where(this).with_for_update()).mappings().first()
        now = {**_columns(result, body, knowledge), "crm_sha256": address}
        if before is None or all(before[name] == value for name, value in now.items()):
            return False
        connection.execute(update(transcripts).where(this).values(**now, run_id=result.run_id, updated_at=at))
        changed: bool = before["crm_sha256"] != address
        if changed:
            mark_behind(connection, external_id, address, at)
    return changed


def _columns(result: Result, body: Mapping[str, Any], knowledge: Mapping[str, Any]) -> dict[str, Any]:
    drafts = body["communications"]
    return {
        "client_key": result.record.client.key,
        "extracted_data": knowledge,
        "conversation_phases": [dict(phase) for phase in result.phases],
        "crm_data": body,
        "email_draft": drafts["follow_up_email"],
        "social_content": {name: value for name, value in drafts.items() if name != "follow_up_email"},
        "coaching_feedback": body["coaching"],
    }


def earlier_answers(database: Engine, external_id: str) -> dict[str, tuple[Step, Any]]:
    """Input key -> step and output of every run of this call so far, the newest last: nothing is asked twice."""
    names = Step.__dataclass_fields__
    with database.connect() as connection:
        rows = connection.execute(
            select(steps, outputs.c.body)
            .join(outputs, outputs.c.sha256 == steps.c.output_sha256)
            .join(transcript_runs, transcript_runs.c.run_id == steps.c.run_id)
            .where(transcript_runs.c.external_id == external_id)
            .order_by(steps.c.finished_at)
        ).mappings()
        return {row["input_key"]: (Step(**{name: row[name] for name in names}), row["body"]) for row in rows}


def read_transcript(database: Engine, external_id: str) -> RowMapping | None:
    with usable(database), database.connect() as connection:
        return (
            connection.execute(select(transcripts).where(transcripts.c.external_id == external_id)).mappings().first()
        )


def read_earlier(database: Engine, transcript: Transcript) -> Earlier | None:
    """The call's record if it was made from this very text."""
    chosen = select(transcripts.c.crm_data, transcripts.c.conversation_phases)
    with database.connect() as connection:
        row = connection.execute(
            chosen.join(transcript_runs, transcript_runs.c.run_id == transcripts.c.run_id).where(
                transcripts.c.external_id == transcript.transcript_id,
                transcript_runs.c.content_sha256 == transcript.sha256,
            )
        ).first()
    return Earlier(CrmRecord.model_validate(row.crm_data), row.conversation_phases) if row else None


def read_records(database: Engine, wanted: Mapping[str, str]) -> dict[str, CrmRecord]:
    """Transcript id -> its record, for those that still have the record of the given SHA-256."""
    chosen = select(transcripts.c.external_id, transcripts.c.crm_sha256, transcripts.c.crm_data)
    with usable(database), database.connect() as connection:
        rows = connection.execute(chosen.where(transcripts.c.external_id.in_(list(wanted))))
        return {
            row.external_id: CrmRecord.model_validate(row.crm_data)
            for row in rows
            if row.crm_sha256 == wanted[row.external_id]
        }


def read_transcript_run(database: Engine, run_id: str) -> RowMapping | None:
    """The run's row with the record it came to as `record` and the knowledge behind it as `knowledge`."""
    known = outputs.alias("known")
    with usable(database), database.connect() as connection:
        return connection.execute(
            select(transcript_runs, outputs.c.body.label("record"), known.c.body.label("knowledge"))
            .outerjoin(outputs, outputs.c.sha256 == transcript_runs.c.record_sha256)
            .outerjoin(known, known.c.sha256 == transcript_runs.c.knowledge_sha256)
            .where(transcript_runs.c.run_id == run_id)
        ).mappings().first()  # fmt: skip
