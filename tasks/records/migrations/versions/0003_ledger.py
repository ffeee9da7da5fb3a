"""ledger of the phase gates

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

from tasks.records.database import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REFUSED = "the ledger is append-only"


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("gate_id", sa.String(length=80), nullable=True),
        sa.Column("gate_sequence", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_ledger")),
        sa.UniqueConstraint("gate_id", "gate_sequence", name=op.f("uq_ledger_gate_id_gate_sequence")),
        sa.UniqueConstraint("hash", name=op.f("uq_ledger_hash")),
    )
    op.create_index(op.f("ix_ledger_kind_sequence"), "ledger", ["kind", "sequence"])
    op.create_table(
        "assignments",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("gate_id", sa.String(length=80), nullable=False),
        sa.Column("arm", sa.String(length=12), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "gate_id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_gate_id"), "assignments", ["gate_id"])
    op.create_table(
        "field_checks",
        sa.Column("call_id", sa.String(length=36), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("correct", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_field_checks_call_id")),
        sa.PrimaryKeyConstraint("call_id", "field", name=op.f("pk_field_checks")),
    )
    _forbid_changes()


def _forbid_changes() -> None:
    """No row of the ledger is ever changed or removed, not even by hand in a console."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER ledger_no_{event.lower()} BEFORE {event} ON ledger "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        )


def downgrade() -> None:
    op.drop_table("field_checks")
    op.drop_table("assignments")
    op.drop_table("ledger")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_is_append_only()")
