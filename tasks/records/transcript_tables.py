"""The tables of the transcript pipeline: the truth about each call, its runs, and how far the projections are.

A call is one row of `transcripts` under its transcript id. Every run of it leaves a row in `transcript_runs` with the
record it came to, stored once by content; so what another model made of the same call stays there to compare.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from tasks.records.database import Json, Moment
from tasks.records.tables import metadata

transcripts = Table(
    "transcripts",
    metadata,
    Column("external_id", String(64), primary_key=True),
    Column("filename", String(255), nullable=False),
    Column("raw_text", Text, nullable=False),
    Column("content_sha256", String(64), nullable=False),
    Column("header", Json, nullable=False),
    Column("turns", Json, nullable=False),
    Column("client_key", String(400)),
    Column("extracted_data", Json),  # merged knowledge with its provenance
    Column("conversation_phases", Json),
    Column("crm_data", Json),  # the CRM record; NULL until a run has finished
    Column("crm_sha256", String(64)),
    Column("email_draft", Text),
    Column("social_content", Json),
    Column("coaching_feedback", Json),
    Column("run_id", String(36), ForeignKey("runs.id")),  # the run the record is from
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index(None, "client_key"),
    Index(None, "run_id"),  # a database looks here for every run that is removed
)

transcript_runs = Table(
    "transcript_runs",
    metadata,
    Column("run_id", String(36), ForeignKey("runs.id"), primary_key=True),
    Column("external_id", String(64), ForeignKey("transcripts.external_id"), nullable=False),
    Column("content_sha256", String(64), nullable=False),
    Column("model", String(100), nullable=False),  # block that did the extraction
    Column("digest", String(80)),
    Column("record_sha256", String(64), ForeignKey("outputs.sha256")),  # NULL while running or failed
    Column("knowledge_sha256", String(64), ForeignKey("outputs.sha256")),
    Column("dropped", Json),  # findings that were not proven, with reasons
    Column("checks", Json),  # checks of the drafts
    Column("missing", Json),  # agents that gave no answer, with reasons
    Column("at", Moment, nullable=False),
    Index(None, "external_id", "at"),
    Index(None, "record_sha256"),  # a database looks here for every output that is removed
    Index(None, "knowledge_sha256"),
)

sync_status = Table(
    "sync_status",
    metadata,
    Column("external_id", String(64), ForeignKey("transcripts.external_id"), primary_key=True),
    Column("target", String(20), primary_key=True),  # baserow, graph
    Column("place", String(40), primary_key=True),  # the table within it; empty where there is only one
    Column("status", String(12), nullable=False),  # behind, unconfigured, rejected, done
    Column("reason", Text),
    Column("record_sha256", String(64), nullable=False),  # the record the status is about
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String(36)),
    Column("claimed_until", Moment),
    Column("at", Moment, nullable=False),
    Index(None, "target", "status"),
)
