"""Where alerts are kept: the port, and its shipped fake `MemoryStore` (also right for a replay: no disk).

One `Change` is one transaction: the cause applied, the alerts as they are now, the acts that made them so, and the
notices that these owe. What was not committed was never said. A change names the version of each alert that it was made
from: where another was faster, nothing is written, and whoever made it looks again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from alerts.alert import Alert
from alerts.chain import Head, Kept, Link, link
from alerts.counts import CountStore, MemoryCounts
from alerts.duty import OWED
from alerts.memory_notices import MemoryNotices
from alerts.notice import Backlog, Notice
from alerts.offsets import OffsetStore, ReadTo, StaleError
from rules.signals import EXERCISE_RULE, Cause

LAST: Final = 2**62
"""Behind every entry of a chain."""


class Change(msgspec.Struct, frozen=True):
    """All that one move, or a batch of signals, does to a city.

    `cause` is the last one applied; None where the engine did not speak. `acts`: (alert, act) in their order; the
    alert of a form "missed" or of a mute is "". `was`: alert -> the version it was read at, 0 where it was not there.
    `due`: alert -> when a clock has something to do about it, ms UTC; one that is not named has no clock. `read`: how
    far its reader has read to know of it.
    """

    city: str
    cause: Cause | None
    alerts: tuple[Alert, ...]
    acts: tuple[tuple[str, Kept], ...] = ()
    notices: tuple[Notice, ...] = ()
    was: Mapping[str, int] = {}
    due: Mapping[str, int] = {}
    read: tuple[ReadTo, ...] = ()


Known = tuple[int, Alert]
"""An alert with the version of the commit that changed it last."""


class ConflictError(Exception):
    """An alert was changed since it was read: nothing was written. Look again."""


class Store(CountStore, OffsetStore, Protocol):
    """Alerts, counts, chain, outbox and causes of a city. Times ms UTC; every method may be called from any thread."""

    def commit(self, change: Change) -> int:
        """Write all of `change` or none; the new version. Raises StaleError, ConflictError."""
        ...

    def version(self) -> int:
        """Rises with every commit; 0 for an empty store."""
        ...

    def last_cause(self, city: str) -> Cause | None: ...

    def alert(self, alert_id: str) -> Alert | None: ...

    def alerts(self, ids: Iterable[str]) -> dict[str, Alert]:
        """Those of `ids` that are known."""
        ...

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        """The same, each with the version to hand in with a change of it."""
        ...

    def due_acts(self, now: int, limit: int = 500) -> list[Known]:
        """Alerts about which a clock has something to do at `now`, the longest overdue first."""
        ...

    def owed(self) -> list[Known]:
        """Alerts that somebody was told of and that nobody has closed, oldest first; also what is over by now, unless
        that was before there were duties."""
        ...

    def told_since(self, desk: str, since: int, below: int) -> int:
        """How many alerts interrupted their first desk `desk` at `since` (ms) or later that are, or were when they did,
        of a rank below `below`, the top one: one that worsens to it has had its place, and frees none."""
        ...

    def held_since(self, desk: str, since: int) -> int:
        """How many alerts are held at `desk` that were held back at `since` (ms) or later."""
        ...

    def held(self, desk: str | None = None) -> list[Known]:
        """What budgets and mutes keep back: highest rank first, then longest held."""
        ...

    def held_spells(self) -> dict[str, int]:
        """First desk -> since when the first of what is held there just now is held, ms UTC; in any order."""
        ...

    def held_areas(self) -> dict[str, int]:
        """Area -> how many alerts are held there just now."""
        ...

    def held_by(self, mute: str) -> list[Known]:
        """Every alert that this mute has hidden, also where it is told or closed by now."""
        ...

    def last_told(self, desk: str) -> Alert | None:
        """The alert that `desk` was told of last as its first desk; None: it never was."""
        ...

    def set_due(self, due: Mapping[str, tuple[int, int]]) -> None:
        """Alert -> (version that it was read at, when its clock has something to do, 0: never). Where desks have
        changed, and at a start; an alert that was moved meanwhile is left as it is."""
        ...

    def links(self, after: int = 0, until: int = LAST) -> Iterator[Link]:
        """The chain behind the entry `after`, up to the entry `until`, in order."""
        ...

    def entries(self, *, before: int = 0, alert: str = "", verb: str = "") -> Iterator[Link]:
        """The chain backwards from the entry before `before` (0: from its end), of one alert or verb where named."""
        ...

    def links_of(self, alert_id: str, after: int = 0) -> list[Link]:
        """The entries of one alert behind the entry `after`; of "" those that move none."""
        ...

    def links_among(self, ids: Iterable[str], until: int) -> Iterator[Link]:
        """The entries of several alerts up to the entry `until`, each alert's in order."""
        ...

    def last_link(self) -> Link | None: ...

    def keep_head(self, head: Head) -> None:
        """Remember that `head` was sent out."""
        ...

    def heads(self, limit: int) -> list[Head]:
        """Heads that were sent out, the latest first."""
        ...

    def last_head(self) -> Head | None:
        """The head sent out last: the one furthest along the chain, wherever the clock stood."""
        ...

    def board(self, desk: str | None = None, *, ended_since: int | None = None) -> list[Alert]:
        """What runs, and, if given, what ended at or after `ended_since` (city time). Highest rank first, then newest.

        Alerts that nobody was told of are left out, and so is what is held: `held` lists it.
        """
        ...

    def open_by_desk(self) -> dict[str, int]:
        """First desk -> how many alerts run there, held ones left out."""
        ...

    def running(self, limit: int) -> list[Alert]:
        """What runs, was told and is not held: highest rank first, then newest, `limit` of them at most."""
        ...

    def explained_by(self, alert_id: str) -> list[Alert]:
        """What is held because this alert explains it, oldest first."""
        ...

    def explained_areas(self) -> dict[str, int]:
        """Area -> how many alerts are held there because another explains them."""
        ...

    def between(self, since: int, until: int, *, desk: str | None = None, rule: str | None = None) -> list[Alert]:
        """Alerts first said in [since, until) city time, of one desk or rule or of all, oldest first; what nobody was
        told of is left out."""
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


