"""What desks do about alerts: the stage of each and when its clock is due, the chain of acts, the heads sent out.

The table of moves goes: alerts carry what the engine moved, and the chain begins with the first act that is written
from now on. Checksums of alerts are made anew, for a row has one more column; one that did not agree still does not.
"""

import hashlib

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SUMMED = ("id", "city", "state", "desk", "rule", "area", "category", "rank", "said_at", "ended_at", "told", "version")
NEW = ("stage", "told_at", "held_at")
DAMAGED = b"damaged"


def upgrade() -> None:
    op.add_column("alerts", sa.Column("stage", sa.Text(), nullable=False, server_default="open"))
    op.add_column("alerts", sa.Column("due_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("alerts", sa.Column("told_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("alerts", sa.Column("held_at", sa.BigInteger(), nullable=False, server_default="0"))
    _sum_anew((*SUMMED, "body"), (*SUMMED, *NEW, "body"))
    op.create_index("ix_alerts_stage_said_at", "alerts", ["stage", "said_at"])
    op.create_index("ix_alerts_due_at", "alerts", ["due_at"])
    op.create_index("ix_alerts_desk_told_at", "alerts", ["desk", "told_at"])
    op.create_index("ix_alerts_held_at", "alerts", ["held_at"])
    op.drop_table("moves")
    op.create_table(
        "chain",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_chain"),
    )
    op.create_index("ix_chain_alert_seq", "chain", ["alert", "seq"])
    op.create_table(
        "heads",
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("at", name="pk_heads"),
    )


def downgrade() -> None:
    op.drop_table("heads")
    op.drop_table("chain")
    op.create_table(
        "moves",
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("wall_at", sa.BigInteger(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("observed", sa.BigInteger(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name="fk_moves_alert"),
        sa.PrimaryKeyConstraint("alert", "epoch", "offset", "n", name="pk_moves"),
    )
    op.drop_index("ix_alerts_held_at", "alerts")
    op.drop_index("ix_alerts_desk_told_at", "alerts")
    op.drop_index("ix_alerts_due_at", "alerts")
    op.drop_index("ix_alerts_stage_said_at", "alerts")
    _sum_anew((*SUMMED, *NEW, "body"), (*SUMMED, "body"))
    for name in ("held_at", "told_at", "due_at", "stage"):
        op.drop_column("alerts", name)


def _sum_anew(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    db = op.get_bind()
    alerts = sa.table("alerts", sa.column("sum"), *(sa.column(name) for name in dict.fromkeys((*before, *after))))
    for row in db.execute(sa.select(alerts).where(alerts.c["sum"].is_not(None))).mappings().all():
        values = {**row, "told": bool(row["told"])}
        whole = row["sum"] == _sum(values, before)
        db.execute(
            alerts.update().where(alerts.c.id == row["id"]).values(sum=_sum(values, after) if whole else DAMAGED)
        )


def _sum(row: dict[str, object], names: tuple[str, ...]) -> bytes:
    values = [row[name] for name in names]
    return hashlib.blake2b(msgspec.msgpack.encode(values), digest_size=8, key=b"alerts").digest()
