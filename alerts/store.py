"""Where alerts are kept: the port, and its shipped fake `MemoryStore` (also right for a replay: no disk).

One `Change` is one transaction: the causes applied, the alerts as they are now, their moves, and the
notices that these moves owe. What was not committed was never said.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

import msgspec

from alerts.alert import Alert, Move
from alerts.notice import WAITING, Notice, is_due, released, revived
from rules.signals import Cause

SENDS_KEPT_MS: Final = 600_000
"""Longer than any budget looks back."""


class Change(msgspec.Struct, frozen=True):
    """All that a batch of signals of one city does. `cause` is the last one applied."""

    city: str
    cause: Cause
    alerts: tuple[Alert, ...]
    moves: tuple[tuple[Alert, Move], ...]
    notices: tuple[Notice, ...]


class Backlog(msgspec.Struct, frozen=True):
    """What one channel still owes. `oldest_at`: when its oldest pending notice was written, ms UTC; 0: none."""

    channel: str
    pending: int
    dead: int
    oldest_at: int


class StaleError(Exception):
    """A change whose cause is not later than the last one of its city: two writers, or a repeat. A bug."""


class Store(Protocol):
    """Alerts, moves, outbox and causes. Times ms UTC; every method may be called from any thread."""

    def commit(self, change: Change) -> int:
        """Write all of `change` or none; the new version. Raises StaleError."""
        ...

    def version(self) -> int:
        """Rises with every commit; 0 for an empty store."""
        ...

    def last_cause(self, city: str) -> Cause | None: ...

    def alert(self, alert_id: str) -> Alert | None: ...

    def alerts(self, ids: Iterable[str]) -> dict[str, Alert]:
        """Those of `ids` that are known."""
        ...

    def board(self, desk: str | None = None, *, ended_since: int | None = None) -> list[Alert]:
        """What runs, and, if given, what ended at or after `ended_since` (city time). Highest rank first, then newest.

        Alerts that nobody was told of are left out.
        """
        ...

    def between(self, since: int, until: int, *, desk: str | None = None) -> list[Alert]:
        """Alerts first said in [since, until) city time, oldest first; what nobody was told of is left out."""
        ...

    def changed_since(self, version: int) -> list[Alert]:
        """Alerts changed by a commit later than `version`, in the order of commits."""
        ...

    def final(self) -> Iterator[Alert]:
        """Every alert, sorted by (said_at, id)."""
        ...

    def notices_of(self, alert_id: str) -> list[Notice]:
        """Oldest first."""
        ...

    def due(self, channel: str, now: int, limit: int = 100) -> list[Notice]:
        """Notices to try at `now`, most urgent first, then oldest; none overtakes an earlier one of the same alert and
        desk, and what waits behind it lends it its urgency."""
        ...

    def begin(self, channel: str, at: int, notices: Sequence[Notice], digest: str) -> None:
        """Keep, before it is sent, that a message leaves over `channel`: `notices` under the id `digest`.

        After a kill this says what is in doubt, and how much of the channel's budget is spent.
        """
        ...

    def sends(self, channel: str, since: int) -> list[int]:
        """When messages began to leave over `channel`, from `since` on, oldest first. Kept for `SENDS_KEPT_MS`."""
        ...

    def digest(self, digest: str) -> list[Notice]:
        """The waiting notices of a message, most urgent first, as they were when it left."""
        ...

    def record(self, *notices: Notice) -> None:
        """Keep what came of a try, all or none; stand-ins for what was heard are spared, for what is dead released."""
        ...

    def revive(self, channel: str, now: int) -> int:
        """Put the dead letters of `channel` back; how many."""
        ...

    def backlog(self) -> list[Backlog]:
        """One entry a channel that has pending or dead notices, by name."""
        ...

    def close(self) -> None: ...


class MemoryStore:
    """The fake: everything in dictionaries, gone with the process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._version = 0
        self._alerts: dict[str, tuple[int, Alert]] = {}
        self._notices: dict[str, Notice] = {}
        self._waiting: dict[str, None] = {}  # ids, in the order of writing
        self._covered: dict[str, list[str]] = {}  # id -> its stand-ins
        self._sends: dict[str, list[int]] = {}
        self._causes: dict[str, Cause] = {}

    def commit(self, change: Change) -> int:
        with self._lock:
            last = self._causes.get(change.city)
            if last is not None and change.cause <= last:
                raise StaleError(f"{change.city}: {change.cause} is not later than {last}")
            self._version += 1
            self._causes[change.city] = change.cause
            for alert in change.alerts:
                self._alerts[alert.id] = (self._version, alert)
            for notice in change.notices:
                if notice.id not in self._notices:
                    self._put(notice)
                    if notice.covers:
                        self._covered.setdefault(notice.covers, []).append(notice.id)
            return self._version

    def version(self) -> int:
        return self._version

    def last_cause(self, city: str) -> Cause | None:
        return self._causes.get(city)

    def alert(self, alert_id: str) -> Alert | None:
        found = self._alerts.get(alert_id)
        return found[1] if found else None

    def alerts(self, ids: Iterable[str]) -> dict[str, Alert]:
        with self._lock:
            return {i: self._alerts[i][1] for i in ids if i in self._alerts}

    def board(self, desk: str | None = None, *, ended_since: int | None = None) -> list[Alert]:
        with self._lock:
            shown = [a for a in self._told(desk) if a.state == "open" or _ended_since(a, ended_since)]
        return sorted(shown, key=lambda a: (-a.rank, -a.signal.said_at, a.id))

    def between(self, since: int, until: int, *, desk: str | None = None) -> list[Alert]:
        with self._lock:
            said = [a for a in self._told(desk) if since <= a.signal.said_at < until]
        return sorted(said, key=lambda a: (a.signal.said_at, a.id))

    def changed_since(self, version: int) -> list[Alert]:
        with self._lock:
            changed = sorted((at, i) for i, (at, _) in self._alerts.items() if at > version)
            return [self._alerts[i][1] for _, i in changed]

    def final(self) -> Iterator[Alert]:
        with self._lock:
            every = [alert for _, alert in self._alerts.values()]
        return iter(sorted(every, key=lambda a: (a.signal.said_at, a.id)))

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

    def close(self) -> None:
        """Nothing to close."""

    def _told(self, desk: str | None) -> Iterator[Alert]:
        return (a for _, a in self._alerts.values() if a.moves and desk in (None, a.desk))


def _ended_since(alert: Alert, since: int | None) -> bool:
    return since is not None and alert.ended_at >= since


def _backlog(channel: str, owed: list[Notice]) -> Backlog:
    pending = [n.created_at for n in owed if n.state == "pending"]
    return Backlog(channel, len(pending), len(owed) - len(pending), min(pending, default=0))
