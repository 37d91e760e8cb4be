"""The notices of the fake store: in dictionaries, gone with the process. Part of `alerts.store.MemoryStore`."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import msgspec

from alerts.notice import SENDS_KEPT_MS, WAITING, Backlog, Notice, is_due, released, revived


class MemoryNotices:
    """The half of `alerts.store.Store` that speaks of notices."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._notices: dict[str, Notice] = {}
        self._waiting: dict[str, None] = {}  # ids, in the order of writing
        self._covered: dict[str, list[str]] = {}  # id -> its stand-ins
        self._sends: dict[str, list[int]] = {}

    def notices_of(self, alert_id: str) -> list[Notice]:
        with self._lock:
            return [n for n in self._notices.values() if n.alert_id == alert_id]

    def due(self, channel: str, now: int, limit: int = 100) -> list[Notice]:
        threads: dict[tuple[str, str], list[Notice]] = {}
        with self._lock:
            for notice in map(self._notices.__getitem__, self._waiting):
                if notice.channel == channel:
                    threads.setdefault((notice.alert_id, notice.desk), []).append(notice)
        heads = [(max(n.urgency for n in thread), thread[0]) for thread in threads.values() if is_due(thread[0], now)]
        return [head for _, head in sorted(heads, key=lambda entry: -entry[0])][:limit]

    def begin(self, channel: str, at: int, notices: Sequence[Notice], digest: str) -> None:
        with self._lock:
            kept = [sent for sent in self._sends.get(channel, []) if sent >= at - SENDS_KEPT_MS]
            self._sends[channel] = [*kept, at]
            for notice in notices:
                self._put(msgspec.structs.replace(self._notices[notice.id], digest=digest))

    def sends(self, channel: str, since: int) -> list[int]:
        return sorted(at for at in self._sends.get(channel, []) if at >= since)

    def digest(self, digest: str) -> list[Notice]:
        with self._lock:
            held = [n for n in map(self._notices.__getitem__, self._waiting) if n.digest == digest]
        return sorted(held, key=lambda notice: -notice.urgency)

    def record(self, *notices: Notice) -> None:
        with self._lock:
            for notice in notices:
                self._record(notice)

    def _record(self, notice: Notice) -> None:
        if notice.state == "pending" and self._notices[notice.id].state == "spared":
            return
        self._put(notice)
        at = notice.receipt.at if notice.receipt else 0
        for stand_in in self._covered.get(notice.id, ()):
            change = released(self._notices[stand_in], notice, at)
            if change is not None:
                self._record(change)

    def _put(self, notice: Notice) -> None:
        self._notices[notice.id] = notice
        if notice.state in WAITING:
            self._waiting.setdefault(notice.id)
        else:
            self._waiting.pop(notice.id, None)

    def revive(self, channel: str, now: int) -> int:
        with self._lock:
            dead = [n for n in self._notices.values() if n.channel == channel and n.state == "dead"]
            for notice in dead:
                self._put(revived(notice, now))
            self._waiting = {n.id: None for n in self._notices.values() if n.state in WAITING}
        return len(dead)

    def backlog(self) -> list[Backlog]:
        with self._lock:
            owed = [n for n in self._notices.values() if n.state in ("pending", "dead")]
        return [_backlog(name, [n for n in owed if n.channel == name]) for name in sorted({n.channel for n in owed})]


def _backlog(channel: str, owed: list[Notice]) -> Backlog:
    pending = [n.created_at for n in owed if n.state == "pending"]
    return Backlog(channel, len(pending), len(owed) - len(pending), min(pending, default=0))
