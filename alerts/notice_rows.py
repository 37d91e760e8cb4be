"""The rows of notices: what a store of alerts, over whatever database, does for the outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, Row, func, select
from sqlalchemy.engine import Connection

from alerts import alert as alert_module
from alerts import seals, tables
from alerts.channels.port import Receipt
from alerts.notice import SENDS_KEPT_MS, WAIT_TOP_MS, WAITING, Backlog, Notice, released, revived

_CHANGING: Final = ("state", "attempts", "next_try_at", "give_up_at", "receipt", "digest", "sum")
"""Columns of a notice that a try may change."""


class NoticeRows:
    """The notices of a store: one engine writes, the other only reads. Port: alerts.store.Store."""

    _writer: Engine
    _reader: Engine

    def notices_of(self, alert_id: str) -> list[Notice]:
        n = tables.notices.c
        return self._notices(select(tables.notices).where(n.alert == alert_id).order_by(n.seq))

    def due(self, channel: str, now: int, limit: int = 100) -> list[Notice]:
        n = tables.notices.c
        overtakes = _thread("earlier", lambda e: e.seq < n.seq).exists()
        due = (n.next_try_at <= now) | (n.next_try_at > now + WAIT_TOP_MS)
        query = select(tables.notices).where(n.state.in_(WAITING), n.channel == channel, due, ~overtakes)
        lent = _thread("later", lambda later: later.seq >= n.seq, func.max).scalar_subquery()
        return self._notices(query.order_by(lent.desc(), n.seq).limit(limit))

    def begin(self, channel: str, at: int, notices: Sequence[Notice], digest: str) -> None:
        s = tables.sends.c
        with self._writer.begin() as db:
            db.execute(tables.sends.delete().where(s.channel == channel, s.at < at - SENDS_KEPT_MS))
            db.execute(tables.sends.insert().values(channel=channel, at=at))
            n = tables.notices.c
            for notice in notices:  # as they are now: one that was spared meanwhile stays so
                row = db.execute(select(tables.notices).where(n.id == notice.id).with_for_update()).one()
                _update_notice(db, msgspec.structs.replace(_notice(row), digest=digest))

    def sends(self, channel: str, since: int) -> list[int]:
        s = tables.sends.c
        with self._reader.connect() as db:
            return list(db.scalars(select(s.at).where(s.channel == channel, s.at >= since).order_by(s.at)))

    def digest(self, digest: str) -> list[Notice]:
        n = tables.notices.c
        held = select(tables.notices).where(n.digest == digest, n.state.in_(WAITING))
        return self._notices(held.order_by(n.urgency.desc(), n.seq))

    def record(self, *notices: Notice) -> None:
        with self._writer.begin() as db:
            for notice in notices:
                _record(db, notice)

    def revive(self, channel: str, now: int) -> int:
        n = tables.notices.c
        with self._writer.begin() as db:
            rows = db.execute(select(tables.notices).where(n.channel == channel, n.state == "dead")).all()
            for row in rows:
                _update_notice(db, revived(_notice(row), now))
        return len(rows)

    def backlog(self) -> list[Backlog]:
        n = tables.notices.c
        query = (
            select(n.channel, n.state, func.count(), func.min(n.created_at))
            .where(n.state.in_(("pending", "dead")))
            .group_by(n.channel, n.state)
        )
        owed: dict[str, Backlog] = {}
        with self._reader.connect() as db:
            for channel, state, count, oldest in db.execute(query):
                entry = owed.get(channel, Backlog(channel, 0, 0, 0))
                change = {"pending": count, "oldest_at": oldest} if state == "pending" else {"dead": count}
                owed[channel] = msgspec.structs.replace(entry, **change)
        return [owed[channel] for channel in sorted(owed)]

    def _notices(self, query: Any) -> list[Notice]:
        with self._reader.connect() as db:
            return [_notice(row) for row in db.execute(query)]


def notice_row(notice: Notice) -> Mapping[str, object]:
    row = {
        "id": notice.id,
        "city": notice.city,
        "alert": notice.alert_id,
        "desk": notice.desk,
        "channel": notice.channel,
        "reason": notice.reason,
        "created_at": notice.created_at,
        "state": notice.state,
        "attempts": notice.attempts,
        "next_try_at": notice.next_try_at,
        "give_up_at": notice.give_up_at,
        "receipt": msgspec.json.encode(notice.receipt) if notice.receipt else None,
        "body": alert_module.encode(notice.alert),
        "urgency": notice.urgency,
        "count": notice.count,
        "covers": notice.covers,
        "about": notice.about,
        "digest": notice.digest,
    }
    return seals.sealed(tables.notices, row)


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        city=row.city,
        alert_id=row.alert,
        desk=row.desk,
        channel=row.channel,
        reason=row.reason,
        created_at=row.created_at,
        alert=alert_module.decode(row.body),
        state=row.state,
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        give_up_at=row.give_up_at,
        receipt=msgspec.json.decode(row.receipt, type=Receipt) if row.receipt else None,
        count=row._mapping["count"],
        covers=row.covers,
        about=row.about,
        digest=row.digest,
    )


def _thread(name: str, which: Callable[[Any], Any], of: Callable[[Any], Any] | None = None) -> Any:
    """Waiting notices of the same alert, channel and desk; with `of`, what it makes of their urgency."""
    n, other = tables.notices.c, tables.notices.alias(name)
    o = other.c
    same = (o.alert == n.alert) & (o.channel == n.channel) & (o.desk == n.desk) & o.state.in_(WAITING)
    return select(of(o.urgency) if of else o.seq).where(same, which(o)).correlate(tables.notices)


def _record(db: Connection, notice: Notice) -> None:
    """Keep what came of a try, and what follows from it for those that stand in."""
    n = tables.notices.c
    if notice.state == "pending" and notice.covers:
        state = db.scalar(select(n.state).where(n.id == notice.id).with_for_update())
        if state == "spared":
            return
    _update_notice(db, notice)
    at = notice.receipt.at if notice.receipt else 0
    for row in db.execute(select(tables.notices).where(n.covers == notice.id).with_for_update()).all():
        change = released(_notice(row), notice, at)
        if change is not None:
            _record(db, change)


def _update_notice(db: Connection, notice: Notice) -> None:
    row = notice_row(notice)
    changed = {name: row[name] for name in _CHANGING}
    db.execute(tables.notices.update().where(tables.notices.c.id == notice.id).values(changed))
