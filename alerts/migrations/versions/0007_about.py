"""Notices that speak of another desk, whose hand-over nobody has read or which holds much; what explains an alert.

Notices from before lose their checksums: those were made without the new column.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices", sa.Column("about", sa.Text(), nullable=False, server_default=""))
    op.execute(sa.text("UPDATE notices SET sum = NULL"))
    op.add_column("alerts", sa.Column("explained_by", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_alerts_explained_by", "alerts", ["explained_by"])


def downgrade() -> None:
    op.drop_index("ix_alerts_explained_by", "alerts")
    with op.batch_alter_table("alerts") as batch:
        batch.drop_column("explained_by")
    with op.batch_alter_table("notices") as batch:
        batch.drop_column("about")
    op.execute(sa.text("UPDATE notices SET sum = NULL"))
