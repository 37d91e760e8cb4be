"""Counts for pages and boards, by rule, area, category and hour."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = ("city", "area", "rule", "category", "step", "start")


def upgrade() -> None:
    op.create_table(
        "counts",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("city", "area", "rule", "category")),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("expected", "low", "high")),
        sa.Column("limit", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("missing", "settled")),
        sa.PrimaryKeyConstraint(*KEY, name="pk_counts"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_counts_start", "counts", ["start"])


def downgrade() -> None:
    op.drop_table("counts")
