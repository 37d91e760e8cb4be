"""The tables of the alert store, as the newest migration leaves them. Nothing here that PostgreSQL lacks."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

alerts: Final = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("city", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("desk", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("said_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),  # 0 while it runs
    Column("told", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),  # of the commit that changed it last
    Column("stage", Text, nullable=False, server_default="open"),
    Column("due_at", BigInteger, nullable=False, server_default="0"),  # when a clock has something to do; 0: never
    Column("told_at", BigInteger, nullable=False, server_default="0"),  # when its desk was interrupted; 0: never
    Column("held_at", BigInteger, nullable=False, server_default="0"),  # since then kept back by the budget; 0: not
    Column("explained_by", Text, nullable=False, server_default=""),  # the alert for which it is held
    Column("body", LargeBinary, nullable=False),  # alerts.alert.encode
    Column("sum", LargeBinary, nullable=True),  # alerts.seals, as below
    Index(None, "state", "ended_at"),
    Index(None, "said_at"),
    Index(None, "version"),
    Index(None, "stage", "said_at"),
    Index(None, "due_at"),
    Index(None, "desk", "told_at"),
    Index(None, "held_at"),
    Index(None, "explained_by"),
)

chain: Final = Table(
    "chain",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("alert", Text, nullable=False),  # of a form "missed": ""
    Column("verb", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # alerts.chain.encode
    Column("hash", LargeBinary, nullable=False),
    Index(None, "alert", "seq"),
)

heads: Final = Table(
    "heads",
    metadata,
    Column("at", BigInteger, primary_key=True, autoincrement=False),  # when it was sent out
    Column("seq", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # alerts.chain.Head, JSON
)

notices: Final = Table(
    "notices",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),  # the order of writing
    Column("id", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("alert", Text, ForeignKey("alerts.id"), nullable=False),
    Column("desk", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", BigInteger, nullable=False),
    Column("give_up_at", BigInteger, nullable=False),
    Column("receipt", LargeBinary, nullable=True),  # of the last try, JSON
    Column("body", LargeBinary, nullable=False),  # the alert as it was: alerts.alert.encode
    Column("urgency", Integer, nullable=False, server_default="0"),
    Column("count", Integer, nullable=False, server_default="0"),  # of a flood: alerts that it stands for
    Column("about", Text, nullable=False, server_default=""),  # another desk, that it speaks of
    Column("covers", Text, nullable=False, server_default=""),  # id of the notice that it stands in for
    Column(
        "digest", Text, nullable=False, server_default=""
    ),  # id of the message that it left in: a digest's, or its own
    Column("sum", LargeBinary, nullable=True),
    Index("ux_notices_id", "id", unique=True),
    Index(None, "state", "channel", "seq"),
    Index(None, "alert", "channel", "desk", "seq"),
    Index(None, "covers"),
    Index(None, "digest"),
)

sends: Final = Table(
    "sends",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("channel", Text, nullable=False),
    Column("at", BigInteger, nullable=False),  # when a message began to leave, ms UTC
    Index(None, "channel", "at"),
)

causes: Final = Table(
    "causes",
    metadata,
    Column("city", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("sum", LargeBinary, nullable=True),
)

names: Final = Table(
    "names",
    metadata,
    Column("city", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # area, category, rule, desk, feed
    Column("code", Text, primary_key=True),
    Column("parent", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("zh", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("latitude", Float, nullable=True),
    Column("longitude", Float, nullable=True),
    Column("promise", Float, nullable=True),  # false alarms a month that a rule promises each first desk
)

counts: Final = Table(
    "counts",
    metadata,
    Column("city", Text, primary_key=True),
    Column("area", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("category", Text, primary_key=True),
    Column("step", BigInteger, primary_key=True, autoincrement=False),  # length of the cell, ms
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Text, nullable=False),  # of the rule that judged it
    Column("count", BigInteger, nullable=False),
    Column("expected", Float, nullable=True),  # of the whole cell; null: too little is known
    Column("low", Float, nullable=True),  # nine in ten quiet counts lie from here
    Column("high", Float, nullable=True),  # to here
    Column("limit", BigInteger, nullable=True),  # the count that speaks; null: none does
    Column("missing", Boolean, nullable=False),  # a feed was not heard
    Column("settled", Boolean, nullable=False),  # else it counts on
    Index(None, "start"),
    sqlite_with_rowid=False,
)

offsets: Final = Table(
    "offsets",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", BigInteger, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),  # the next to be read
)
