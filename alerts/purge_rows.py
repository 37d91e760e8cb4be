"""Purging in a database: what is old enough, and the one transaction that deletes it and says so. Part of the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, Select, func, or_, select
from sqlalchemy.engine import Connection

from alerts import tables
from alerts.chain import Head, Mute, Purge, Unmute, decode, link
from alerts.duty import OWED
from alerts.duty_rows import hold, last_link
from alerts.notice import WAITING

TABLES: Final = {"alerts": tables.alerts, "notices": tables.notices, "chain": tables.chain, "heads": tables.heads}
FAR: Final = 2**62
CHUNK: Final = 500


class PurgeRows:
    """The part of a database's store that forgets; `alerts.purging` says what and when. Times ms UTC."""

    _writer: Engine
    _reader: Engine

    def rows(self) -> dict[str, int]:
        """Table -> rows."""
        with self._reader.connect() as db:
            return {name: db.scalar(select(func.count()).select_from(table)) or 0 for name, table in TABLES.items()}

    def old_alerts(self, before: int) -> list[str]:
        """Ids of alerts that ended and were moved last before `before`, that nobody owes, that are not held and owe no
        notice; oldest first. The one that was changed last of all stays: the version of the store is its."""
        a = tables.alerts.c
        with self._reader.connect() as db:
            return list(db.scalars(_old(before).where(~_owed(), a.held_at == 0).order_by(a.said_at, a.id)))

    def old_owed(self, before: int) -> int:
        """How many alerts as old as that are still owed or held."""
        a = tables.alerts.c
        with self._reader.connect() as db:
            return len(db.scalars(_old(before).where(or_(_owed(), a.held_at > 0))).all())

    def count_notices(self, alerts: Sequence[str]) -> int:
        n = tables.notices.c
        with self._reader.connect() as db:
            parts = (select(func.count()).where(n.alert.in_(part)) for part in _parts(alerts))
            return sum(db.scalar(part) or 0 for part in parts)

    def count_heads(self, below: int) -> int:
        with self._reader.connect() as db:
            return db.scalar(select(func.count()).where(tables.heads.c.seq < below)) or 0

    def first_seq(self) -> int:
        """The place of the first entry that is left; beyond all where there is none."""
        with self._reader.connect() as db:
            return db.scalar(select(func.min(tables.chain.c.seq))) or FAR

    def last_older(self, before: int) -> int:
        """The last entry before the first one that was written at `before` or later."""
        c = tables.chain.c
        with self._reader.connect() as db:
            younger = db.scalar(select(func.min(c.seq)).where(c.at >= before))
            return younger - 1 if younger is not None else db.scalar(select(func.max(c.seq))) or 0

    def first_of_an_alert(self) -> int:
        """The first entry of an alert that is there; beyond all where there is none."""
        c = tables.chain.c
        with self._reader.connect() as db:
            return db.scalar(select(func.min(c.seq)).join(tables.alerts, tables.alerts.c.id == c.alert)) or FAR

    def first_running_mute(self) -> int:
        """The entry of the first mute that runs or has no report yet; beyond all where there is none."""
        c = tables.chain.c
        begun: dict[str, int] = {}
        with self._reader.connect() as db:
            query = select(c.seq, c.body).where(c.verb.in_(("mute", "unmute"))).order_by(c.seq)
            for seq, body in db.execute(query):
                act = decode(body).act
                if isinstance(act, Mute):
                    begun.setdefault(act.id, seq)
                elif isinstance(act, Unmute):
                    begun.pop(act.id, None)
        return min(begun.values(), default=FAR)

    def head_at_most(self, seq: int, before: int) -> Head | None:
        """The furthest head up to the entry `seq` that was sent before `before` and is still that entry's hash."""
        c, h = tables.chain.c, tables.heads.c
        with self._reader.connect() as db:
            query = select(h.body).where(h.seq <= seq, h.at < before).order_by(h.seq.desc(), h.at)
            for body in db.scalars(query):
                head = msgspec.json.decode(body, type=Head)
                there = db.scalar(select(c.hash).where(c.seq == head.seq))
                if there is not None and there.hex() == head.hash:
                    return head
        return None

    def purge(self, city: str, act: Purge) -> bool:
        """Delete what `act` names, and write it into the chain: all or nothing. False, and nothing is done, where one
        of its alerts was moved since."""
        a, n, c, h = tables.alerts.c, tables.notices.c, tables.chain.c, tables.heads.c
        with self._writer.begin() as db:
            hold(db)
            for part in _parts(act.alerts):
                if _moved(db, part):
                    db.rollback()
                    return False
                db.execute(tables.notices.delete().where(n.alert.in_(part)))
                db.execute(tables.alerts.delete().where(a.id.in_(part)))
            entry = next(link(city, last_link(db), [("", act)]))
            if act.through:
                db.execute(tables.chain.delete().where(c.seq <= act.through))
                db.execute(tables.heads.delete().where(h.seq < act.through))
            db.execute(tables.chain.insert(), [msgspec.structs.asdict(entry)])
        return True


def _old(before: int) -> Select[tuple[str]]:
    a, c, n = tables.alerts.c, tables.chain.c, tables.notices.c
    moved = select(c.seq).where(c.alert == a.id, c.at >= before).exists()
    waits = select(n.seq).where(n.alert == a.id, n.state.in_(WAITING)).exists()
    last = select(func.max(tables.alerts.alias("every").c.version)).scalar_subquery()
    over = (a.state != "open") & (a.ended_at < before) & (a.said_at < before)
    return select(a.id).where(over, ~moved, ~waits, a.version < last)


def _owed() -> Any:
    """Told, moved by somebody, and not closed: as `DutyRows.owed` has it, of what has ended."""
    a, c = tables.alerts.c, tables.chain.c
    return a.stage.in_(sorted(OWED)) & a.told & select(c.seq).where(c.alert == a.id).exists()


def _moved(db: Connection, alerts: Sequence[str]) -> bool:
    """Whether one of `alerts` is gone, runs again, is held or owed by now."""
    a = tables.alerts.c
    fit = select(func.count()).where(a.id.in_(alerts), a.state != "open", ~_owed(), a.held_at == 0)
    return (db.scalar(fit) or 0) != len(alerts)


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for place in range(0, len(ids), CHUNK):
        yield ids[place : place + CHUNK]
