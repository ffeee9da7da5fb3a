"""The tables of the generator's records. Each part of phasegate adds its own beside these, on the same metadata.

A *run* asks *calls*, a call has *attempts*; a call's result is an *output*, stored once under the SHA-256 of its
content; a *step* says which output a role of a run ended with and where it came from.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

from tasks.records.database import Json, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("pipeline", String(20), nullable=False),
    Column("environment", String(200), nullable=False),
    Column("purpose", String(20), nullable=False),  # user, trial, baseline, shadow, drill
    Column("parent_id", String(36)),  # the run whose finished stages this one goes on from
    Column("lineup", Json, nullable=False),  # role -> block name, report length and the like
    Column("models", Json, nullable=False),  # block name -> its facts without secrets, and its digest
    Column("lineup_sha256", String(64), nullable=False),
    Column("input", Json, nullable=False),
    Column("input_sha256", String(64), nullable=False),
    Column("status", String(12), nullable=False),  # running, completed, failed, cancelled
    Column("error", Text),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index(None, "pipeline", "environment", "started_at"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("run_id", String(36), ForeignKey("runs.id"), nullable=False),
    Column("pipeline", String(20), nullable=False),
    Column("environment", String(200), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("role", String(40), nullable=False),
    Column("part", String(80), nullable=False),  # "" or the section, window ... of the role's work
    Column("arm", String(12), nullable=False),  # incumbent, candidate
    Column("model_block", String(100), nullable=False),
    Column("provider", String(40), nullable=False),
    Column("model", String(200), nullable=False),
    Column("digest", String(80)),
    Column("lineup_sha256", String(64), nullable=False),
    Column("prompt_sha256", String(64), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("seconds", Float),  # of the attempt that gave the answer
    Column("total_seconds", Float, nullable=False),  # with retries and waits
    Column("attempts", Integer, nullable=False),
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("cost", Float),  # USD; NULL where unknown
    Column("outcome", String(12), nullable=False),  # first_pass, repaired, failed
    Column("repairs", Json, nullable=False),
    Column("truncated", Boolean, nullable=False),
    Column("cold", Boolean, nullable=False, server_default=false()),  # the model was loaded for it
    Column("placeholders", Integer, nullable=False),
    Column("echoes", Integer, nullable=False),
    Column("score", Integer),  # 0-100; NULL for a failed call and for parts that are not scored
    Column("problems", Json, nullable=False),
    Column("error_class", String(40)),
    Column("error", Text),
    Column("output_sha256", String(64)),
    Column("pair_id", String(80)),  # same input asked of both arms
    Index(None, "run_id", "role"),
    Index(None, "pipeline", "role", "started_at"),
    Index(None, "started_at"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("call_id", String(36), ForeignKey("calls.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),  # first, retry, re-ask
    Column("started_at", Moment, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("status", Integer),
    Column("error_class", String(40)),
    Column("message", Text, nullable=False),
    Column("raw_body", Text, nullable=False),  # of failed attempts
    Column("prompt_tokens", Integer),
    Column("completion_tokens", Integer),
    Column("truncated", Boolean, nullable=False),
    Column("cold", Boolean, nullable=False, server_default=false()),
)

outputs = Table(
    "outputs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("body", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
)

steps = Table(
    "steps",
    metadata,
    Column("run_id", String(36), ForeignKey("runs.id"), primary_key=True),
    Column("role", String(40), primary_key=True),
    Column("part", String(80), primary_key=True),
    Column("input_key", String(64), nullable=False),  # what the output depends on
    Column("output_sha256", String(64), ForeignKey("outputs.sha256"), nullable=False),
    Column("source", String(10), nullable=False),  # asked, reused, overridden
    Column("call_id", String(36)),
    Column("score", Integer),
    Column("finished_at", Moment, nullable=False),
    Index(None, "run_id", "input_key"),
    Index(None, "output_sha256"),  # a database looks here for every output that is removed
)