class MemoryStore(MemoryNotices, MemoryCounts):
    """The fake: everything in dictionaries, gone with the process."""

    def __init__(self) -> None:
        MemoryNotices.__init__(self)
        MemoryCounts.__init__(self)
        self._version = 0
        self._alerts: dict[str, tuple[int, Alert]] = {}
        self._causes: dict[str, Cause] = {}
        self._due: dict[str, int] = {}
        self._chain: list[Link] = []
        self._heads: dict[int, Head] = {}

    def commit(self, change: Change) -> int:
        with self._lock:
            check_cause(change, self._causes.get(change.city))
            check_versions(change, {i: self._alerts[i][0] for i in change.was if i in self._alerts})
            self.read_on(change.read)
            self._version += 1
            if change.cause is not None:
                self._causes[change.city] = change.cause
            self._chain += link(change.city, self._chain[-1] if self._chain else None, change.acts)
            for alert in change.alerts:
                self._alerts[alert.id] = (self._version, alert)
                self._due[alert.id] = change.due.get(alert.id, 0)
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
        return {i: alert for i, (_, alert) in self.known(ids).items()}

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        with self._lock:
            return {i: self._alerts[i] for i in ids if i in self._alerts}

    def due_acts(self, now: int, limit: int = 500) -> list[Known]:
        with self._lock:
            due = sorted((at, i) for i, at in self._due.items() if 0 < at <= now)
            return [self._alerts[i] for _, i in due[:limit]]

    def owed(self) -> list[Known]:
        with self._lock:
            told = [(v, a) for v, a in self._alerts.values() if a.moves and (a.state == "open" or a.duty.acts)]
        owed = [(v, a) for v, a in told if a.duty.stage in OWED]
        return sorted(owed, key=lambda known: (known[1].signal.said_at, known[1].id))

    def told_since(self, desk: str, since: int, below: int) -> int:
        with self._lock:
            told = [a for _, a in self._alerts.values() if a.desk == desk and a.duty.told_at >= max(since, 1)]
        return sum(a.rank < below or a.told_otherwise for a in told if a.signal.rule != EXERCISE_RULE)

    def held_since(self, desk: str, since: int) -> int:
        with self._lock:
            return sum(a.desk == desk and a.duty.held_at >= max(since, 1) for _, a in self._alerts.values())

    def held(self, desk: str | None = None) -> list[Known]:
        with self._lock:
            held = [(v, a) for v, a in self._alerts.values() if a.duty.held_at and desk in (None, a.desk)]
        return sorted(held, key=lambda known: (-known[1].rank, known[1].duty.held_at, known[1].id))

    def held_spells(self) -> dict[str, int]:
        since: dict[str, int] = {}
        for _, alert in self.held():
            since[alert.desk] = min(since.get(alert.desk, LAST), alert.duty.held_at)
        return since

    def held_areas(self) -> dict[str, int]:
        return dict(Counter(alert.signal.area for _, alert in self.held()))

    def held_by(self, mute: str) -> list[Known]:
        with self._lock:
            return [(v, a) for v, a in self._alerts.values() if a.duty.mute == mute]

    def last_told(self, desk: str) -> Alert | None:
        with self._lock:
            told = [a for _, a in self._alerts.values() if a.desk == desk and a.duty.told_at]
        return max(told, key=lambda a: (a.duty.told_at, a.id), default=None)

    def set_due(self, due: Mapping[str, tuple[int, int]]) -> None:
        with self._lock:
            same = {i: at for i, (version, at) in due.items() if i in self._alerts and self._alerts[i][0] == version}
            self._due.update(same)

    def links(self, after: int = 0, until: int = LAST) -> Iterator[Link]:
        return iter(self._chain[after:until])

    def entries(self, *, before: int = 0, alert: str = "", verb: str = "") -> Iterator[Link]:
        found = reversed(self._chain[: before - 1 if before else None])
        return (one for one in found if alert in ("", one.alert) and verb in ("", one.verb))

    def links_of(self, alert_id: str, after: int = 0) -> list[Link]:
        return [one for one in self._chain[after:] if one.alert == alert_id]

    def links_among(self, ids: Iterable[str], until: int) -> Iterator[Link]:
        wanted = set(ids)
        return (one for one in self._chain[:until] if one.alert in wanted)

    def last_link(self) -> Link | None:
        return self._chain[-1] if self._chain else None

    def keep_head(self, head: Head) -> None:
        self._heads.setdefault(head.at, head)

    def heads(self, limit: int) -> list[Head]:
        return sorted(self._heads.values(), key=lambda head: -head.at)[:limit]

    def last_head(self) -> Head | None:
        return max(self._heads.values(), key=lambda head: (head.seq, head.at), default=None)

    def board(self, desk: str | None = None, *, ended_since: int | None = None) -> list[Alert]:
        with self._lock:
            told = [a for a in self._told(desk) if not a.duty.held_at]
        shown = [a for a in told if a.state == "open" or _ended_since(a, ended_since)]
        return sorted(shown, key=lambda a: (-a.rank, -a.signal.said_at, a.id))

    def open_by_desk(self) -> dict[str, int]:
        return dict(Counter(alert.desk for alert in self.board()))

    def running(self, limit: int) -> list[Alert]:
        return [a for a in self.board() if a.duty.told_at][:limit]

    def explained_by(self, alert_id: str) -> list[Alert]:
        with self._lock:
            held = [a for _, a in self._alerts.values() if a.duty.by == alert_id]
        return sorted(held, key=lambda a: (a.signal.said_at, a.id))

    def explained_areas(self) -> dict[str, int]:
        with self._lock:
            return dict(Counter(a.signal.area for _, a in self._alerts.values() if a.duty.by))

    def between(self, since: int, until: int, *, desk: str | None = None, rule: str | None = None) -> list[Alert]:
        with self._lock:
            said = [a for a in self._told(desk) if since <= a.signal.said_at < until and rule in (None, a.signal.rule)]
        return sorted(said, key=lambda a: (a.signal.said_at, a.id))

    def changed_since(self, version: int) -> list[Alert]:
        with self._lock:
            changed = sorted((at, i) for i, (at, _) in self._alerts.items() if at > version)
            return [self._alerts[i][1] for _, i in changed]

    def final(self) -> Iterator[Alert]:
        with self._lock:
            every = [alert for _, alert in self._alerts.values()]
        return iter(sorted(every, key=lambda a: (a.signal.said_at, a.id)))

    def close(self) -> None:
        """Nothing to close."""

    def _told(self, desk: str | None) -> Iterator[Alert]:
        return (a for _, a in self._alerts.values() if a.moves and desk in (None, a.desk))


def check_cause(change: Change, last: Cause | None) -> None:
    """Raises StaleError where `last` is not earlier than the change's cause."""
    if change.cause is not None and last is not None and change.cause <= last:
        raise StaleError(f"{change.city}: {change.cause} is not later than {last}")


def check_versions(change: Change, present: Mapping[str, int]) -> None:
    """Raises ConflictError where an alert is not at the version that the change was made from."""
    for alert, version in change.was.items():
        if present.get(alert, 0) != version:
            raise ConflictError(f"{alert} was read at {version} and is at {present.get(alert, 0)}")


def _ended_since(alert: Alert, since: int | None) -> bool:
    return since is not None and alert.ended_at >= since
