"""Urgency, stand-ins and digests of notices; when messages left over a channel with a budget.

Rows from before lose their checksums: those were made without the new columns.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = (
    ("urgency", sa.Integer(), "0"),
    ("count", sa.Integer(), "0"),
    ("covers", sa.Text(), ""),
    ("digest", sa.Text(), ""),
)
WEIGHTS = {"first": 8, "worse": 8, "spread": 7, "corrected": 4, "withdrawn": 4, "merged": 2, "over": 1}


def upgrade() -> None:
    for name, kind, default in COLUMNS:
        op.add_column("notices", sa.Column(name, kind, nullable=False, server_default=default))
    op.create_index("ix_notices_covers", "notices", ["covers"])
    op.create_index("ix_notices_digest", "notices", ["digest"])
    op.create_table(
        "sends",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_sends"),
    )
    op.create_index("ix_sends_channel_at", "sends", ["channel", "at"])
    _fill()


def _fill() -> None:
    db = op.get_bind()
    notices = sa.table(
        "notices",
        *(sa.column(name) for name in ("seq", "state", "reason", "urgency", "sum")),
        sa.column("body", sa.LargeBinary()),
    )
    db.execute(notices.update().values(sum=None))
    waiting = sa.select(notices.c.seq, notices.c.reason, notices.c.body).where(notices.c.state == "pending")
    for seq, reason, body in db.execute(waiting).all():
        urgency = 10 * json.loads(body)["rank"] + WEIGHTS.get(reason, 0)
        db.execute(notices.update().where(notices.c.seq == seq).values(urgency=urgency))


def downgrade() -> None:
    op.drop_table("sends")
    op.drop_index("ix_notices_digest", "notices")
    op.drop_index("ix_notices_covers", "notices")
    with op.batch_alter_table("notices") as batch:
        for name, _, _ in reversed(COLUMNS):
            batch.drop_column(name)
    op.execute(sa.text("UPDATE notices SET sum = NULL"))
