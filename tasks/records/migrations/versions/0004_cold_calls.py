"""calls of a model that had to be loaded first

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("calls", "attempts")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("cold", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as altered:
            altered.drop_column("cold")
