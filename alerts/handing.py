"""Hand-overs of one city: made when a turn of duty begins, noted, read, and told above where nobody reads them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from alerts import clocks, turnover
from alerts.alert import Alert
from alerts.chain import Handover, decode
from alerts.desks import Desk, roads
from alerts.duty import NOBODY, OWED, Act, Duty, fold
from alerts.keys import repeated
from alerts.mutes import Standing, concerns
from alerts.notice import tell
from alerts.store import LAST, Change, Store
from alerts.turnover import Handovers, Sheet, Turnover
from rules.book import Book

SHEETS_KEPT: Final = 8
"""Past hand-overs whose alerts are kept in memory: they change no more."""


class UnknownTurnError(Exception):
    """No such hand-over, or one that nobody has to read."""


class Handing:
    """`desks` by id, `book` in force, `mutes` of the city. Every method may be called from any thread."""

    def __init__(
        self,
        city: str,
        store: Store,
        desks: Callable[[], Mapping[str, Desk]],
        book: Callable[[], Book],
        mutes: Callable[[], Mapping[str, Standing]],
    ) -> None:
        self._city = city
        self._store = store
        self._desks = desks
        self._book = book
        self._mutes = mutes
        self._lock = threading.RLock()
        self._read_to = 0
        self._known: Mapping[str, Handovers] = {}
        self._sheets: dict[tuple[str, int], Sheet] = {}

    def known(self) -> Mapping[str, Handovers]:
        """Hand-overs by desk, as of now."""
        with self._lock:
            fresh = self._store.links_of("", after=self._read_to)
            if fresh:
                self._read_to = fresh[-1].seq
                self._known = turnover.turned(self._known, [(one.seq, decode(one.body).act) for one in fresh])
            return self._known

    def of(self, desk: str) -> Handovers:
        return self.known().get(desk) or Handovers((), Turnover(Handover(0, "handed", desk)))

    def by_clock(self, now: int, blind: frozenset[str]) -> bool:
        """Hand over to every turn that has begun by `now` (ms UTC), and tell who is above where nobody reads; whether
        anything was written. `blind`: feeds that are silent just now."""
        with self._lock:
            known, desks = self.known(), self._desks()
            begun = [(name, turnover.handed_over(desk, known.get(name), now)) for name, desk in desks.items()]
            made = [
                Handover(now, "handed", name, turn.since, turn.shift, tuple(sorted(blind)), role=clocks.CLOCK)
                for name, turn in begun
                if turn is not None
            ]
            if made:
                self._store.commit(Change(self._city, None, (), tuple(("", one) for one in made)))
                known = self.known()
            lasts = [one.last for one in known.values() if one.last is not None and one.last.made.desk in desks]
            late = [(one, to) for one in lasts if (to := turnover.rises_to(one, desks, now))]
            for one, to in late:
                self._tell(one, to, now)
            return bool(made or late)

    def _tell(self, one: Turnover, to: str, now: int) -> None:
        """Entry and notices in one transaction. The notice is carried by the worst of what is owed there, else by what
        the desk was told of last, else by what the one that is told was told of last; where neither ever was, the entry
        stands alone."""
        told = Handover(now, "unread", one.made.desk, one.made.turn, one.made.shift, to=to, role=clocks.CLOCK)
        page = self.sheet(one, now)
        carrier, desk = (
            page.worst or self._store.last_told(one.made.desk) or self._store.last_told(to),
            self._desks()[to],
        )
        mark = f"unread-{one.made.desk}-{one.made.turn}"
        notices = (
            tell(carrier, "unread", to, *roads(desk), now, count=page.owed, mark=mark, about=one.made.desk)
            if carrier is not None
            else ()
        )
        self._store.commit(Change(self._city, None, (), (("", told),), tuple(notices)))

    def note(self, note: Handover) -> None:
        """Keep words for the turn to come; once, where its `key` is in the chain already. Raises KeyUsedError."""
        with self._lock:
            if repeated(self._store, note) is None:
                self._store.commit(Change(self._city, None, (), (("", note),)))

    def read(self, read: Handover) -> Turnover:
        """Confirm a hand-over: once, whoever comes first. Raises UnknownTurnError."""
        with self._lock:
            one = self.of(read.desk).of_turn(read.turn)
            if one is None or not one.after:
                raise UnknownTurnError
            if one.read is None:
                entry = msgspec.structs.replace(read, shift=one.made.shift)
                self._store.commit(Change(self._city, None, (), (("", entry),)))
            return self.of(read.desk).of_turn(read.turn) or one

    def sheet(self, one: Turnover, now: int, blind: Sequence[str] = ()) -> Sheet:
        """What `one` holds: of a past hand-over as it was then, of the one to come as it would be `now`."""
        place = one.made.desk, one.seq
        with self._lock:
            known = self._sheets.get(place)
            if known is None:
                known = self._sheet(one, now, blind)
                if one.seq:
                    self._sheets[place] = known
                    while len(self._sheets) > SHEETS_KEPT:
                        del self._sheets[next(iter(self._sheets))]
        return replace(known, turnover=one)

    def _sheet(self, one: Turnover, now: int, blind: Sequence[str]) -> Sheet:
        at = one.made.at if one.seq else now
        desk = self._desks().get(one.made.desk)
        book = self._book()
        ran = [s.mute for s in self._mutes().values() if s.mute.at <= at < (s.end.at if s.end else s.mute.until)]
        links = list(self._store.links(one.after, one.seq or LAST)) if one.after else ()
        moved = self._store.alerts({link.alert for link in links if link.alert})
        drills = {name for name, alert in moved.items() if alert.signal.kind == "exercise"}
        return turnover.sheet(
            one,
            owed_at(self._store, one.seq),
            ran,
            links,
            self._desks(),
            one.made.blind if one.seq else blind,
            at,
            lambda mute: desk is not None and concerns(mute, desk, book),
            drills,
        )


def owed_at(store: Store, seq: int) -> list[Alert]:
    """Alerts that somebody owed an outcome at the entry `seq` of the chain (0: now), with the duty that they had."""
    if not seq:
        return [alert for _, alert in store.owed()]
    moved = {one.alert for one in store.links(after=seq) if one.alert}
    then = {alert.id: alert for _, alert in store.owed() if alert.id not in moved}
    duties: dict[str, Duty] = {}
    for one in store.links_among(moved, until=seq):
        act = decode(one.body).act
        if isinstance(act, Act):
            duties[one.alert] = fold(duties.get(one.alert, NOBODY), act)
    owing = {i: duty for i, duty in duties.items() if duty.stage in OWED}
    for alert in store.alerts(owing).values():
        then[alert.id] = msgspec.structs.replace(alert, duty=owing[alert.id])
    return list(then.values())
