"""What things are called, and what boards may see: views of counts, names and alerts, without duty numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COUNTS = """
CREATE VIEW shown_counts AS
SELECT city, area, rule, category, step / 1000 AS seconds, start AS start_ms, to_timestamp(start / 1000.0) AS "time",
  version, count, expected, low, high, "limit", missing, settled
FROM counts
"""
NAMES = """
CREATE VIEW shown_names AS
SELECT city, kind, code, parent, level, en, zh, latitude, longitude, promise FROM names
"""
ALERTS = """
CREATE VIEW shown_alerts AS
SELECT id, city, state, stage, desk, rule, area, category, rank, body ->> 'colour' AS colour,
  body #>> '{signal,kind}' AS kind,
  said_at AS said_ms, to_timestamp(said_at / 1000.0) AS said,
  CASE WHEN ended_at > 0 THEN to_timestamp(ended_at / 1000.0) END AS ended,
  CASE WHEN told_at > 0 THEN told_at END AS told_ms,
  CASE WHEN told_at > 0 THEN to_timestamp(told_at / 1000.0) END AS told,
  CASE WHEN held_at > 0 THEN to_timestamp(held_at / 1000.0) END AS held_since,
  explained_by <> '' AS explained,
  to_timestamp(NULLIF(CAST(body #>> '{duty,taken_at}' AS bigint), 0) / 1000.0) AS taken,
  to_timestamp(NULLIF(CAST(body #>> '{duty,closed_at}' AS bigint), 0) / 1000.0) AS closed,
  COALESCE(body #>> '{duty,outcome}', '') AS outcome
FROM (
  SELECT id, city, state, stage, desk, rule, area, category, rank, said_at, ended_at, told_at, held_at, explained_by,
    CAST(convert_from(body, 'UTF8') AS jsonb) AS body
  FROM alerts WHERE told
) AS told_alerts
"""


def upgrade() -> None:
    op.create_table(
        "names",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("city", "kind", "code", "parent", "en", "zh")),
        sa.Column("level", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("latitude", "longitude", "promise")),
        sa.PrimaryKeyConstraint("city", "kind", "code", name="pk_names"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for view in (COUNTS, NAMES, ALERTS):
            op.execute(sa.text(view))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for view in ("shown_alerts", "shown_names", "shown_counts"):
            op.execute(sa.text(f"DROP VIEW {view}"))
    op.drop_table("names")
