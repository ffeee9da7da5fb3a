"""an index for the question whether a run that is removed made the record of a sales call

Revision: 0006, after 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_transcripts_run_id", "transcripts", ["run_id"])


def downgrade() -> None:
    op.drop_index("ix_transcripts_run_id", "transcripts")
