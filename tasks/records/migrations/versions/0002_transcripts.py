"""transcripts

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

from tasks.records.database import Json, Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transcripts",
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("raw_text", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("header", Json, nullable=False),
        sa.Column("turns", Json, nullable=False),
        sa.Column("client_key", sa.String(length=400), nullable=True),
        sa.Column("extracted_data", Json, nullable=True),
        sa.Column("conversation_phases", Json, nullable=True),
        sa.Column("crm_data", Json, nullable=True),
        sa.Column("crm_sha256", sa.String(length=64), nullable=True),
        sa.Column("email_draft", sa.Text(), nullable=True),
        sa.Column("social_content", Json, nullable=True),
        sa.Column("coaching_feedback", Json, nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_transcripts_run_id")),
        sa.PrimaryKeyConstraint("external_id", name=op.f("pk_transcripts")),
    )
    with op.batch_alter_table("transcripts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transcripts_client_key"), ["client_key"], unique=False)

    op.create_table(
        "transcript_runs",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=True),
        sa.Column("record_sha256", sa.String(length=64), nullable=True),
        sa.Column("knowledge_sha256", sa.String(length=64), nullable=True),
        sa.Column("dropped", Json, nullable=True),
        sa.Column("checks", Json, nullable=True),
        sa.Column("missing", Json, nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["external_id"], ["transcripts.external_id"], name=op.f("fk_transcript_runs_external_id")
        ),
        sa.ForeignKeyConstraint(
            ["knowledge_sha256"], ["outputs.sha256"], name=op.f("fk_transcript_runs_knowledge_sha256")
        ),
        sa.ForeignKeyConstraint(["record_sha256"], ["outputs.sha256"], name=op.f("fk_transcript_runs_record_sha256")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_transcript_runs_run_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_transcript_runs")),
    )
    with op.batch_alter_table("transcript_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transcript_runs_external_id_at"), ["external_id", "at"], unique=False)

    op.create_table(
        "sync_status",
        sa.Column("external_id", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("record_sha256", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=36), nullable=True),
        sa.Column("claimed_until", Moment(), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["external_id"], ["transcripts.external_id"], name=op.f("fk_sync_status_external_id")),
        sa.PrimaryKeyConstraint("external_id", "target", "place", name=op.f("pk_sync_status")),
    )
    with op.batch_alter_table("sync_status", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sync_status_target_status"), ["target", "status"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sync_status", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sync_status_target_status"))

    op.drop_table("sync_status")
    with op.batch_alter_table("transcript_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transcript_runs_external_id_at"))

    op.drop_table("transcript_runs")
    with op.batch_alter_table("transcripts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transcripts_client_key"))

    op.drop_table("transcripts")
