"""A checksum in each row that is read again: a row from before has none and is believed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("alerts", "notices", "causes")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("sum", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("sum")
