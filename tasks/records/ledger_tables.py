"""The tables of the phase gates: the ledger, who was sent where by a canary, and how fields compared with gold answers.

The ledger's body is text, not JSON of the database: its hash is over exactly these bytes, whatever the dialect.
"""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from tasks.records.database import Moment
from tasks.records.tables import metadata

ledger = Table(
    "ledger",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(30), nullable=False),
    Column("gate_id", String(80)),
    Column("gate_sequence", Integer),  # place in the gate's own story: two processes cannot take the same place
    Column("actor", String(100), nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("gate_id", "gate_sequence"),
    UniqueConstraint("hash"),
    Index(None, "kind", "sequence"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("run_id", String(36), primary_key=True),
    Column("gate_id", String(80), primary_key=True),
    Column("arm", String(12), nullable=False),
    Column("weight", Float, nullable=False),  # share of runs sent to the candidate when this one was sent
    Column("at", Moment, nullable=False),
    Index(None, "gate_id"),
)

field_checks = Table(
    "field_checks",
    metadata,
    Column("call_id", String(36), ForeignKey("calls.id"), primary_key=True),
    Column("field", String(80), primary_key=True),
    Column("correct", Boolean, nullable=False),
)
